//! Connects to the database, sees to its schema, and starts what goes on unasked.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio_util::task::TaskTracker;

use super::{
    PostgresStore,
    background::Background,
    changes,
    clock::Time,
    connect::Way,
    database::{Begin, Database},
    fault::Fault,
    home,
    intake::Intake,
    leases::Leases,
    memory::Memory,
    mutant,
    newer::Newer,
    replicas, rights, schema, watch,
    work::Ground,
};
use crate::{
    clock::Ids,
    config::UrlFault,
    domain::policy::Policy,
    store::{TranscriptLimits, hashing::Hasher, tally::Meter},
    telemetry::Instruments,
};

#[derive(Clone, Debug)]
pub struct Options {
    /// `postgres://user@host/database`, with everything that libpq takes in such a URL.
    pub url: SecretString,
    /// Of the role, where the URL does not have it.
    pub password: Option<SecretString>,
    pub listen: Listen,
    /// Brings the schema up to date; else an older one is refused.
    pub migrate: bool,
    /// As many connections at most.
    pub pool: usize,
    pub policy: Arc<Policy>,
    pub time: Time,
    pub transcript_limits: TranscriptLimits,
    pub instruments: Instruments,
}

/// How a replica hears of what others did before it looks by itself.
#[derive(Clone, Debug)]
pub enum Listen {
    /// By the URL of the store.
    Here,
    /// By a URL that leads to the database itself, where the store's leads to a pooler.
    At(SecretString),
    /// Not at all: it looks each second.
    Off,
}

/// Why the store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the store's URL cannot be used")]
    Url(#[source] UrlFault),
    #[error("no certificate can be checked here")]
    Tls(#[source] rustls::Error),
    #[error("the database cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error(
        "the database does not let the role in, or not without TLS, which is used on this machine itself only where \
         sslmode is require or verify-full"
    )]
    NotLetIn(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error(
        "the store was written by a newer version (schema {found}, this version knows {known})"
    )]
    Newer { found: usize, known: usize },
    #[error("migration {number} of the store is not the one that this version knows")]
    Changed { number: usize },
    #[error("migration {number} of the store failed")]
    Migration {
        number: usize,
        source: Box<tokio_postgres::Error>,
    },
    #[error(
        "the database's encoding is {found}, which does not hold all that people write: make another one by \
         CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    )]
    Encoding { found: String },
    #[error("the store's schema is {found}, this version needs {needed}; run `handover migrate`")]
    NotMigrated { found: usize, needed: usize },
    #[error(
        "the role at the database lacks {lacking}: grant it, as docs/operations.md, \"Many replicas\", and \
         deploy/compose/roles.sql do"
    )]
    Rights { lacking: String },
    #[error("the store cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Options {
    /// Connects, and sees to the schema.
    ///
    /// # Errors
    /// The database cannot be reached, or this version cannot work with it.
    pub async fn open(self) -> Result<PostgresStore, OpenError> {
        let password = self.password.as_ref();
        let way = Way::of(self.url.expose_secret())?.with(password);
        let listen = match &self.listen {
            Listen::Here => Some(way.clone()),
            Listen::At(url) => {
                let past = Way::of(url.expose_secret())?.with(password);
                Some(past.with_password_of(&way))
            }
            Listen::Off => None,
        };
        let pool = way.pool(self.pool)?;
        let mut object = pool.get().await.map_err(|error| way.refused(error))?;
        let migrated = schema::migrate(&mut object, self.migrate, self.time.roughly()).await?;
        rights::refuse_without(&**object).await?;
        drop(object);
        let database = Database::new(pool, way.tls.clone(), DURABLE);
        let begin = how_to_begin(&database).await?;
        let database = database.beginning(begin);
        let background = Background::default();
        let stopped_with_it = background.stopped_with();
        let clock = self.time.clock(&database, &background).await?;
        let home = home::look(&database, clock.now()).await?;
        let meter = Meter::new(self.instruments.metrics, &self.policy);
        meter.count_restored(home.raised);
        #[cfg(feature = "mutants")]
        mutant::stop_the_clock(&database).await?;
        let ids = Ids::by(Arc::clone(&clock));
        let secret = database
            .row(
                "SELECT value FROM meta WHERE name = 'key_secret'",
                Vec::new(),
            )
            .await?
            .ok_or(Fault::Missing)?;
        let secret: Vec<u8> = secret.try_get(0).map_err(Fault::from)?;
        let ground = Arc::new(Ground {
            database,
            memory: Arc::new(Memory::new(clock.now(), listen.is_some())),
            tells_its_home: home.is_told,
            hasher: Hasher::new(&secret).ok_or(Fault::Missing)?,
            meter,
            leases: Arc::new(Leases::new(ids.draw(), Arc::clone(&clock))),
            newer: Newer::default(),
            steps: TaskTracker::new(),
            policy: self.policy,
            clock,
            ids,
            transcript_limits: self.transcript_limits,
            intake: Intake::default(),
            contended: tokio::sync::Mutex::default(),
        });
        replicas::tell(&ground, &background).await?;
        changes::follow(&ground, &background).await?;
        watch::start(&ground, &background, listen);
        Ok(PostgresStore {
            ground,
            migrated,
            _stopped_with_it: stopped_with_it,
            background,
        })
    }
}

/// A process may be frozen when it has sent half of a transaction, or be cut off: what that one has locked is free again when
/// nobody waits for its answer any more.
macro_rules! begin {
    ($($more:literal)?) => {
        concat!(
            "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '2s'; SET LOCAL statement_timeout = '2s'"
            $(, $more)?
        )
    };
}
const DURABLE: Begin = Begin {
    sql: begin!(),
    only_for_several: true,
};
/// For a database, or a role, that would answer before what it was told is on its disk.
const MADE_DURABLE: Begin = Begin {
    sql: begin!("; SET LOCAL synchronous_commit = on"),
    only_for_several: false,
};

/// Says once what should be otherwise about the role and the database, and sees to what can be seen to.
async fn how_to_begin(database: &Database) -> Result<Begin, Fault> {
    let sql = "SELECT current_setting('is_superuser') = 'on', current_setting('synchronous_commit') = 'off'";
    let row = database.row(sql, Vec::new()).await?;
    let row = row.ok_or(Fault::Missing)?;
    if row.try_get(0)? {
        tracing::warn!(
            "the store's role is a superuser; give the bridge one that may do no more than it needs"
        );
    }
    if row.try_get(1)? && !mutant::trusts_the_database() {
        tracing::warn!(
            "the database has synchronous_commit off; the bridge switches it on for what it writes"
        );
        return Ok(MADE_DURABLE);
    }
    Ok(DURABLE)
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away(source) => Self::Unreachable(Arc::from(source)),
            fault => Self::Unreadable(Box::new(fault)),
        }
    }
}
