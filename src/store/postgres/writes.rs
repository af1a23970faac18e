//! What a step, or a batch of them, is about to write: one statement for each kind of row, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    changes,
    columns::{Value, integer, lane_id, storable, values},
    database::Statement,
    fault::Fault,
    keys::Stored,
};
use crate::{
    domain::{
        conversation::{ConversationKey, Phase},
        delivery::{NewDelivery, Task},
        ids::{ConversationId, DeskName, HandoverId},
        message::Message,
        time::Timestamp,
    },
    store::{Changing, DeliveryState, hashing::day, labels::Label},
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
    /// Everything else, in its order.
    pub(super) others: Vec<Statement>,
    /// Lanes in which something has been put, moved or settled.
    pub(super) lanes: BTreeSet<Uuid>,
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

impl Writes {
    pub(super) fn is_empty(&self) -> bool {
        self.conversations.is_empty()
            && self.messages.is_empty()
            && self.deliveries.is_empty()
            && self.keys.is_empty()
            && self.others.is_empty()
            && self.lanes.is_empty()
            && self.last.is_empty()
    }

    /// Everything, in the order in which locks are taken: advisory ones, conversations, then what is theirs, then lanes.
    pub(super) fn into_statements(
        self,
        now: Timestamp,
        changed: &[Changing],
    ) -> Result<Vec<Statement>, Fault> {
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
        guard(&mut all, self.read, self.conversations, now);
        if !self.messages.is_empty() {
            all.push(messages(self.messages, now)?);
        }
        if !self.deliveries.is_empty() {
            all.push(deliveries(&self.deliveries, now)?);
        }
        if !self.keys.is_empty() {
            all.push(keys(self.keys, now));
        }
        all.extend(self.others);
        all.extend(changes::told(changed));
        for (lane, fence) in self.fences {
            all.push(Statement::new(
                "SELECT handover_expect(count(*), 1) FROM \
                 (SELECT 1 FROM lanes WHERE id = $1 AND fence = $2 FOR UPDATE) AS held",
                values![lane, fence],
            ));
        }
        if !self.lanes.is_empty() {
            all.extend(lanes(self.lanes.into_iter().collect()));
        }
        all.extend(self.last);
        Ok(all)
    }
}

/// Changes the rows of conversations if they are as they were read; of those of which nothing but what is theirs is
/// changed, the revision alone.
fn guard(
    all: &mut Vec<Statement>,
    read: BTreeMap<ConversationId, Read>,
    mut rows: BTreeMap<ConversationId, ConversationRow>,
    now: Timestamp,
) {
    let (mut changed, mut fresh) = (Vec::new(), Vec::new());
    let (mut ids, mut revisions) = (Vec::new(), Vec::new());
    let mut locked = Vec::new();
    for (id, read) in read {
        match (read, rows.remove(&id)) {
            (Read::Revision(revision), Some(row)) => {
                locked.push(id.as_uuid());
                changed.push((id, revision, row));
            }
            (Read::Revision(revision), None) => {
                locked.push(id.as_uuid());
                ids.push(id.as_uuid());
                revisions.push(revision);
            }
            (Read::New, Some(row)) => fresh.push((id, 0, row)),
            (Read::New, None) => {}
        }
    }
    if locked.len() > 1 {
        all.push(Statement::new(
            "SELECT 1 FROM conversations WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            values![locked],
        ));
    }
    if !ids.is_empty() {
        let wanted = integer(ids.len().try_into().unwrap_or(u64::MAX));
        all.push(Statement::new(
            "WITH done AS (UPDATE conversations c SET revision = c.revision + 1 \
             FROM unnest($1, $2) AS g (id, revision) WHERE c.id = g.id AND c.revision = g.revision RETURNING 1) \
             SELECT handover_expect(count(*), $3) FROM done",
            values![ids, revisions, wanted],
        ));
    }
    if !changed.is_empty() {
        all.push(conversations(
            "WITH done AS (UPDATE conversations c SET revision = c.revision + 1, version = g.version, \
             state = g.state, phase = g.phase, wake_at = g.wake_at, observed_since = g.observed_since, \
             handed_over = g.handed_over, at_desk = g.at_desk, updated_at = $13 \
             FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS g (id, revision, bot, realm, usr, \
             version, state, phase, wake_at, observed_since, handed_over, at_desk) \
             WHERE c.id = g.id AND c.revision = g.revision RETURNING 1) \
             SELECT handover_expect(count(*), $14) FROM done",
            changed,
            now,
        ));
    }
    if !fresh.is_empty() {
        all.push(conversations(
            "WITH done AS (INSERT INTO conversations (id, revision, bot, realm, \"user\", version, state, phase, \
             wake_at, observed_since, handed_over, at_desk, updated_at) \
             SELECT g.id, 1, g.bot, g.realm, g.usr, g.version, g.state, g.phase, g.wake_at, g.observed_since, \
             g.handed_over, g.at_desk, $13 \
             FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS g (id, revision, bot, realm, usr, version, \
             state, phase, wake_at, observed_since, handed_over, at_desk) ORDER BY g.bot, g.realm, g.usr \
             ON CONFLICT DO NOTHING RETURNING 1) \
             SELECT handover_expect(count(*), $14) FROM done",
            fresh,
            now,
        ));
    }
}

fn conversations(
    sql: &'static str,
    rows: Vec<(ConversationId, i64, ConversationRow)>,
    now: Timestamp,
) -> Statement {
    let wanted = integer(rows.len().try_into().unwrap_or(u64::MAX));
    let (mut ids, mut revisions, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bots, mut realms, mut users) = (Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut phases, mut wake_ats) = (Vec::new(), Vec::new(), Vec::new());
    let (mut observed, mut handed_over, mut desks) = (Vec::new(), Vec::new(), Vec::new());
    for (id, revision, row) in rows {
        ids.push(id.as_uuid());
        revisions.push(revision);
        bots.push(row.key.bot.as_str().to_owned());
        realms.push(row.key.realm);
        users.push(row.key.user.as_str().to_owned());
        versions.push(integer(row.version));
        states.push(row.state);
        phases.push(row.phase.map(|phase| phase.label().to_owned()));
        wake_ats.push(row.wake_at.map(Timestamp::as_millis));
        observed.push(row.observed_since.map(Timestamp::as_millis));
        handed_over.push(Some(row.handed_over));
        desks.push(row.at_desk.map(|desk| desk.as_str().to_owned()));
    }
    Statement::new(
        sql,
        values![
            ids,
            revisions,
            bots,
            realms,
            users,
            versions,
            states,
            Value::Texts(phases),
            Value::Integers(wake_ats),
            Value::Integers(observed),
            Value::Switches(handed_over),
            Value::Texts(desks),
            now,
            wanted
        ],
    )
}

fn messages(rows: Vec<(ConversationId, Message)>, now: Timestamp) -> Result<Statement, Fault> {
    let (mut ids, mut conversations, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut actors, mut ats, mut handovers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut late, mut contents, mut originals) = (Vec::new(), Vec::new(), Vec::new());
    for (conversation, message) in rows {
        ids.push(message.id.as_uuid());
        conversations.push(conversation.as_uuid());
        seqs.push(integer(message.seq));
        actors.push(message.actor.label().to_owned());
        ats.push(message.at.as_millis());
        handovers.push(message.handover.map(HandoverId::as_uuid));
        late.push(Some(message.late));
        contents.push(serde_json::to_string(&message.content)?);
        originals.push(message.raw.as_deref().map(storable));
    }
    Ok(Statement::new(
        "INSERT INTO messages (id, conversation, seq, actor, at, handover, late, content, raw, recorded_at) \
         SELECT g.*, $10 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS g",
        values![
            ids,
            conversations,
            seqs,
            actors,
            ats,
            Value::Ids(handovers),
            Value::Switches(late),
            contents,
            Value::Texts(originals),
            now
        ],
    ))
}

fn deliveries(rows: &[DeliveryRow], now: Timestamp) -> Result<Statement, Fault> {
    let (mut ids, mut conversations, mut handovers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut lanes, mut destinations, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let (mut urgent, mut awaited, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut settled, mut traces) = (Vec::new(), Vec::new(), Vec::new());
    let mut classes = Vec::new();
    for row in rows {
        let delivery = &row.delivery;
        ids.push(delivery.id.as_uuid());
        conversations.push(row.conversation.as_uuid());
        handovers.push(delivery.handover.as_uuid());
        lanes.push(lane_id(delivery.lane));
        destinations.push(delivery.destination.to_string());
        orders.push(integer(delivery.order));
        urgent.push(Some(row.urgent));
        awaited.push(Some(is_awaited(&delivery.task)));
        tasks.push(serde_json::to_string(&delivery.task)?);
        states.push(row.state.label().to_owned());
        settled.push(row.settled_at.map(Timestamp::as_millis));
        traces.push(row.trace.map(|trace| trace.to_string()));
        classes.push(row.error_class.map(ToOwned::to_owned));
    }
    Ok(Statement::new(
        "INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, state, \
         settled_at, trace, error_class, attempts, due_at, created_at) \
         SELECT g.*, 0, $14, $14 \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS g",
        values![
            ids,
            conversations,
            handovers,
            lanes,
            destinations,
            orders,
            Value::Switches(urgent),
            Value::Switches(awaited),
            tasks,
            states,
            Value::Integers(settled),
            Value::Texts(traces),
            Value::Texts(classes),
            now
        ],
    ))
}

/// Whether a platform waits for what comes of it.
pub(in crate::store) const fn is_awaited(task: &Task) -> bool {
    matches!(task, Task::LookUp { .. } | Task::Open { .. })
}

/// A key that is known already is one of a message that has been removed since and is kept anew.
fn keys(keys: BTreeMap<[u8; 16], Stored>, now: Timestamp) -> Statement {
    let (mut hashes, mut references, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (hash, (reference, body)) in keys {
        hashes.push(Some(hash.to_vec()));
        references.push(reference);
        bodies.push(body.map(|body| body.to_vec()));
    }
    Statement::new(
        "INSERT INTO keys (hash, reference, body, day) SELECT g.*, $4 FROM unnest($1, $2, $3) AS g \
         ON CONFLICT (hash) DO UPDATE SET reference = excluded.reference",
        values![
            Value::Hashes(hashes),
            Value::Ids(references),
            Value::Hashes(bodies),
            day(now)
        ],
    )
}

/// Finds the heads of these lanes anew. A lane in which nothing waits goes, unless it is held.
fn lanes(lanes: Vec<Uuid>) -> [Statement; 2] {
    [
        Statement::new(
            "INSERT INTO lanes AS l (id, destination, head, due_at) \
             SELECT h.lane, h.destination, h.id, h.due FROM unnest($1) AS g (lane) CROSS JOIN LATERAL \
             (SELECT d.lane, d.destination, d.id, \
              CASE WHEN d.awaited AND d.state = 'pending' THEN 0 ELSE d.due_at END AS due \
              FROM deliveries d WHERE d.lane = g.lane AND d.settled_at IS NULL \
              ORDER BY d.urgent DESC, d.ord LIMIT 1) AS h ORDER BY h.lane \
             ON CONFLICT (id) DO UPDATE SET destination = excluded.destination, head = excluded.head, \
             due_at = greatest(excluded.due_at, l.not_before)",
            values![lanes.clone()],
        ),
        Statement::new(
            "WITH empty AS (SELECT l.id, l.owner FROM lanes l WHERE l.id = ANY($1) AND NOT EXISTS \
              (SELECT 1 FROM deliveries d WHERE d.lane = l.id AND d.settled_at IS NULL) ORDER BY l.id FOR UPDATE), \
             gone AS (DELETE FROM lanes l USING empty e WHERE l.id = e.id AND e.owner IS NULL) \
             UPDATE lanes l SET head = NULL, due_at = NULL FROM empty e WHERE l.id = e.id AND e.owner IS NOT NULL",
            values![lanes],
        ),
    ]
}
