//! `handover simulate`: plays a user of a configured bot, from the terminal, against the running bridge.
//!
//! It calls the bot's hook as the platform would and shows what the bridge answers. It is not the platform: what an
//! agent writes goes to the platform's API, so it does not appear here.

mod chatlayer;

use std::io::{self, BufRead as _, Write};

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use self::chatlayer::User;
use super::{
    Error,
    client::{Call, Client, Reply},
    runtime,
};
use crate::{
    clock::{SystemClock, new_id},
    config::{Bot, Chatlayer, Config, Platform},
    domain::{ids::BotName, time::Clock as _},
};

/// Whom to play, and what to do.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The bot to talk to; may be left out if only one is configured
    #[arg(long, value_name = "NAME")]
    bot: Option<BotName>,
    /// The user's session: the same one goes on with the same conversation [default: a new one]
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// The platform's own id of the bot
    #[arg(long, value_name = "ID", default_value = "simulated")]
    bot_id: String,
    /// Which world of the platform
    #[arg(long, value_enum, default_value = "draft")]
    version: Version,
    /// Ask for an agent, before anything is said
    #[arg(long)]
    offload: bool,
    /// Say this, and end; may be given several times
    #[arg(long, value_name = "TEXT")]
    say: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Version {
    Draft,
    Live,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    #[error("no bot is called {0}")]
    UnknownBot(BotName),
    #[error("give --bot NAME: not exactly one bot is configured")]
    WhichBot,
}

/// One user at one hook.
struct Player<'c> {
    client: Client,
    bot: (&'c BotName, &'c Chatlayer),
    user: User,
}

pub(super) fn run(config: &Config, options: Options) -> Result<(), Error> {
    let (name, bot) = chosen(config, options.bot.as_ref())?;
    let Platform::Chatlayer(chatlayer) = &bot.platform;
    let session = options
        .session
        .unwrap_or_else(|| format!("simulated-{}", new_id()));
    let version = match options.version {
        Version::Draft => "DRAFT",
        Version::Live => "LIVE",
    };
    let user = User {
        bot_id: options.bot_id,
        version,
        session,
        language: bot.default_language.to_string(),
    };
    let mut player = Player {
        client: Client::new(config.server.listen)?,
        bot: (name, chatlayer),
        user,
    };

    let mut out = io::stdout().lock();
    let runtime = runtime()?;
    writeln!(out, "session {} of bot {name}", player.user.session)?;
    if options.offload {
        runtime.block_on(player.ask_for_agent(&mut out))?;
    }
    for text in &options.say {
        runtime.block_on(player.say(text, &mut out))?;
    }
    if options.offload || !options.say.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "Every line is a message. /agent asks for an agent, /quit ends.\n\
         What an agent writes goes to the platform; look for it there or at the desk."
    )?;
    for line in io::stdin().lock().lines() {
        match line?.trim() {
            "" => {}
            "/quit" => break,
            "/agent" => runtime.block_on(player.ask_for_agent(&mut out))?,
            text => runtime.block_on(player.say(text, &mut out))?,
        }
    }
    Ok(())
}

fn chosen<'c>(
    config: &'c Config,
    name: Option<&BotName>,
) -> Result<(&'c BotName, &'c Bot), UsageError> {
    if let Some(name) = name {
        return config
            .bots
            .get_key_value(name)
            .ok_or_else(|| UsageError::UnknownBot(name.clone()));
    }
    let mut bots = config.bots.iter();
    match (bots.next(), bots.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(UsageError::WhichBot),
    }
}

impl Player<'_> {
    async fn say(&mut self, text: &str, out: &mut impl Write) -> Result<(), Error> {
        let event = self.user.says(text, (new_id(), SystemClock.now()));
        let token = self.bot.1.verify_token.first();
        let reply = self.post(&event, Some(token)).await?;
        writeln!(out, "> {text}")?;
        writeln!(out, "  {}", chatlayer::meaning_of_messages(reply.status))?;
        Ok(())
    }

    /// The platform is not documented to send its token with this one.
    async fn ask_for_agent(&mut self, out: &mut impl Write) -> Result<(), Error> {
        let event = self.user.asks_for_agent(SystemClock.now());
        let reply = self.post(&event, None).await?;
        writeln!(out, "> (asks for an agent)")?;
        writeln!(
            out,
            "  {}",
            chatlayer::meaning_of_offload(reply.status, &reply.body)
        )?;
        Ok(())
    }

    async fn post(
        &self,
        event: &serde_json::Value,
        token: Option<&SecretString>,
    ) -> Result<Reply, Error> {
        let (name, bot) = self.bot;
        let mut path = vec!["hooks", "chatlayer", name.as_str()];
        path.extend(bot.hook_key.as_ref().map(|key| key.first().expose_secret()));
        let query: Vec<_> = token
            .map(|token| ("challenge.verifyToken", token.expose_secret()))
            .into_iter()
            .collect();
        let call = Call {
            method: reqwest::Method::POST,
            path: &path,
            query: &query,
            bearer: None,
            body: Some(event),
        };
        Ok(self.client.send(call).await?)
    }
}
