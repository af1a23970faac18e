//! The development bridge: the real bridge on loopback, with an emulated bot platform and a desk beside it.
//!
//! Its configuration is left in `data/demo.toml`, so that `handover --config data/demo.toml …` can speak to it and a
//! newcomer has a file to start from.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
};

use axum::Router;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{App, Development, Error, Listeners, signals::Signals};
use crate::{
    clock::{SystemClock, new_id},
    config::{Config, Source},
    console::{self, NoRandomness, OneTime},
    domain::{ids::OperatorName, time::Clock as _},
    emulator::{self, Emulator, aivo_live::AivoLive, desk::Desk},
    http::server,
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
}

/// A desk that is played, or the bridge's own.
enum Agents {
    Console,
    Webhook(Desk),
    AivoLive(AivoLive),
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
    #[error("the demo's own configuration is at fault")]
    Config(#[from] crate::config::Faults),
    #[error("an address of the demo is at fault")]
    Address(#[from] url::ParseError),
    #[error(transparent)]
    Emulator(#[from] emulator::BuildError),
    #[error(transparent)]
    Desk(#[from] emulator::desk::DeskError),
}

const FOLDER: &str = "data";
const CONFIG_FILE: &str = "data/demo.toml";
const DATABASE: &str = "data/demo.db";
const BOT_ID: &str = "demo";
/// Whoever follows the link to the console.
const DEVELOPER: &str = "you";
/// What the emulated Aivo Live has; the ids are those of Aivo's samples.
const AIVO_BOT_ID: u64 = 1000;
const GROUPS: [(u64, &str); 3] = [(2179, "Customer service"), (2180, "Sales"), (5, "Billing")];
/// Where the search for free ports begins, and how far it goes.
const FIRST_PORT: u16 = 8080;
const PORTS: u16 = 100;

/// The listeners, bound before anything is built, since every part must know the others' addresses.
struct Stage {
    bridge: TcpListener,
    admin: TcpListener,
    chat: TcpListener,
    /// None: agents answer at the console.
    desk: Option<TcpListener>,
    addresses: Addresses,
}

struct Addresses {
    bridge_url: Url,
    admin_address: SocketAddr,
    admin_url: Url,
    chat_url: Url,
    desk_url: Url,
}

/// Secrets of this run.
struct Keys {
    access_token: String,
    api_token: String,
    verify_token: String,
    hook_key: String,
    signing_secret: String,
    desk_token: String,
    desk_hook_key: String,
    bot_token: String,
    admin_token: String,
}

/// Runs the development bridge until it is told to stop.
pub async fn demo(options: Options) -> Result<(), Error> {
    let signals = Signals::listen().map_err(Error::Signals)?;
    let Stage {
        bridge,
        admin,
        chat,
        desk,
        addresses,
    } = Stage::build(options.desk)?;
    let keys = Keys::draw();
    let text = addresses.configuration((&keys, options))?;
    let source = Source::text(CONFIG_FILE, text.clone());
    let config = Config::load(&source).map_err(DemoError::from)?;
    let (platform, agents) = (
        addresses.emulator((&keys, options))?,
        addresses.play_desk((&keys, options.desk))?,
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
    let app = App::build_with(config, listeners, Some(development))?;
    // Not before the store is ours: a second demo in the same folder must leave the file of the first alone.
    keep(&text)?;
    addresses.introduce(options.desk, &token)?;
    let shutdown = app.shutdown();
    let stopping = shutdown.soft.clone();
    let playing = tokio::spawn(async move {
        tokio::join!(platform.run(stopping.clone()), agents.run(stopping));
    });
    let stop = (shutdown, app.patience());
    let obeying = tokio::spawn(signals.obey(stop, app.rotation(source)));
    let ended = app.run().await;
    obeying.abort();
    playing.abort();
    ended
}

impl Stage {
    fn build(kind: DemoDesk) -> Result<Self, DemoError> {
        let mut next = FIRST_PORT;
        let (bridge, bridge_address) = bind("the bridge", &mut next)?;
        let (admin, admin_address) = bind("the admin API", &mut next)?;
        let (chat, chat_address) = bind("the chat", &mut next)?;
        let admin_url = root(admin_address)?;
        let (desk, desk_url) = if kind == DemoDesk::Console {
            (None, admin_url.join(console::HOME)?)
        } else {
            let (desk, address) = bind("the desk", &mut next)?;
            (Some(desk), root(address)?)
        };
        Ok(Self {
            bridge,
            admin,
            chat,
            desk,
            addresses: Addresses {
                bridge_url: root(bridge_address)?,
                admin_address,
                admin_url,
                chat_url: root(chat_address)?,
                desk_url,
            },
        })
    }
}

impl Addresses {
    fn configuration(&self, (keys, options): (&Keys, Options)) -> Result<String, DemoError> {
        let Keys {
            access_token: _,
            api_token: _,
            verify_token: _,
            hook_key: _,
            signing_secret: _,
            desk_token: _,
            desk_hook_key: _,
            bot_token: _,
            admin_token,
        } = keys;
        let listen = self.bridge_url.authority();
        let (bridge, admin) = (&self.bridge_url, self.admin_address);
        let bot = self.bot_table((keys, options.bot));
        let desk = self.desk_table((keys, options.desk))?;
        Ok(format!(
            "# Written by `handover demo` at each start; the secrets are new each time.\n\
             \n\
             [server]\n\
             listen = \"{listen}\"\n\
             public_url = \"{bridge}\"\n\
             drain = \"0s\"\n\
             \n\
             [admin]\n\
             listen = \"{admin}\"\n\
             token = \"{admin_token}\"\n\
             \n\
             [store]\n\
             url = \"sqlite:{DATABASE}\"\n\
             \n\
             [outbound]\n\
             allow_networks = [\"127.0.0.0/8\"]\n\
             \n\
             [bots.demo]\n\
             {bot}\
             \n\
             [desks.team]\n\
             {desk}"
        ))
    }

    fn desk_table(&self, (keys, desk): (&Keys, DemoDesk)) -> Result<String, DemoError> {
        let (secret, token) = (&keys.signing_secret, &keys.desk_token);
        Ok(match desk {
            DemoDesk::Console => "kind = \"console\"\n".to_owned(),
            DemoDesk::Webhook => {
                let hook = self.desk_url.join("hook")?;
                format!(
                    "kind = \"webhook\"\n\
                     url = \"{hook}\"\n\
                     secret = \"{secret}\"\n\
                     token = \"{token}\"\n"
                )
            }
            DemoDesk::AivoLive => {
                let root = self.desk_url.as_str().trim_end_matches('/');
                let (token, key) = (&keys.bot_token, &keys.desk_hook_key);
                let [(group, _), ..] = GROUPS;
                format!(
                    "kind = \"aivo-live\"\n\
                     api_url = \"{root}\"\n\
                     groups_url = \"{root}\"\n\
                     files_url = \"{root}/assets\"\n\
                     bot_id = {AIVO_BOT_ID}\n\
                     bot_token = \"{token}\"\n\
                     groups = [{group}]\n\
                     hook_key = \"{key}\"\n"
                )
            }
        })
    }

    fn bot_table(&self, (keys, bot): (&Keys, DemoBot)) -> String {
        let root = self.chat_url.as_str().trim_end_matches('/');
        let (access_token, hook_key) = (&keys.access_token, &keys.hook_key);
        let (platform, own) = match bot {
            DemoBot::Chatlayer => (
                "chatlayer",
                format!("verify_token = \"{}\"\n", keys.verify_token),
            ),
            DemoBot::Certainly => (
                "certainly",
                format!(
                    "deployment_id = \"{BOT_ID}\"\n\
                     api_token = \"{}\"\n\
                     claim_end = \"handover_done\"\n",
                    keys.api_token
                ),
            ),
        };
        format!(
            "platform = \"{platform}\"\n\
             api_url = \"{root}\"\n\
             access_token = \"{access_token}\"\n\
             hook_key = \"{hook_key}\"\n\
             {own}"
        )
    }

    fn platform(&self, (keys, bot): (&Keys, DemoBot)) -> Result<emulator::Platform, DemoError> {
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

    fn emulator(&self, (keys, options): (&Keys, Options)) -> Result<Emulator, DemoError> {
        let beside = (options.desk == DemoDesk::Console).then(|| self.desk_url.clone());
        let options = emulator::Options {
            bot_id: BOT_ID.to_owned(),
            platform: self.platform((keys, options.bot))?,
            access_token: SecretString::from(keys.access_token.clone()),
            public_url: self.chat_url.clone(),
            desk_url: Some(self.desk_url.clone()),
            console_url: beside,
            clock: Arc::new(SystemClock),
            seed: new_id().as_u64_pair().1,
        };
        Ok(emulator::build(options)?)
    }

    fn play_desk(&self, (keys, desk): (&Keys, DemoDesk)) -> Result<Agents, DemoError> {
        Ok(match desk {
            DemoDesk::Console => Agents::Console,
            DemoDesk::Webhook => Agents::Webhook(self.play_webhook(keys)?),
            DemoDesk::AivoLive => Agents::AivoLive(self.play_aivo_live(keys)?),
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

impl Agents {
    fn router(&self) -> Router {
        match self {
            Self::Console => Router::new(),
            Self::Webhook(desk) => desk.router(),
            Self::AivoLive(desk) => desk.router(),
        }
    }

    async fn run(self, shutdown: CancellationToken) {
        match self {
            Self::Console => {}
            Self::Webhook(desk) => {
                shutdown.cancelled().await;
                desk.close();
            }
            Self::AivoLive(desk) => desk.run(shutdown).await,
        }
    }
}

impl Keys {
    fn draw() -> Self {
        let word = || {
            let (first, second) = (new_id(), new_id());
            format!("{}{}", first.simple(), second.simple())
        };
        Self {
            access_token: word(),
            api_token: word(),
            verify_token: word(),
            hook_key: word(),
            signing_secret: format!("whsec_{}", word()),
            desk_token: word(),
            desk_hook_key: word(),
            bot_token: word(),
            admin_token: word(),
        }
    }
}

/// The first free port from `next` on.
fn bind(what: &str, next: &mut u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let (wanted, last) = (*next, FIRST_PORT.saturating_add(PORTS));
    loop {
        let port = *next;
        *next = next.saturating_add(1);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match server::listen(address) {
            Ok(listener) => {
                if port != wanted {
                    tell(&format!("Port {wanted} is taken, {what} uses {port}."))?;
                }
                return Ok((listener, address));
            }
            Err(source) if port >= last => {
                let first = FIRST_PORT;
                return Err(DemoError::NoPort {
                    first,
                    last,
                    source,
                });
            }
            Err(_) => {}
        }
    }
}

/// As `println!`, but nobody listening is an error and no panic.
fn tell(text: &str) -> Result<(), DemoError> {
    use io::Write as _;

    writeln!(io::stdout(), "{text}").map_err(DemoError::Print)
}

fn root(address: SocketAddr) -> Result<Url, url::ParseError> {
    Url::parse(&format!("http://{address}/"))
}

/// Leaves the configuration where its owner alone can read it.
fn keep(text: &str) -> Result<(), DemoError> {
    use io::Write as _;

    let write = || {
        fs::create_dir_all(Path::new(FOLDER))?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(CONFIG_FILE)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|source| DemoError::Write {
        file: CONFIG_FILE,
        source,
    })
}
