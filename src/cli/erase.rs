//! `handover erase`: has the running bridge forget a user, over its admin API.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use clap::{ArgGroup, Args};
use reqwest::StatusCode;
use serde_json::{Map, Value};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Error, admin::Admin, client, runtime, version::Version};
use crate::{
    config::Config,
    domain::ids::BotName,
    http::admin::shape::{Delivery, Erasure, Progress},
};

/// Whom to erase.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["session", "user", "follow"]))]
pub(super) struct Options {
    /// The conversation that the platform calls so
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Every conversation of the user whom the platform calls so
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Nobody anew: tell of an erasure that was begun before
    #[arg(long, value_name = "ERASURE", conflicts_with_all = ["bot", "version", "keep_at_platform"])]
    follow: Option<Uuid>,
    /// Only with this bot
    #[arg(long, value_name = "NAME")]
    bot: Option<BotName>,
    /// Only in this environment of the bot, in capitals or not
    #[arg(long, value_enum, ignore_case = true)]
    version: Option<Version>,
    /// Leave what the platform keeps where it is
    #[arg(long)]
    keep_at_platform: bool,
    /// Come back at once; it goes on by itself
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// The bridge has the last word: it may keep conversations of a bot that is not configured any more.
    #[error("no bot is called {named}")]
    UnknownBot {
        named: BotName,
        #[source]
        refused: client::Error,
    },
}

/// It did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfinished {
    #[error(
        "it is not finished yet; it goes on by itself, and `handover erase --follow {0}` tells of it"
    )]
    Waits(Uuid),
    #[error(
        "everything is erased here, but in {0} conversations the platform did not delete what it keeps; delete it there"
    )]
    KeptAtPlatform(u64),
}

const PATH: [&str; 3] = ["api", "admin", "erasures"];
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A resume and a deletion take seconds. Where a platform or a desk is away it can take a day.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn run(config: &Config, options: &Options) -> Result<(), Error> {
    let admin = Admin::of(config)?;
    let mut out = io::stdout().lock();
    runtime()?.block_on(async {
        let mut erasure: Erasure = match options.follow {
            Some(id) => read(&admin, id).await?,
            None => begin(&admin, config, options).await?,
        };
        write_begun(&mut out, &erasure)?;
        let until = Instant::now() + PATIENCE;
        let mut waited_for = Vec::new();
        while erasure.state == Progress::Pending {
            if waited_for != erasure.waits_for {
                erasure
                    .waits_for
                    .iter()
                    .try_for_each(|delivery| write_waits(&mut out, delivery))?;
                waited_for.clone_from(&erasure.waits_for);
            }
            if options.no_wait {
                let id = erasure.id;
                writeln!(out, "it goes on by itself: handover erase --follow {id}")?;
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Unfinished::Waits(erasure.id.as_uuid()).into());
            }
            sleep(ASK_EVERY).await;
            erasure = read(&admin, erasure.id.as_uuid()).await?;
        }
        write_finished(&mut out, &erasure)?;
        match erasure.platform_kept {
            0 => Ok(()),
            kept => Err(Unfinished::KeptAtPlatform(kept).into()),
        }
    })
}

impl Options {
    fn body(&self) -> Value {
        let texts = [
            ("session_id", self.session.as_deref()),
            ("user_id", self.user.as_deref()),
            ("bot", self.bot.as_ref().map(BotName::as_str)),
            ("version", self.version.map(Version::as_str)),
        ];
        let mut body: Map<_, _> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text?.into())))
            .collect();
        body.insert("keep_at_platform".to_owned(), self.keep_at_platform.into());
        Value::Object(body)
    }
}

async fn begin(admin: &Admin<'_>, config: &Config, options: &Options) -> Result<Erasure, Error> {
    let reply = admin.post(&PATH, &options.body()).await?;
    let unknown = options
        .bot
        .as_ref()
        .filter(|bot| !config.bots.contains_key(*bot));
    match (reply.json(), unknown) {
        (Err(refused), Some(named)) if reply.status == StatusCode::NOT_FOUND => {
            let named = named.clone();
            Err(UsageError::UnknownBot { named, refused }.into())
        }
        (begun, _) => Ok(begun?),
    }
}

async fn read(admin: &Admin<'_>, id: Uuid) -> Result<Erasure, Error> {
    let id = id.to_string();
    let [api, of, erasures] = PATH;
    Ok(admin.get(&[api, of, erasures, &id], &[]).await?.json()?)
}

fn write_begun(out: &mut impl Write, erasure: &Erasure) -> io::Result<()> {
    let Erasure {
        id, conversations, ..
    } = erasure;
    match conversations {
        0 => writeln!(out, "erasure {id}: nothing is kept of whom you named"),
        1 => writeln!(out, "erasure {id}: 1 conversation"),
        more => writeln!(out, "erasure {id}: {more} conversations"),
    }
}

fn write_waits(out: &mut impl Write, delivery: &Delivery) -> io::Result<()> {
    let Delivery {
        id,
        destination,
        kind,
        state,
        attempts,
        error_class,
        ..
    } = delivery;
    let class = error_class.as_deref().map_or_else(String::new, |class| {
        format!(", {attempts} attempts, the last: {class}")
    });
    writeln!(
        out,
        "waits for {kind} to {destination} ({state}{class}): {id}"
    )
}

fn write_finished(out: &mut impl Write, erasure: &Erasure) -> io::Result<()> {
    if erasure.conversations == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "erased; the platform deleted its part in {} of them and keeps it in {}",
        erasure.platform_deleted, erasure.platform_kept
    )
}
