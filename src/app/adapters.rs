//! One adapter for each configured bot and desk. Their templates are compiled here, so that faults come at the start.

use std::{collections::BTreeMap, env, sync::Arc};

use ipnet::IpNet;
use secrecy::SecretString;

use super::Error;
use crate::{
    bots::{BotPlatform, chatlayer},
    config::{self, Kind, Platform, Rotating},
    desks::{Desk, webhook},
    domain::{
        ids::{BotName, DeskName},
        time::Clock,
    },
    outbound::{Outbound, OutboundOptions, ProxySettings, webhook_signature::WebhookSecrets},
};

/// All that is called.
#[derive(Debug)]
pub(super) struct Adapters {
    pub(super) bots: BTreeMap<BotName, Arc<dyn BotPlatform>>,
    pub(super) desks: BTreeMap<DeskName, Arc<dyn Desk>>,
    pub(super) presented: Presented,
}

/// The secrets that the adapters call with, to be exchanged while they run.
#[derive(Debug, Default)]
pub(super) struct Presented {
    pub(super) access_tokens: BTreeMap<BotName, Rotating<SecretString>>,
    pub(super) signing: BTreeMap<DeskName, Rotating<WebhookSecrets>>,
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
            presented: Presented::default(),
        };
        for (name, bot) in bots {
            adapters.add_bot(name, (bot, &outbound))?;
        }
        for (name, desk) in desks {
            adapters.add_desk(name, desk, (&outbound, &clock))?;
        }
        Ok(adapters)
    }

    fn add_bot(
        &mut self,
        name: &BotName,
        (bot, outbound): (&config::Bot, &Outbound),
    ) -> Result<(), Error> {
        let settings = bot_settings(name, bot)?;
        let access_token = settings.access_token().clone();
        let bot = chatlayer::Chatlayer::new(settings, outbound.clone());
        self.bots.insert(name.clone(), Arc::new(bot));
        let tokens = &mut self.presented.access_tokens;
        tokens.insert(name.clone(), access_token);
        Ok(())
    }

    fn add_desk(
        &mut self,
        name: &DeskName,
        desk: &config::Desk,
        (outbound, clock): (&Outbound, &Arc<dyn Clock>),
    ) -> Result<(), Error> {
        let Kind::Webhook(webhook) = &desk.kind;
        let settings = webhook::Settings::new(webhook).map_err(|source| Error::Webhook {
            desk: name.clone(),
            source,
        })?;
        let secrets = settings.secrets().clone();
        let desk = webhook::Webhook::new(settings, outbound.clone(), Arc::clone(clock));
        self.desks.insert(name.clone(), Arc::new(desk));
        self.presented.signing.insert(name.clone(), secrets);
        Ok(())
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

/// A bot's settings with its templates compiled.
pub(super) fn bot_settings(
    name: &BotName,
    bot: &config::Bot,
) -> Result<chatlayer::Settings, Error> {
    let Platform::Chatlayer(chatlayer) = &bot.platform;
    chatlayer::Settings::compile(chatlayer).map_err(|source| Error::Chatlayer {
        bot: name.clone(),
        source,
    })
}
