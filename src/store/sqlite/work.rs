//! What a step has in hand while it runs on the writer's thread, inside its transaction.

use std::{collections::BTreeMap, sync::Arc};

use rusqlite::{CachedStatement, Connection, Params};
use uuid::Uuid;

use super::{
    at_hand::Room,
    cache::Cache,
    fault::Fault,
    key_index::KeyIndex,
    lanes::LaneKey,
    memory::{Change, Memory},
    mutant::Mutant,
};
use crate::{
    domain::{
        delivery::Lane,
        ids::DeskName,
        policy::Policy,
        time::{Clock, Timestamp},
    },
    store::tally::{DeadLetter, Tally},
    telemetry::traces::TraceParent,
};

/// What the operator decided and the process lends.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policy: Arc<Policy>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) new_id: fn() -> Uuid,
    pub(super) mutant: Mutant,
}

#[derive(Debug)]
pub(super) struct Work<'w> {
    pub(super) connection: &'w Connection,
    pub(super) settings: &'w Settings,
    pub(super) memory: &'w Memory,
    /// The clock when the step began.
    pub(super) now: Timestamp,
    /// The span of the call that the step is part of; kept with what it owes.
    pub(super) trace: Option<TraceParent>,
    pub(super) batch: &'w mut Batch,
    pub(super) cache: &'w mut Cache,
    pub(super) room: &'w mut Room,
    pub(super) key_index: &'w mut KeyIndex,
}

/// What the steps of one transaction leave to be done after its commit.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    /// Rows that were on their way when the batch began and have been settled in it.
    pub(super) landed: Vec<i64>,
    /// Lanes that nobody may claim until the batch is done.
    pub(super) frozen: Vec<LaneKey>,
    /// What has been given up for good, to be logged when that is certain.
    pub(super) dead: Vec<DeadLetter>,
    pub(super) tallies: Vec<Tally>,
}

/// How far a batch had come, to go back there when a step fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    changes: usize,
    landed: usize,
    dead: usize,
    tallies: usize,
}

impl Work<'_> {
    pub(super) fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'_>, Fault> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    pub(super) fn execute(
        &self,
        sql: &'static str,
        parameters: impl Params,
    ) -> Result<usize, Fault> {
        Ok(self.prepare(sql)?.execute(parameters)?)
    }

    pub(super) fn change(&mut self, change: Change) {
        self.batch.changes.push(change);
    }

    /// What is at hand in these lanes has become old.
    pub(super) fn let_go(&mut self, lanes: impl IntoIterator<Item = Option<Lane>>) {
        for lane in lanes.into_iter().flatten() {
            self.change(Change::LetGo(lane));
        }
    }

    /// A person sees what becomes of a delivery to the bot.
    pub(super) fn touch(&mut self, lane: Lane) {
        if let Lane::Bot(conversation) = lane {
            self.change(Change::Touched(conversation));
        }
    }

    /// The row of this lane that is on its way and so cannot be called back. Until the batch is done no other sets out.
    pub(super) fn flying(&mut self, lane: LaneKey) -> Option<i64> {
        self.batch.frozen.push(lane);
        self.memory
            .freeze(lane)
            .filter(|row| !self.batch.landed.contains(row))
    }

    /// Whether a call is on its way in this lane, if only one that was called off.
    pub(super) fn is_called(&self, lane: Lane) -> bool {
        let flying = self.memory.flying(lane);
        flying.iter().any(|row| !self.batch.landed.contains(row))
    }

    /// The rows of a lane that are not settled, those of this transaction's steps so far included, in order.
    pub(super) fn unsettled(&self, lane: Lane) -> BTreeMap<u64, i64> {
        self.memory.unsettled_after(&self.batch.changes, lane)
    }

    pub(super) fn key_of(&self, lane: Lane, order: u64) -> LaneKey {
        LaneKey(lane, self.settings.mutant.apart(order))
    }

    /// How many handovers each desk has, those of this transaction's steps so far included.
    pub(super) fn open_at_desks(&self) -> BTreeMap<DeskName, u64> {
        self.memory.open_after(&self.batch.changes)
    }

    pub(super) fn new_id(&self) -> Uuid {
        (self.settings.new_id)()
    }
}

impl Batch {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            changes: self.changes.len(),
            landed: self.landed.len(),
            dead: self.dead.len(),
            tallies: self.tallies.len(),
        }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.changes.truncate(mark.changes);
        self.landed.truncate(mark.landed);
        self.dead.truncate(mark.dead);
        self.tallies.truncate(mark.tallies);
    }
}
