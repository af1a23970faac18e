//! The rows that a step, or a batch of them, writes whatever it is about: in one statement, however many there are.
//!
//! The statement calls `handover_write`, which is in the database. There its parts are planned once for each connection;
//! sent one by one under no name they would be planned each time, which takes longer than carrying them out.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    columns::{Value, integer, lane_id, storable, values},
    fault::Fault,
    keys::Stored,
    writes::{Attempted, ConversationRow, DeliveryRow, Read},
};
use crate::{
    domain::{
        delivery::Task,
        ids::{ConversationId, DeliveryId, HandoverId},
        message::Message,
        time::Timestamp,
    },
    store::{Changing, hashing::day, keyed::ECHO_FOR, labels::Label},
};

/// See `Writes`.
#[derive(Debug)]
pub(super) struct Rows<'c> {
    pub(super) read: BTreeMap<ConversationId, Read>,
    pub(super) conversations: BTreeMap<ConversationId, ConversationRow>,
    pub(super) messages: Vec<(ConversationId, Message)>,
    pub(super) deliveries: Vec<DeliveryRow>,
    pub(super) attempted: Vec<Attempted>,
    pub(super) said: Vec<(ConversationId, DeliveryId)>,
    pub(super) keys: BTreeMap<[u8; 16], Stored>,
    pub(super) known_keys: BTreeMap<[u8; 16], Stored>,
    pub(super) longer: Vec<Uuid>,
    pub(super) changed: &'c [Changing],
}

/// One row: the destinations of the lanes that have got a head, under [`HEADS`].
macro_rules! write_sql {
    () => {
        "SELECT handover_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
        $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, \
        $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56) AS heads"
    };
}
pub(super) use write_sql;

pub(super) const WRITE: &str = write_sql!();
pub(super) const HEADS: &str = "heads";

/// The values of [`WRITE`].
pub(super) fn write(rows: Rows<'_>, now: Timestamp) -> Result<Vec<Value>, Fault> {
    let mut all = values![now, day(now)];
    all.extend(conversations(rows.read, rows.conversations));
    all.extend(messages(rows.messages)?);
    all.extend(deliveries(&rows.deliveries)?);
    all.extend(keys(rows.keys));
    all.extend(keys(rows.known_keys));
    all.extend(values![rows.longer]);
    all.extend(changes(rows.changed));
    all.extend(attempted(rows.attempted));
    all.extend(said(rows.said, now));
    Ok(all)
}

/// Of those of which nothing but what is theirs is changed, the revision alone.
fn conversations(
    read: BTreeMap<ConversationId, Read>,
    mut rows: BTreeMap<ConversationId, ConversationRow>,
) -> Vec<Value> {
    let (mut touched, mut touched_revisions) = (Vec::new(), Vec::new());
    let (mut ids, mut revisions, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bots, mut realms, mut users) = (Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut phases, mut wake_ats) = (Vec::new(), Vec::new(), Vec::new());
    let (mut observed, mut handed_over, mut desks) = (Vec::new(), Vec::new(), Vec::new());
    for (id, read) in read {
        let revision = match read {
            Read::New => None,
            Read::Revision(revision) => Some(revision),
        };
        let Some(row) = rows.remove(&id) else {
            if let Some(revision) = revision {
                touched.push(id.as_uuid());
                touched_revisions.push(revision);
            }
            continue;
        };
        ids.push(id.as_uuid());
        revisions.push(revision);
        bots.push(row.key.bot.as_str().to_owned());
        realms.push(row.key.realm);
        users.push(row.key.user.as_str().to_owned());
        versions.push(integer(row.version));
        states.push(row.state);
        phases.push(row.phase.map(|phase| phase.label().to_owned()));
        wake_ats.push(row.wake_at.map(Timestamp::as_millis));
        observed.push(row.observed.since.map(Timestamp::as_millis));
        handed_over.push(Some(row.observed.handed_over));
        desks.push(row.at_desk.map(|desk| desk.as_str().to_owned()));
    }
    values![
        touched,
        touched_revisions,
        ids,
        Value::Integers(revisions),
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
    ]
}

fn messages(rows: Vec<(ConversationId, Message)>) -> Result<Vec<Value>, Fault> {
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
    Ok(values![
        ids,
        conversations,
        seqs,
        actors,
        ats,
        Value::Ids(handovers),
        Value::Switches(late),
        contents,
        Value::Texts(originals),
    ])
}

fn deliveries(rows: &[DeliveryRow]) -> Result<Vec<Value>, Fault> {
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
    Ok(values![
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
    ])
}

/// Whether a platform waits for what comes of it.
pub(in crate::store) const fn is_awaited(task: &Task) -> bool {
    matches!(task, Task::LookUp { .. } | Task::Open { .. })
}

fn attempted(rows: Vec<Attempted>) -> Vec<Value> {
    let (mut ids, mut states, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut classes, mut dues, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        ids.push(row.id.as_uuid());
        states.push(row.state.label().to_owned());
        counts.push(i64::from(row.counts));
        classes.push(row.class.map(ToOwned::to_owned));
        dues.push(row.due_at.map(Timestamp::as_millis));
        ends.push(row.settled_at.map(Timestamp::as_millis));
    }
    values![
        ids,
        states,
        counts,
        Value::Texts(classes),
        Value::Integers(dues),
        Value::Integers(ends),
    ]
}

fn said(rows: Vec<(ConversationId, DeliveryId)>, now: Timestamp) -> Vec<Value> {
    let (conversations, deliveries): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .map(|(conversation, delivery)| (conversation.as_uuid(), delivery.as_uuid()))
        .unzip();
    values![conversations, deliveries, now.plus(ECHO_FOR)]
}

fn keys(keys: BTreeMap<[u8; 16], Stored>) -> Vec<Value> {
    let (mut hashes, mut references, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (hash, (reference, body)) in keys {
        hashes.push(Some(hash.to_vec()));
        references.push(reference);
        bodies.push(body.map(|body| body.to_vec()));
    }
    values![
        Value::Hashes(hashes),
        Value::Ids(references),
        Value::Hashes(bodies),
    ]
}

fn changes(changed: &[Changing]) -> Vec<Value> {
    let (mut ids, mut versions) = (Vec::new(), Vec::new());
    for changing in changed {
        ids.push(changing.conversation.as_uuid());
        versions.push(integer(changing.version));
    }
    values![ids, versions]
}
