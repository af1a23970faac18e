//! A step: reads, decides, and sends what it writes in one go, on the condition that nothing is otherwise than it was
//! read. If something is, it is decided again.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use tokio_postgres::Row;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    cancel::Unsent,
    changes,
    columns::{self, Value},
    database::{Connection, Database, Statement},
    fault::Fault,
    intake::Intake,
    keys,
    leases::Leases,
    memory::{Change, Memory},
    newer::Newer,
    rows,
    writes::Writes,
};
use crate::{
    clock::Ids,
    domain::{
        delivery::Destination,
        ids::{ConversationId, DeliveryId, DeskName},
        policy::{Conditions, Policy},
        taken::Taken,
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
    /// In the order of the database's clock, by which rows go when they have been kept for long enough.
    pub(super) ids: Ids,
    pub(super) transcript_limits: TranscriptLimits,
    /// Whether the server says where the database is.
    pub(super) tells_its_home: bool,
    pub(super) hasher: Hasher,
    pub(super) meter: Meter,
    pub(super) memory: Arc<Memory>,
    pub(super) leases: Arc<Leases>,
    pub(super) newer: Newer,
    /// Steps under way. Closed, none begins any more.
    pub(super) steps: TaskTracker,
    pub(super) intake: Intake,
    /// Those that lost a race go one after another, so that a crowd about one conversation does not race for ever.
    pub(super) contended: tokio::sync::Mutex<()>,
}

/// What a step does. Tried again after a lost race, so it must not use up what it was given.
#[async_trait]
pub(super) trait Attempt: Send + 'static {
    type Done: Send + 'static;

    async fn attempt(&mut self, work: &mut Work) -> Result<Self::Done, Fault>;

    /// What was done is durable, and this is what waits in the lanes that landed with it.
    fn told(&mut self, done: Self::Done, _waiting: Vec<Row>) -> Result<Self::Done, Fault> {
        Ok(done)
    }
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
    /// What has been read of keys: what stands under each, or that nothing does.
    pub(super) known: HashMap<[u8; 16], Option<keys::Stored>>,
    /// Lanes that have been looked into, with what waits in them after what this step did.
    pub(super) unsent: HashMap<Uuid, Vec<Unsent>>,
    /// The delivery that this step settles: it is not on its way any more.
    pub(super) landed: Option<Landed>,
    /// What this step has put to what was taken from answers.
    pub(super) taken: HashMap<Uuid, Taken>,
    pub(super) conditions: Option<Conditions>,
    /// How many handovers desks have, and how many of them this step has brought or taken.
    open: Option<BTreeMap<DeskName, i64>>,
    moved: BTreeMap<DeskName, i64>,
    connection: Option<Connection>,
}

/// A delivery that is not on its way any more, whatever its lane's row says until the step is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landed {
    pub(super) id: DeliveryId,
    /// It is to go out again: until then it waits as others do.
    pub(super) waits: bool,
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

impl Landed {
    pub(super) const fn for_good(id: DeliveryId) -> Self {
        Self { id, waits: false }
    }
}

impl Ground {
    /// Runs to its end, whatever becomes of the caller.
    pub(super) async fn step<A: Attempt>(self: &Arc<Self>, attempt: A) -> Result<A::Done, Error> {
        if self.steps.is_closed() {
            return Err(Error::Closed);
        }
        let ground = Arc::clone(self);
        let run = self.steps.spawn(async move { ground.run(attempt).await });
        let Ok(done) = run.await else {
            Fault::Panicked.log("a step of the store panicked");
            return Err(Fault::Panicked.into());
        };
        done.map_err(Error::from)
    }

    /// As [`Self::step`], for whoever is in a task of its own already.
    pub(super) async fn run<A: Attempt>(self: &Arc<Self>, attempt: A) -> Result<A::Done, Fault> {
        let done = self.tried(attempt).await;
        if let Err(fault) = &done {
            self.count(fault);
        }
        done
    }

    /// Why something was not written in the end.
    pub(super) fn count(&self, fault: &Fault) {
        if fault.keeps_from_writing() {
            self.meter.failed.increment(1);
        }
    }

