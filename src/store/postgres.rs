//! The store for many replicas: one PostgreSQL database, any number of processes.
//!
//! The rows are the truth and nothing is kept in memory that a decision rests on. A step reads a conversation, decides,
//! and writes on the condition that the conversation still is as it was read (`work`). Lanes are held by leases of the
//! database's clock (`lanes`). Replicas tell each other that it may be worth looking (`hints`), and look each second
//! anyway (`watch`).

mod answers;
mod apply;
mod audit;
mod batch;
mod cancel;
mod census;
mod changes;
mod columns;
mod connect;
mod console;
mod database;
mod effects;
mod erase;
mod erasing;
mod fault;
mod giving_up;
mod hints;
mod home;
mod intake;
mod jobs;
mod keys;
mod lanes;
mod leases;
mod legs;
mod listing;
mod memory;
mod mutant;
mod operator;
mod pauses;
mod purge;
mod remove;
mod rows;
mod schema;
mod settle;
mod subject;
mod take_away;
mod timers;
mod unmatched;
mod views;
mod warnings;
mod watch;
mod work;
mod writes;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Notify, broadcast};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

pub(super) use self::{
    columns::storable,
    connect::{APPLICATION, Driven, alone},
    leases::Hold,
    rows::is_awaited,
    schema::migrate,
};
use self::{
    connect::Way, database::Database, fault::Fault, intake::Intake, leases::Leases, memory::Memory,
    work::Ground,
};
use super::{
    Applied, AuditEntry, Census, Changed, Changing, Claim, Claimed, ConsoleStore, ConversationView,
    DeliveryFilter, DeliveryView, Erased, Erasure, Error, Fired, Gone, HandoverSummary,
    HandoverView, InboxCounts, InboxQuery, InboxRow, NamesInUse, NewAudit, OneDelivery, Page,
    Pause, Retention, Session, SessionId, Settlement, Standing, Store, TranscriptLimits,
    WarningView, Whose, hashing::Hasher, tally::Meter,
};
use crate::{
    domain::{
        conversation::Answer,
        delivery::Destination,
        effect::Warning,
        event::Step,
        ids::{ConversationId, DeliveryId, DeskName, ErasureId, HandoverId, OperatorName},
        policy::{ClosedBecause, Policy},
        time::{Clock, Timestamp},
    },
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
    pub clock: Arc<dyn Clock>,
    pub new_id: fn() -> Uuid,
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
    #[error("the store's URL is none of PostgreSQL")]
    Url,
    #[error("no certificate can be checked here")]
    Tls(#[source] rustls::Error),
    #[error("the database cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
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
    #[error("the store's schema is {found}, this version needs {needed}; run `handover migrate`")]
    NotMigrated { found: usize, needed: usize },
    #[error("the store cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[derive(Debug)]
pub struct PostgresStore {
    ground: Arc<Ground>,
    /// What goes on unasked, and what ends it.
    tasks: TaskTracker,
    stop: CancellationToken,
    _stopped_with_it: DropGuard,
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
            Listen::At(url) => Some(Way::of(url.expose_secret())?.with(password)),
            Listen::Off => None,
        };
        let pool = way.pool(self.pool)?;
        let mut object = pool
            .get()
            .await
            .map_err(|error| OpenError::Unreachable(Arc::new(error)))?;
        schema::migrate(&mut object, self.migrate, self.clock.now()).await?;
        drop(object);
        let database = Database::new(pool.clone(), DURABLE);
        let database = Database::new(pool, how_to_begin(&database).await?);
        home::look(&database).await?;
        #[cfg(feature = "mutants")]
        mutant::stop_the_clock(&database).await?;
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
            memory: Arc::new(Memory::new(self.clock.now())),
            hasher: Hasher::new(&secret).ok_or(Fault::Missing)?,
            meter: Meter::new(self.instruments.metrics, &self.policy),
            leases: Arc::new(Leases::new((self.new_id)(), Arc::clone(&self.clock))),
            steps: TaskTracker::new(),
            policy: self.policy,
            clock: self.clock,
            new_id: self.new_id,
            transcript_limits: self.transcript_limits,
            intake: Intake::default(),
            contended: tokio::sync::Mutex::default(),
        });
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        changes::follow(&ground, (&tasks, &stop)).await?;
        watch::start(&ground, (&tasks, &stop), listen);
        Ok(PostgresStore {
            ground,
            _stopped_with_it: stop.clone().drop_guard(),
            tasks,
            stop,
        })
    }
}

