//! The development bridge: the real bridge on loopback, with an emulated bot platform and a desk beside it.
//!
//! Its configuration is left in `data/demo.toml`, so that `handover --config data/demo.toml …` can speak to it and a
//! newcomer has a file to start from.

mod keys;
mod listeners;
mod playing;
mod settings;

use std::io;

use tokio::task::JoinSet;

use self::{
    keys::Keys,
    listeners::{Addresses, DemoListeners},
    settings::keep,
};
use super::{App, Development, Error, Listeners, live, signals::Signals};
use crate::{
    clock::SystemClock,
    config::{Config, Source},
    console::{self, NoRandomness, OneTime},
    domain::{ids::OperatorName, time::Clock as _},
    emulator,
    store::sqlite::OpenError,
};

/// What stands on either side of the bridge.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub bot: DemoBot,
    pub desk: DemoDesk,
}

/// Where users talk to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoBot {
    Chatlayer,
    Certainly,
}

/// Where agents answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoDesk {
    /// The bridge's own console.
    Console,
    Webhook,
    AivoLive,
    Chatwoot,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("none of the ports from {first} to {last} on loopback is free")]
    NoPort {
        first: u16,
        last: u16,
        source: io::Error,
    },
    #[error("cannot write {file}")]
    Write {
        file: &'static str,
        source: io::Error,
    },
    #[error("nobody can be signed in at the console")]
    Link(#[source] NoRandomness),
    #[error("the developer's name is no name")]
    Developer,
    #[error("cannot print the addresses")]
    Print(#[source] io::Error),
    #[error(
        "a demo runs in this folder already: use the addresses that it has printed, or stop it, or start this one in \
         another folder"
    )]
    RunsAlready,
    #[error("the demo's own configuration is at fault")]
    Config(#[from] crate::config::Faults),
    #[error("an address of the demo is at fault")]
    Address(#[from] url::ParseError),
    #[error(transparent)]
    Emulator(#[from] emulator::BuildError),
    #[error(transparent)]
    Desk(#[from] emulator::desk::DeskError),
}

const CONFIG_FILE: &str = "data/demo.toml";
const DATABASE: &str = "data/demo.db";
const BOT_ID: &str = "demo";
/// Whoever follows the link to the console.
const DEVELOPER: &str = "you";
/// What the emulated Aivo Live has; the ids are those of Aivo's samples.
const AIVO_BOT_ID: u64 = 1000;
const GROUPS: [(u64, &str); 3] = [(2179, "Customer service"), (2180, "Sales"), (5, "Billing")];

/// Runs the development bridge until it is told to stop.
pub async fn demo(options: Options) -> Result<(), Error> {
    let signals = Signals::listen().map_err(Error::Signals)?;
    let DemoListeners {
        bridge,
        admin,
        chat,
        desk,
        addresses,
    } = DemoListeners::build(options.desk)?;
    let keys = Keys::draw();
    let text = addresses.configuration(&keys, options)?;
    let source = Source::text(CONFIG_FILE, text.clone());
    let config = Config::load(&source).map_err(DemoError::from)?;
    let (platform, agents) = (
        addresses.emulator(&keys, options)?,
        addresses.play_desk(&keys, options.desk)?,
    );
    let listeners = Listeners {
        public: bridge,
        admin: Some(admin),
        extra: std::iter::once((chat, platform.router()))
            .chain(desk.map(|desk| (desk, agents.router())))
            .collect(),
    };
    let you = OperatorName::new(DEVELOPER).map_err(|_| DemoError::Developer)?;
    let (link, token) =
        OneTime::new(you, Some("Ann".to_owned()), SystemClock.now()).map_err(DemoError::Link)?;
    let development = Development {
        link,
        home: addresses.home(options.desk).to_string(),
        framed_by: addresses.chat_url.origin().ascii_serialization(),
    };
    let mut playing = JoinSet::new();
    let starting = async {
        let app = App::build_with(config, listeners, Some(development))
            .await
            .map_err(runs_already)?;
        // Not before the store is ours: a second demo in the same folder must leave the file of the first alone.
        keep(&text)?;
        addresses.introduce(options.desk, &token)?;
        let stopping = app.shutdown().soft;
        playing.spawn(async move {
            tokio::join!(platform.run(stopping.clone()), agents.run(stopping));
        });
        Ok(app)
    };
    live(signals, source, Box::pin(starting)).await
}

/// Nobody else works with the demo's store.
fn runs_already(error: Error) -> Error {
    match error {
        Error::Store {
            source: OpenError::InUse { .. },
            ..
        } => DemoError::RunsAlready.into(),
        other => other,
    }
}

impl Addresses {
    /// Where whoever has signed in by the link is led: to both ends beside each other, if the console is one of them.
    fn home(&self, desk: DemoDesk) -> &str {
        if desk == DemoDesk::Console {
            self.chat_url.as_str()
        } else {
            console::HOME
        }
    }

    fn introduce(&self, desk: DemoDesk, token: &str) -> Result<(), DemoError> {
        let (chat, answer, bridge) = (&self.chat_url, &self.desk_url, &self.bridge_url);
        let link = self
            .admin_url
            .join(&format!("console/sign-in/once/{token}"))?;
        let (first, console) = if desk == DemoDesk::Console {
            (
                format!("\n  Open both ends          {link}\n"),
                String::new(),
            )
        } else {
            (
                String::new(),
                format!("\n  Watch in the console    {link}\n"),
            )
        };
        tell(&format!(
            "\nHandover Bridge: a bot, a bridge and a desk. Nothing leaves this machine.\n\
             {first}\
             \n  1. Talk to the bot      {chat}\
             \n  2. Answer at the desk   {answer}\n\
             {console}\
             \nType \"agent\" in the chat, answer at the desk, close there: the bot speaks again.\n\
             The link to the console signs in once, within ten minutes.\n\
             \n  bridge {bridge}   data {DATABASE}   configuration {CONFIG_FILE}   stop: Ctrl-C\n"
        ))
    }
}

/// As `println!`, but nobody listening is an error and no panic.
fn tell(text: &str) -> Result<(), DemoError> {
    use io::Write as _;

    writeln!(io::stdout(), "{text}").map_err(DemoError::Print)
}