    async fn tried<A: Attempt>(self: &Arc<Self>, mut attempt: A) -> Result<A::Done, Fault> {
        let done = self.once(&mut attempt).await;
        if !matches!(done, Err(Fault::Raced)) {
            return done;
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

    /// Once, whatever comes of it.
    pub(super) async fn once<A: Attempt>(
        self: &Arc<Self>,
        attempt: &mut A,
    ) -> Result<A::Done, Fault> {
        let mut work = Work::new(Arc::clone(self));
        let done = attempt.attempt(&mut work).await?;
        let waiting = work.commit().await?;
        attempt.told(done, waiting)
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
            known: HashMap::new(),
            unsent: HashMap::new(),
            landed: None,
            taken: HashMap::new(),
            conditions: None,
            open: None,
            moved: BTreeMap::new(),
            connection: None,
        }
    }

    /// Reads what is committed; what the step itself is about to write is not among it.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        self.run(&Statement::new(sql, values)).await
    }

    pub(super) async fn run(&mut self, statement: &Statement) -> Result<Vec<Row>, Fault> {
        if let Some(connection) = &mut self.connection {
            return connection.rows(statement).await;
        }
        let (connection, rows) = self.ground.database.read(statement).await?;
        self.connection = Some(connection);
        Ok(rows)
    }

    /// Reads as of one moment, in one round trip.
    pub(super) async fn snapshot(
        &mut self,
        statements: &[Statement],
    ) -> Result<Vec<Vec<Row>>, Fault> {
        if let Some(connection) = &mut self.connection {
            return connection.snapshot(statements).await;
        }
        let (connection, answers) = self.ground.database.snapshot(statements).await?;
        self.connection = Some(connection);
        Ok(answers)
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
        self.ground.ids.draw()
    }

    /// How many handovers each desk has, those that this step has brought or taken included.
    pub(super) async fn open_at_desks(&mut self) -> Result<BTreeMap<DeskName, u64>, Fault> {
        if self.open.is_none() {
            let sql = "SELECT at_desk, count(*) FROM conversations WHERE at_desk IS NOT NULL GROUP BY at_desk";
            let rows = self.rows(sql, Vec::new()).await?;
            let counts = rows
                .iter()
                .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            self.open = Some(counts.collect::<Result<_, Fault>>()?);
        }
        let mut open = self.open.clone().unwrap_or_default();
        for (desk, moved) in &self.moved {
            *open.entry(desk.clone()).or_default() += moved;
        }
        Ok(open
            .into_iter()
            .map(|(desk, open)| (desk, columns::count(open)))
            .collect())
    }

    /// A handover went from one desk to another, came to one or left it. Where places are counted, nobody else may have
    /// come meanwhile.
    pub(super) fn moved(&mut self, from: Option<&DeskName>, to: Option<&DeskName>) {
        if let Some(from) = from {
            *self.moved.entry(from.clone()).or_default() -= 1;
        }
        if let Some(to) = to {
            *self.moved.entry(to.clone()).or_default() += 1;
            let desk = self.ground.policy.desks.get(to);
            if let Some(open) = &self.open
                && desk.is_some_and(|desk| desk.max_open.is_some())
            {
                let most = open.get(to).copied().unwrap_or(0);
                self.writes.places.insert(to.clone(), most);
            }
        }
    }

    /// Sends what is to be written and, once it is durable, lets this process know of it. Gives what waits in the lanes that
    /// landed with it.
    pub(super) async fn commit(&mut self) -> Result<Vec<Row>, Fault> {
        let (mut waiting, mut changed) = (Vec::new(), Vec::new());
        if !self.writes.is_empty() {
            changed = changes::of(&self.writes.read, &self.after.touched, self.now);
            let sending = std::mem::take(&mut self.writes).into_statements(self.now, &changed)?;
            let began = std::time::Instant::now();
            let connection = match &mut self.connection {
                Some(connection) => connection,
                None => self
                    .connection
                    .insert(self.ground.database.connection().await?),
            };
            let answers = connection.transact(&sending.statements).await;
            self.ground.meter.commit.record(began.elapsed());
            let mut given = answers?;
            let mut rings = sending.rings;
            let heads = given.get(sending.heads_at).and_then(|rows| rows.first());
            if let Some(heads) = heads {
                rings.extend(heads.try_get::<_, Vec<Destination>>(rows::HEADS)?);
            }
            self.after
                .changes
                .extend(rings.into_iter().map(Change::Due));
            if sending.goes_on {
                waiting = given.pop().unwrap_or_default();
                waiting.retain(|row| !matches!(row.try_get::<_, Option<Uuid>>(0), Ok(None)));
            }
        }
        self.connection = None;
        self.ground.finish(std::mem::take(&mut self.after), changed);
        Ok(waiting)
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
        for letter in &dead {
            letter.log();
            self.meter.count_dead(letter);
        }
        for tally in &tallies {
            self.meter.count(tally);
        }
        self.memory.apply(changes, changed);
    }
}
