//! A step: reads, decides, and sends what it writes in one go, on the condition that nothing is otherwise than it was
//! read. If something is, it is decided again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::Value,
    database::{Connection, Database, Statement},
    fault::Fault,
    memory::{Change, Memory},
    writes::Writes,
};
use crate::{
    domain::{
        ids::ConversationId,
        policy::Policy,
        time::{Clock, Timestamp},
    },
    store::{
        Changing, Error, TranscriptLimits,
        hashing::Hasher,
        tally::{DeadLetter, Meter, Tally},
    },
    telemetry::traces::TraceParent,
};

/// A step that loses so many races in a row has met with something else than a race.
const MOST_RACES: usize = 200;

/// What the operator decided and the process lends, for as long as the store is open.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) database: Database,
    pub(super) policy: Arc<Policy>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) new_id: fn() -> Uuid,
    pub(super) transcript_limits: TranscriptLimits,
    pub(super) hasher: Hasher,
    pub(super) meter: Meter,
    pub(super) memory: Arc<Memory>,
    /// Under this name the process holds lanes.
    pub(super) owner: Uuid,
    /// Those that lost a race go one after another, so that a crowd about one conversation does not race for ever.
    pub(super) contended: tokio::sync::Mutex<()>,
}

/// What a step does. Tried again after a lost race, so it must not use up what it was given.
#[async_trait]
pub(super) trait Attempt: Send + 'static {
    type Done: Send + 'static;

    async fn attempt(&mut self, work: &mut Work) -> Result<Self::Done, Fault>;
}

/// What a step has in hand while it is decided.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) ground: Arc<Ground>,
    /// The clock when the step began.
    pub(super) now: Timestamp,
    /// The span of the call that the step is part of; kept with what it owes.
    pub(super) trace: Option<TraceParent>,
    pub(super) writes: Writes,
    pub(super) after: After,
    connection: Option<Connection>,
}

/// What a step leaves to be done after its commit.
#[derive(Debug, Default)]
pub(super) struct After {
    pub(super) changes: Vec<Change>,
    /// Conversations that a person would see changed.
    pub(super) touched: BTreeSet<ConversationId>,
    /// What has been given up for good, to be logged when that is certain.
    pub(super) dead: Vec<DeadLetter>,
    pub(super) tallies: Vec<Tally>,
}

impl Ground {
    /// Runs to its end, whatever becomes of the caller.
    pub(super) async fn step<A: Attempt>(self: &Arc<Self>, attempt: A) -> Result<A::Done, Error> {
        let ground = Arc::clone(self);
        let run = tokio::spawn(async move { ground.run(attempt).await });
        match run.await {
            Ok(done) => done.map_err(Error::from),
            Err(_) => {
                Fault::Panicked.log("a step of the store panicked");
                Err(Fault::Panicked.into())
            }
        }
    }

    /// As [`Self::step`], for whoever is in a task of its own already.
    pub(super) async fn run<A: Attempt>(
        self: &Arc<Self>,
        mut attempt: A,
    ) -> Result<A::Done, Fault> {
        match self.once(&mut attempt).await {
            Err(Fault::Raced) => {}
            done => return done,
        }
        let _turn = self.contended.lock().await;
        for _ in 1..MOST_RACES {
            match self.once(&mut attempt).await {
                Err(Fault::Raced) => {}
                done => return done,
            }
        }
        Err(Fault::Raced)
    }

    async fn once<A: Attempt>(self: &Arc<Self>, attempt: &mut A) -> Result<A::Done, Fault> {
        let mut work = Work::new(Arc::clone(self));
        let done = attempt.attempt(&mut work).await?;
        work.commit().await?;
        Ok(done)
    }
}

impl Work {
    pub(super) fn new(ground: Arc<Ground>) -> Self {
        Self {
            now: ground.clock.now(),
            ground,
            trace: None,
            writes: Writes::default(),
            after: After::default(),
            connection: None,
        }
    }

    /// Reads what is committed; what the step itself is about to write is not among it.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        let statement = Statement::new(sql, values);
        match &mut self.connection {
            Some(connection) => connection.rows(&statement).await,
            None => {
                let (connection, rows) = self.ground.database.read(&statement).await?;
                self.connection = Some(connection);
                Ok(rows)
            }
        }
    }

    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, Fault> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Is written with everything else, in the order of the calls, after conversations, messages, deliveries and keys.
    pub(super) fn write(&mut self, sql: &'static str, values: Vec<Value>) {
        self.writes.others.push(Statement::new(sql, values));
    }

    pub(super) fn change(&mut self, change: Change) {
        self.after.changes.push(change);
    }

    /// A person would see the conversation changed.
    pub(super) fn touch(&mut self, conversation: ConversationId) {
        self.after.touched.insert(conversation);
    }

    pub(super) fn new_id(&self) -> Uuid {
        (self.ground.new_id)()
    }

    /// Whether the step has anything to write so far.
    pub(super) fn is_idle(&self) -> bool {
        self.writes.is_empty()
    }

    /// Sends what is to be written and, once it is durable, lets this process know of it. Gives what the last statements
    /// gave, see [`Writes::last`].
    pub(super) async fn commit(&mut self) -> Result<Vec<Vec<Row>>, Fault> {
        let (mut given, mut changed) = (Vec::new(), Vec::new());
        if !self.writes.is_empty() {
            let last = self.writes.last.len();
            changed = self.writes.changed(&self.after.touched, self.now);
            let statements =
                std::mem::take(&mut self.writes).into_statements(self.now, &changed)?;
            let began = std::time::Instant::now();
            let connection = match &mut self.connection {
                Some(connection) => connection,
                None => self
                    .connection
                    .insert(self.ground.database.connection().await?),
            };
            let answers = connection.transact(&statements).await;
            self.ground.meter.commit.record(began.elapsed());
            if matches!(&answers, Err(fault) if !matches!(fault, Fault::Raced | Fault::Deposed)) {
                self.ground.meter.failed.increment(1);
            }
            given = answers?;
            given = given.split_off(given.len().saturating_sub(last));
        }
        self.connection = None;
        self.ground.finish(std::mem::take(&mut self.after), changed);
        Ok(given)
    }
}

impl Ground {
    /// What was decided is durable now.
    fn finish(&self, after: After, changed: Vec<Changing>) {
        let After {
            changes,
            dead,
            tallies,
            touched: _,
        } = after;
        dead.iter().for_each(DeadLetter::log);
        dead.iter().for_each(|letter| self.meter.count_dead(letter));
        tallies.iter().for_each(|tally| self.meter.count(tally));
        self.memory.apply(changes, changed);
    }
}

/// How often each was seen, by what was read: the revision with which a conversation is to be found at the write.
pub(super) type Revisions = BTreeMap<ConversationId, i64>;
