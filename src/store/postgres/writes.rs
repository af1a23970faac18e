//! What a step, or a batch of them, is about to write, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    arguments::{self, Argument, columns},
    columns::{lane_id, values},
    database::Statement,
    fault::Fault,
    keys::Stored,
    rows::{self, Rows},
};
use crate::{
    domain::{
        conversation::{ConversationKey, Phase},
        delivery::{Destination, NewDelivery},
        ids::{ConversationId, DeliveryId, DeskName},
        message::Message,
        time::Timestamp,
    },
    store::{Changing, DeliveryState, observed::Observed},
    telemetry::traces::TraceParent,
};

#[derive(Debug, Default)]
pub(super) struct Writes {
    /// The conversations that were read to be changed, or to have something changed that is theirs.
    pub(super) read: BTreeMap<ConversationId, Read>,
    pub(super) conversations: BTreeMap<ConversationId, ConversationRow>,
    pub(super) messages: Vec<(ConversationId, Message)>,
    pub(super) deliveries: Vec<DeliveryRow>,
    /// What came of attempts.
    pub(super) attempted: Vec<Attempted>,
    /// Texts that were said now, so that they come back within a while or not at all.
    pub(super) said: Vec<(ConversationId, DeliveryId)>,
    /// By hash, so that two batches with the same keys do not stand in each other's way.
    pub(super) keys: BTreeMap<[u8; 16], Stored>,
    /// The same of keys that were known already: of messages that have been removed since, and are kept anew.
    pub(super) known_keys: BTreeMap<[u8; 16], Stored>,
    /// Everything else, in its order.
    pub(super) others: Vec<Statement>,
    /// Lanes in which something has been moved or settled, or put in front.
    pub(super) lanes: BTreeSet<Uuid>,
    /// Lanes in which something has been put behind whatever waits there.
    pub(super) longer: BTreeMap<Uuid, Destination>,
    /// Lanes that are to have had no other claim meanwhile, each with the number of the claim that was read.
    pub(super) fences: BTreeMap<Uuid, i64>,
    /// Desks that may have no more handovers than were counted.
    pub(super) places: BTreeMap<DeskName, i64>,
    /// Names of legs that nobody else may give, or wait for, meanwhile.
    pub(super) names: BTreeSet<(DeskName, String)>,
    /// Checks that come when all locks are had, before anything is written.
    pub(super) checks: Vec<Statement>,
    /// Lanes whose flight has ended: each goes on to its next head, or is given back.
    pub(super) landed: BTreeSet<Uuid>,
}

/// How a conversation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// There is no row yet.
    New,
    Revision(i64),
}

/// A conversation's row as it is to be.
#[derive(Clone, Debug)]
pub(super) struct ConversationRow {
    pub(super) key: ConversationKey,
    pub(super) version: u64,
    pub(super) state: String,
    pub(super) phase: Option<Phase>,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) observed: Observed,
    pub(super) at_desk: Option<DeskName>,
}

/// A delivery that is about to be owed.
#[derive(Clone, Debug)]
pub(super) struct DeliveryRow {
    pub(super) conversation: ConversationId,
    pub(super) delivery: NewDelivery,
    pub(super) state: DeliveryState,
    pub(super) settled_at: Option<Timestamp>,
    pub(super) error_class: Option<&'static str>,
    pub(super) urgent: bool,
    pub(super) trace: Option<TraceParent>,
}

/// What an attempt has made of a delivery's row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempted {
    pub(super) id: DeliveryId,
    pub(super) state: DeliveryState,
    pub(super) counts: bool,
    /// None: as before, as with the next one.
    pub(super) class: Option<&'static str>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) settled_at: Option<Timestamp>,
}

/// What is sent in one go.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) statements: Vec<Statement>,
    /// The place of the one that gives the destinations of lanes that have got a head, in the column [`rows::HEADS`].
    pub(super) heads_at: usize,
    /// The last one gives what waits in the lanes whose flight has ended, the lane in front.
    pub(super) goes_on: bool,
    /// Destinations of lanes that may have got another head.
    pub(super) rings: BTreeSet<Destination>,
}

impl Read {
    /// None: there is no row yet.
    pub(super) const fn revision(self) -> Option<i64> {
        match self {
            Self::New => None,
            Self::Revision(revision) => Some(revision),
        }
    }
}

impl Writes {
    pub(super) fn is_empty(&self) -> bool {
        self.conversations.is_empty()
            && self.messages.is_empty()
            && self.deliveries.is_empty()
            && self.keys.is_empty()
            && self.known_keys.is_empty()
            && self.others.is_empty()
            && self.attempted.is_empty()
            && self.lanes.is_empty()
            && self.longer.is_empty()
            && self.landed.is_empty()
    }

