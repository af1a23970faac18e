//! Who is played on either side of the bridge.

use std::sync::Arc;

use axum::Router;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{
    AIVO_BOT_ID, BOT_ID, DemoBot, DemoDesk, DemoError, GROUPS, Options, keys::Keys,
    listeners::Addresses,
};
use crate::{
    clock::{SystemClock, new_id},
    emulator::{self, Emulator, aivo_live::AivoLive, chatwoot::Chatwoot, desk::Desk},
};

/// A desk that is played, or the bridge's own.
pub(super) enum PlayedDesk {
    Console,
    Webhook(Desk),
    AivoLive(AivoLive),
    Chatwoot(Chatwoot),
}

impl Addresses {
    fn platform(&self, keys: &Keys, bot: DemoBot) -> Result<emulator::Platform, DemoError> {
        let hook = |platform| {
            let path = format!("hooks/{platform}/demo/{}", keys.hook_key);
            self.bridge_url.join(&path)
        };
        Ok(match bot {
            DemoBot::Chatlayer => emulator::Platform::Chatlayer {
                version: emulator::Version::Draft,
                hook_url: hook("chatlayer")?,
                verify_token: SecretString::from(keys.verify_token.clone()),
            },
            DemoBot::Certainly => emulator::Platform::Certainly {
                hook_url: hook("certainly")?,
                api_token: SecretString::from(keys.api_token.clone()),
            },
        })
    }

    pub(super) fn emulator(&self, keys: &Keys, options: Options) -> Result<Emulator, DemoError> {
        let beside = (options.desk == DemoDesk::Console).then(|| self.desk_url.clone());
        let options = emulator::Options {
            bot_id: BOT_ID.to_owned(),
            platform: self.platform(keys, options.bot)?,
            access_token: SecretString::from(keys.access_token.clone()),
            public_url: self.chat_url.clone(),
            desk_url: Some(self.desk_url.clone()),
            console_url: beside,
            clock: Arc::new(SystemClock),
            seed: new_id().as_u64_pair().1,
        };
        Ok(emulator::build(options)?)
    }

    pub(super) fn play_desk(&self, keys: &Keys, desk: DemoDesk) -> Result<PlayedDesk, DemoError> {
        Ok(match desk {
            DemoDesk::Console => PlayedDesk::Console,
            DemoDesk::Webhook => PlayedDesk::Webhook(self.play_webhook(keys)?),
            DemoDesk::AivoLive => PlayedDesk::AivoLive(self.play_aivo_live(keys)?),
            DemoDesk::Chatwoot => PlayedDesk::Chatwoot(self.play_chatwoot(keys)?),
        })
    }

    fn play_aivo_live(&self, keys: &Keys) -> Result<AivoLive, DemoError> {
        let hook = format!("hooks/aivo-live/team/{}", keys.desk_hook_key);
        let options = emulator::aivo_live::Options {
            bot_id: AIVO_BOT_ID,
            bot_token: SecretString::from(keys.bot_token.clone()),
            groups: GROUPS.map(|(id, name)| (id, name.to_owned())).to_vec(),
            hook_url: self.bridge_url.join(&hook)?,
            chat_url: Some(self.chat_url.clone()),
            clock: Arc::new(SystemClock),
            seed: new_id().as_u64_pair().1,
        };
        Ok(emulator::aivo_live::build(options)?)
    }

    fn play_chatwoot(&self, keys: &Keys) -> Result<Chatwoot, DemoError> {
        let options = emulator::chatwoot::Options {
            api_access_token: SecretString::from(keys.desk_token.clone()),
            webhook_secret: SecretString::from(keys.signing_secret.clone()),
            hook_url: self.bridge_url.join("hooks/chatwoot/team")?,
            chat_url: Some(self.chat_url.clone()),
            clock: Arc::new(SystemClock),
            seed: new_id().as_u64_pair().1,
        };
        Ok(emulator::chatwoot::build(options)?)
    }

    fn play_webhook(&self, keys: &Keys) -> Result<Desk, DemoError> {
        let options = emulator::desk::Options {
            bridge_url: self.bridge_url.clone(),
            secret: SecretString::from(keys.signing_secret.clone()),
            token: SecretString::from(keys.desk_token.clone()),
            chat_url: Some(self.chat_url.clone()),
            clock: Arc::new(SystemClock),
        };
        Ok(emulator::desk::build(options)?)
    }
}

impl PlayedDesk {
    pub(super) fn router(&self) -> Router {
        match self {
            Self::Console => Router::new(),
            Self::Webhook(desk) => desk.router(),
            Self::AivoLive(desk) => desk.router(),
            Self::Chatwoot(desk) => desk.router(),
        }
    }

    pub(super) async fn run(self, shutdown: CancellationToken) {
        match self {
            Self::Console => {}
            Self::Webhook(desk) => {
                shutdown.cancelled().await;
                desk.close();
            }
            Self::AivoLive(desk) => desk.run(shutdown).await,
            Self::Chatwoot(desk) => desk.run(shutdown).await,
        }
    }
}