/// A process may be frozen when it has sent half of a transaction: what that one has locked is free again when nobody waits
/// for its answer any more.
macro_rules! begin {
    ($($more:literal)?) => {
        concat!("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '2s'" $(, $more)?)
    };
}
const DURABLE: &str = begin!();
/// For a database, or a role, that would answer before what it was told is on its disk.
const MADE_DURABLE: &str = begin!("; SET LOCAL synchronous_commit = on");

/// Says once what should be otherwise about the role and the database, and sees to what can be seen to.
async fn how_to_begin(database: &Database) -> Result<&'static str, Fault> {
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

#[async_trait]
impl Store for PostgresStore {
    async fn apply(&self, step: Step) -> Result<Applied, Error> {
        apply::apply(&self.ground, step).await
    }

    async fn answer(&self, handover: HandoverId, within: Duration) -> Result<Answer, Error> {
        Ok(answers::wait(&self.ground, handover, within).await?)
    }

    async fn handover(
        &self,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<HandoverView>, Error> {
        Ok(views::handover(&self.ground, id, desk).await?)
    }

    async fn claim(&self, destination: &Destination, limit: usize) -> Result<Claimed, Error> {
        Ok(lanes::claim(&self.ground, destination, limit).await?)
    }

    fn bell(&self, destination: &Destination) -> Arc<Notify> {
        self.ground.memory.bell(destination)
    }

    async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<Option<Claim>, Error> {
        settle::settle(&self.ground, claim, settlement).await
    }

    async fn hold(&self, claim: &Claim, span: Duration) -> Result<bool, Error> {
        Ok(lanes::hold(&self.ground, claim, span).await?)
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        Ok(lanes::release(&self.ground, claim).await?)
    }

    async fn fire_timers(&self, limit: usize) -> Result<Fired, Error> {
        timers::fire(&self.ground, limit).await
    }

    fn timer_bell(&self) -> Arc<Notify> {
        self.ground.memory.timer_bell()
    }

    async fn pause(&self, destination: &Destination, pause: Option<Pause>) -> Result<(), Error> {
        Ok(pauses::set(&self.ground, destination, pause).await?)
    }

    fn set_condition(&self, destination: &Destination, condition: Option<ClosedBecause>) {
        self.ground.memory.set_condition(destination, condition);
    }

    async fn names_in_use(&self) -> Result<NamesInUse, Error> {
        Ok(views::names_in_use(&self.ground).await?)
    }

    async fn remove(&self, gone: &Gone, limit: usize) -> Result<usize, Error> {
        Ok(remove::remove(&self.ground, gone, limit).await?)
    }

    async fn deliveries(&self, filter: DeliveryFilter) -> Result<Page<DeliveryView>, Error> {
        Ok(listing::deliveries(&self.ground, &filter).await?)
    }

    async fn retry_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        operator::retry(&self.ground, id, by).await
    }

    async fn skip_delivery(&self, id: DeliveryId, by: &str) -> Result<Changed, Error> {
        operator::skip(&self.ground, id, by).await
    }

    async fn open_handovers(
        &self,
        after: Option<HandoverId>,
        limit: usize,
    ) -> Result<Page<HandoverSummary>, Error> {
        Ok(listing::open_handovers(&self.ground, after, limit).await?)
    }

    async fn warn(&self, warning: Warning) -> Result<(), Error> {
        warnings::warn(&self.ground, warning).await
    }

    async fn warnings(&self) -> Result<Vec<WarningView>, Error> {
        Ok(warnings::all(&self.ground).await?)
    }

    async fn purge(&self, keep: Retention, limit: usize) -> Result<usize, Error> {
        Ok(purge::purge(&self.ground, &keep, limit).await?)
    }

