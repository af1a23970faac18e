//! What a step, or a batch of them, is about to write, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
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
        ids::{ConversationId, DeskName},
        message::Message,
        time::Timestamp,
    },
    store::{Changing, DeliveryState},
    telemetry::traces::TraceParent,
};

#[derive(Debug, Default)]
pub(super) struct Writes {
    /// The conversations that were read to be changed, or to have something changed that is theirs.
    pub(super) read: BTreeMap<ConversationId, Read>,
    pub(super) conversations: BTreeMap<ConversationId, ConversationRow>,
    pub(super) messages: Vec<(ConversationId, Message)>,
    pub(super) deliveries: Vec<DeliveryRow>,
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
    /// Come last, when lanes are as they will be. What they give is given back.
    pub(super) last: Vec<Statement>,
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
    pub(super) observed_since: Option<Timestamp>,
    pub(super) handed_over: bool,
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

/// What is sent in one go.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) statements: Vec<Statement>,
    /// The place of the one that gives the destinations of lanes that have got a head.
    pub(super) heads_at: usize,
    /// Destinations of lanes that may have got another head.
    pub(super) rings: BTreeSet<Destination>,
}

impl Writes {
    pub(super) fn is_empty(&self) -> bool {
        self.conversations.is_empty()
            && self.messages.is_empty()
            && self.deliveries.is_empty()
            && self.keys.is_empty()
            && self.known_keys.is_empty()
            && self.others.is_empty()
            && self.lanes.is_empty()
            && self.longer.is_empty()
            && self.last.is_empty()
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
        let (rings, longer): (Vec<_>, Vec<_>) = self
            .longer
            .into_iter()
            .partition(|(lane, _)| self.lanes.contains(lane));
        let heads_at = all.len();
        all.push(rows::write(
            Rows {
                read: self.read,
                conversations: self.conversations,
                messages: self.messages,
                deliveries: self.deliveries,
                keys: self.keys,
                known_keys: self.known_keys,
                longer: longer.into_iter().map(|(lane, _)| lane).collect(),
                changed,
            },
            now,
        )?);
        all.extend(self.others);
        for (lane, fence) in self.fences {
            all.push(Statement::new(
                "SELECT handover_expect(count(*), 1) FROM \
                 (SELECT 1 FROM lanes WHERE id = $1 AND fence = $2 FOR UPDATE) AS held",
                values![lane, fence],
            ));
        }
        if !self.lanes.is_empty() {
            all.push(heads(self.lanes));
        }
        all.extend(self.last);
        Ok(Sending {
            statements: all,
            heads_at,
            rings: rings
                .into_iter()
                .map(|(_, destination)| destination)
                .collect(),
        })
    }
}

/// Finds the heads of these lanes anew. A lane in which nothing waits goes, unless it is held.
fn heads(lanes: BTreeSet<Uuid>) -> Statement {
    let lanes: Vec<Uuid> = lanes.into_iter().collect();
    Statement::new("SELECT handover_heads($1)", values![lanes])
}
