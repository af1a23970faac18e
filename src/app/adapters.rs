//! One adapter for each configured bot and desk. Their templates are compiled here, so that faults come at the start.

use std::{collections::BTreeMap, sync::Arc};

use super::Error;
use crate::{
    bots::{BotPlatform, chatlayer},
    config::{self, Kind, Platform},
    desks::{Desk, webhook},
    domain::ids::{BotName, DeskName},
    outbound::Outbound,
};

pub(super) fn bots(
    configured: &BTreeMap<BotName, config::Bot>,
    outbound: &Outbound,
) -> Result<BTreeMap<BotName, Arc<dyn BotPlatform>>, Error> {
    let mut bots: BTreeMap<BotName, Arc<dyn BotPlatform>> = BTreeMap::new();
    for (name, bot) in configured {
        let Platform::Chatlayer(chatlayer) = &bot.platform;
        let settings = chatlayer::Settings::compile(chatlayer)
            .map_err(|source| Error::Chatlayer { bot: name.clone(), source })?;
        bots.insert(name.clone(), Arc::new(chatlayer::Chatlayer::new(settings, outbound.clone())));
    }
    Ok(bots)
}
