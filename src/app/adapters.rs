//! One adapter for each configured bot and desk. Their templates are compiled here, so that faults come at the start.

use std::{collections::BTreeMap, env, sync::Arc};

use ipnet::IpNet;

use super::Error;
use crate::{
    bots::{BotPlatform, chatlayer},
    config::{self, Kind, Platform},
    desks::{Desk, webhook},
    domain::{
        ids::{BotName, DeskName},
        time::Clock,
    },
    outbound::{Outbound, OutboundOptions, ProxySettings},
};

/// All that is called.
#[derive(Debug)]
pub(super) struct Adapters {
    pub(super) bots: BTreeMap<BotName, Arc<dyn BotPlatform>>,
    pub(super) desks: BTreeMap<DeskName, Arc<dyn Desk>>,
}

impl Adapters {
    pub(super) fn build(
        bots: &BTreeMap<BotName, config::Bot>,
        desks: &BTreeMap<DeskName, config::Desk>,
        (allow_networks, clock): (Vec<IpNet>, Arc<dyn Clock>),
    ) -> Result<Self, Error> {
        let proxy = ProxySettings::from_variables(|name| env::var(name).ok());
        let outbound = Outbound::new(
            OutboundOptions {
                allow_networks,
                proxy,
                needs_https: calls_https(bots, desks),
            },
            Arc::clone(&clock),
        )?;
        let mut adapters = Self {
            bots: BTreeMap::new(),
            desks: BTreeMap::new(),
        };
        for (name, bot) in bots {
            let bot = build_bot(name, bot, &outbound)?;
            adapters.bots.insert(name.clone(), bot);
        }
        for (name, desk) in desks {
            let desk = build_desk(name, desk, (&outbound, &clock))?;
            adapters.desks.insert(name.clone(), desk);
        }
        Ok(adapters)
    }
}

/// Only the addresses that are known now; a step's own address is a template.
fn calls_https(
    bots: &BTreeMap<BotName, config::Bot>,
    desks: &BTreeMap<DeskName, config::Desk>,
) -> bool {
    let bots = bots.values().map(|bot| match &bot.platform {
        Platform::Chatlayer(chatlayer) => &chatlayer.api_url,
    });
    let desks = desks.values().map(|desk| match &desk.kind {
        Kind::Webhook(webhook) => &webhook.url,
    });
    bots.chain(desks)
        .any(|url| url.as_url().scheme() == "https")
}

fn build_bot(
    name: &BotName,
    bot: &config::Bot,
    outbound: &Outbound,
) -> Result<Arc<dyn BotPlatform>, Error> {
    let Platform::Chatlayer(chatlayer) = &bot.platform;
    let settings = chatlayer::Settings::compile(chatlayer).map_err(|source| Error::Chatlayer {
        bot: name.clone(),
        source,
    })?;
    Ok(Arc::new(chatlayer::Chatlayer::new(
        settings,
        outbound.clone(),
    )))
}

fn build_desk(
    name: &DeskName,
    desk: &config::Desk,
    (outbound, clock): (&Outbound, &Arc<dyn Clock>),
) -> Result<Arc<dyn Desk>, Error> {
    let Kind::Webhook(webhook) = &desk.kind;
    let settings = webhook::Settings::new(webhook).map_err(|source| Error::Webhook {
        desk: name.clone(),
        source,
    })?;
    Ok(Arc::new(webhook::Webhook::new(
        settings,
        outbound.clone(),
        Arc::clone(clock),
    )))
}