    async fn erase(&self, whose: Whose, at_platform: bool) -> Result<Erasure, Error> {
        erasing::begin(&self.ground, whose, at_platform).await
    }

    async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Error> {
        Ok(erase::view(&self.ground, id).await?)
    }

    async fn go_on_erasing(&self, limit: usize) -> Result<Erased, Error> {
        erasing::go_on(&self.ground, limit).await
    }

    fn erasure_bell(&self) -> Arc<Notify> {
        self.ground.memory.erasure_bell()
    }

    async fn census(&self) -> Result<Census, Error> {
        Ok(census::take(&self.ground).await?)
    }

    async fn probe(&self) -> Result<(), Error> {
        let sql = "UPDATE meta SET value = int8send($1) WHERE name = 'probed_at'";
        let now = self.ground.clock.now();
        self.ground
            .database
            .write(sql, columns::values![now])
            .await?;
        Ok(())
    }

    async fn close(&self) {
        self.ground.steps.close();
        self.ground.steps.wait().await;
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        // Whoever wants a lane gets it a lease later if this fails.
        if let Err(fault) = lanes::give_all_back(&self.ground).await {
            tracing::debug!(error = %fault, "lanes could not be given back");
        }
        self.ground.database.close();
    }
}

#[async_trait]
impl ConsoleStore for PostgresStore {
    async fn inbox(&self, wanted: InboxQuery) -> Result<Page<InboxRow>, Error> {
        Ok(console::inbox(&self.ground, wanted).await?)
    }

    async fn inbox_row(
        &self,
        id: ConversationId,
        operator: &OperatorName,
    ) -> Result<Option<InboxRow>, Error> {
        Ok(console::inbox_row(&self.ground, id, operator).await?)
    }

    async fn inbox_counts(&self, operator: &OperatorName) -> Result<InboxCounts, Error> {
        Ok(console::inbox_counts(&self.ground, operator).await?)
    }

    async fn conversation(
        &self,
        id: ConversationId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<ConversationView>, Error> {
        Ok(console::conversation(&self.ground, id, before, limit).await?)
    }

    async fn mark_read(
        &self,
        id: ConversationId,
        operator: &OperatorName,
        seq: u64,
    ) -> Result<(), Error> {
        Ok(console::mark_read(&self.ground, id, operator, seq).await?)
    }

    fn changes(&self) -> broadcast::Receiver<Changing> {
        self.ground.memory.changes.listen()
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Option<Vec<Changing>>, Error> {
        Ok(self.ground.memory.changes.from(at))
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<OneDelivery>, Error> {
        Ok(listing::delivery(&self.ground, id).await?)
    }

    async fn standings(&self) -> Result<Vec<Standing>, Error> {
        Ok(console::standings(&self.ground).await?)
    }

    async fn retry_all(&self, destination: &Destination, by: &str) -> Result<usize, Error> {
        operator::retry_all(&self.ground, destination, by).await
    }

    async fn keep_audit(&self, entry: NewAudit) -> Result<(), Error> {
        Ok(audit::keep(&self.ground, entry).await?)
    }

    async fn audit_trail(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<AuditEntry>, Error> {
        Ok(audit::trail(&self.ground, before, limit).await?)
    }

    async fn begin_session(&self, session: Session) -> Result<(), Error> {
        Ok(console::begin_session(&self.ground, session).await?)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, Error> {
        Ok(console::session(&self.ground, id).await?)
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), Error> {
        Ok(console::touch_session(&self.ground, id, at).await?)
    }

    async fn end_session(&self, id: SessionId) -> Result<(), Error> {
        Ok(console::end_session(&self.ground, id).await?)
    }

    async fn end_sessions(&self, of: Option<&OperatorName>) -> Result<usize, Error> {
        Ok(console::end_sessions(&self.ground, of).await?)
    }

    async fn sessions_since(&self, seen: Timestamp) -> Result<Vec<Session>, Error> {
        Ok(console::sessions_since(&self.ground, seen).await?)
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away(source) => Self::Unreachable(Arc::from(source)),
            fault => Self::Unreadable(Box::new(fault)),
        }
    }
}
