//! `handover simulate`: plays a user of a configured bot, from the terminal, against the running bridge.
//!
//! It calls the bot's hook as the platform would and shows what the bridge answers. It is not the platform: what an
//! agent writes goes to the platform's API, so it does not appear here.

mod certainly;
mod chatlayer;

use std::io::{self, BufRead as _, Write};

use clap::Args;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Error,
    client::{Call, Client},
    route, runtime,
    version::Version,
};
use crate::{
    clock::{SystemClock, new_id},
    config::{Config, Platform},
    domain::{ids::BotName, time::Clock as _},
};

/// Whom to play, and what to do.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The bot to talk to; may be left out if only one is configured
    #[arg(long, value_name = "NAME")]
    bot: Option<BotName>,
    /// The user, by session or id: the same one goes on with the same conversation [default: a new one]
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// The platform's own id of the bot
    #[arg(long, value_name = "ID", default_value = "simulated")]
    bot_id: String,
    /// Which environment of the bot (DRAFT or LIVE), where the platform has both, in capitals or not
    #[arg(long, value_enum, ignore_case = true, default_value = "DRAFT")]
    version: Version,
    /// Ask for an agent, before anything is said
    #[arg(long)]
    offload: bool,
    /// Say this, and end; may be given several times
    #[arg(long, value_name = "TEXT")]
    say: Vec<String>,
}

/// Not all that was asked for came about: said above.
#[derive(Debug, thiserror::Error)]
#[error("the bridge did not take all of it")]
pub(super) struct NotTaken;

/// A user of some platform, and what the bridge's answers mean there.
#[derive(Debug)]
enum User<'c> {
    Chatlayer(chatlayer::User<'c>),
    Certainly(certainly::User<'c>),
}

/// What a platform would make of an answer: that the bridge did as it was asked, or what came of it instead.
type Meaning = Result<&'static str, String>;

/// One call of a platform.
#[derive(Debug)]
struct HookCall<'c> {
    path: Vec<&'c str>,
    query: Vec<(&'static str, &'c str)>,
    basic: Option<(&'c str, &'c SecretString)>,
    bearer: Option<&'c SecretString>,
    body: Value,
}

/// One user at one hook.
struct SimulatedUser<'c> {
    client: Client,
    user: User<'c>,
}

pub(super) fn run(config: &Config, options: Options) -> Result<(), Error> {
    let (name, bot) = route::chosen(config, options.bot)?;
    let session = options
        .session
        .unwrap_or_else(|| format!("simulated-{}", new_id()));
    let user = match &bot.platform {
        Platform::Chatlayer(chatlayer) => User::Chatlayer(chatlayer::User {
            bot: (name, chatlayer),
            bot_id: options.bot_id,
            version: options.version.as_str(),
            session: session.clone(),
            language: bot.default_language.to_string(),
        }),
        Platform::Certainly(certainly) => User::Certainly(certainly::User {
            bot: (name, certainly),
            bot_id: options.bot_id,
            id: session.clone(),
        }),
    };
    let mut player = SimulatedUser {
        client: Client::new(config.server.listen)?,
        user,
    };

    let mut out = io::stdout().lock();
    let runtime = runtime()?;
    writeln!(out, "session {session} of bot {name}")?;
    if options.offload || !options.say.is_empty() {
        let mut taken = true;
        if options.offload {
            taken &= runtime.block_on(player.ask_for_agent(&mut out))?;
        }
        for text in &options.say {
            taken &= runtime.block_on(player.say(text, &mut out))?;
        }
        return taken.then_some(()).ok_or(NotTaken.into());
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
            "/agent" => {
                runtime.block_on(player.ask_for_agent(&mut out))?;
            }
            text => {
                runtime.block_on(player.say(text, &mut out))?;
            }
        }
    }
    Ok(())
}

impl SimulatedUser<'_> {
    /// Says whether the bridge has kept it.
    async fn say(&mut self, text: &str, out: &mut impl Write) -> Result<bool, Error> {
        let now = (new_id(), SystemClock.now());
        let call = match &self.user {
            User::Chatlayer(user) => user.says(text, now.0, now.1),
            User::Certainly(user) => user.says(text, now.1),
        };
        let (status, _) = self.post(&call).await?;
        tell(out, text, &meaning_of_messages(status))
    }

    /// Says whether a desk has taken it.
    async fn ask_for_agent(&mut self, out: &mut impl Write) -> Result<bool, Error> {
        let call = match &self.user {
            User::Chatlayer(user) => user.asks_for_agent(SystemClock.now()),
            User::Certainly(user) => user.asks_for_agent(),
        };
        let (status, body) = self.post(&call).await?;
        let meaning = match &self.user {
            User::Chatlayer(_) => chatlayer::meaning_of_offload(status, &body),
            User::Certainly(_) => certainly::meaning_of_claim(status, &body),
        };
        tell(out, "(asks for an agent)", &meaning)
    }

    async fn post(&self, call: &HookCall<'_>) -> Result<(StatusCode, Vec<u8>), Error> {
        let call = Call {
            method: Method::POST,
            path: &call.path,
            query: &call.query,
            bearer: call.bearer,
            basic: call.basic,
            body: Some(&call.body),
        };
        let reply = self.client.send(call).await?;
        Ok((reply.status, reply.body))
    }
}

/// Says whether it was taken.
fn tell(out: &mut impl Write, done: &str, meaning: &Meaning) -> Result<bool, Error> {
    writeln!(out, "> {done}")?;
    match meaning {
        Ok(taken) => writeln!(out, "  {taken}")?,
        Err(instead) => writeln!(out, "  {instead}")?,
    }
    Ok(meaning.is_ok())
}

/// What a platform would make of the answer to a message.
fn meaning_of_messages(status: StatusCode) -> Meaning {
    let instead = match status.as_u16() {
        200 => return Ok("kept"),
        401 => "refused: the token or the hook's key is not the bridge's".to_owned(),
        503 => "not kept: the bridge cannot write at the moment".to_owned(),
        other => format!("not kept: status {other}"),
    };
    Err(instead)
}