    /// Everything, in the order in which locks are taken: advisory ones, conversations, then what is theirs, then lanes.
    pub(super) fn into_statements(
        mut self,
        now: Timestamp,
        changed: &[Changing],
    ) -> Result<Sending, Fault> {
        let mut all = Vec::new();
        for (desk, reference) in &self.names {
            all.push(Statement::new(
                "SELECT pg_advisory_xact_lock(hashtextextended('handover bridge: name ' || $1 || ' ' || $2, 0))",
                values![desk, reference.as_str()],
            ));
        }
        for (desk, most) in &self.places {
            all.push(Statement::new(
                "SELECT pg_advisory_xact_lock(hashtextextended('handover bridge: desk ' || $1, 0))",
                values![desk],
            ));
            all.push(Statement::new(
                "SELECT handover_expect((count(*) <= $2)::INT, 1) FROM conversations WHERE at_desk = $1",
                values![desk, *most],
            ));
        }
        all.extend(self.checks);
        let urgent = self.deliveries.iter().filter(|row| row.urgent);
        self.lanes
            .extend(urgent.map(|row| lane_id(row.delivery.lane)));
        let (mut rings, mut longer) = (BTreeSet::new(), Vec::new());
        for (lane, destination) in self.longer {
            if self.lanes.contains(&lane) {
                rings.insert(destination);
            } else if !self.landed.contains(&lane) {
                longer.push(lane);
            }
        }
        let heads_at = all.len();
        let mut write = rows::write(
            Rows {
                read: self.read,
                conversations: self.conversations,
                messages: self.messages,
                deliveries: self.deliveries,
                attempted: self.attempted,
                said: self.said,
                keys: self.keys,
                known_keys: self.known_keys,
                longer,
                changed,
            },
            now,
        )?;
        let goes_on = !(self.fences.is_empty() && self.lanes.is_empty() && self.landed.is_empty());
        let go_on = goes_on.then(|| go_on(self.fences, &self.lanes, self.landed, now));
        match go_on.map(arguments::values) {
            None => {
                all.push(Statement::new(rows::WRITE, write));
                all.extend(self.others);
            }
            Some(go_on) if self.others.is_empty() => {
                write.extend(go_on);
                all.push(Statement::new(WRITE_AND_GO_ON, write));
            }
            Some(go_on) => {
                all.push(Statement::new(rows::WRITE, write));
                all.extend(self.others);
                all.push(Statement::new(GO_ON, go_on));
            }
        }
        Ok(Sending {
            statements: all,
            heads_at,
            goes_on,
            rings,
        })
    }
}

const GO_ON: &str = "SELECT * FROM handover_go_on($1, $2, $3, $4, $5)";
/// Both at once: what takes a value from what was written comes after it. There is one row at least, without a lane if there
/// is none.
const WRITE_AND_GO_ON: &str = concat!(
    "SELECT g.*, w.heads FROM (",
    rows::write_sql!(),
    " OFFSET 0) AS w LEFT JOIN LATERAL handover_go_on($57, $58, $59, $60, $61 + 0 * cardinality(w.heads)) AS g ON TRUE"
);

/// What follows for lanes when everything else is written: what [`GO_ON`] takes, which gives a row of each lane that landed
/// and in which something waits.
fn go_on(
    fences: BTreeMap<Uuid, i64>,
    lanes: &BTreeSet<Uuid>,
    landed: BTreeSet<Uuid>,
    now: Timestamp,
) -> Vec<Argument> {
    let stirred: Vec<Uuid> = lanes.difference(&landed).copied().collect();
    let landed: Vec<Uuid> = landed.into_iter().collect();
    let mut all = Vec::from(columns!((lane, fence) in fences => {
        seen: Ids = Some(lane),
        fences: Integers = Some(fence),
    }));
    all.push(("stirred", stirred.into()));
    all.push(("landed", landed.into()));
    all.push(("now", now.into()));
    all
}

#[cfg(test)]
mod tests {
    use super::{
        super::arguments::declared::{of, takes},
        *,
    };

    #[test]
    fn every_value_is_what_the_function_takes_in_its_place() {
        let now = Timestamp::default();
        let given = go_on(BTreeMap::new(), &BTreeSet::new(), BTreeSet::new(), now);
        assert_eq!(of(&given), takes("handover_go_on"));
        let before = takes("handover_write").len();
        for place in 1..=given.len() {
            assert!(GO_ON.contains(&format!("${place}")));
            assert!(WRITE_AND_GO_ON.contains(&format!("${}", before + place)));
        }
    }
}
