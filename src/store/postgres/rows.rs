//! The rows that a step, or a batch of them, writes whatever it is about: in one statement, however many there are.
//!
//! The statement calls `handover_write`, which is in the database. There its parts are planned once for each connection;
//! sent one by one under no name they would be planned each time, which takes longer than carrying them out.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    arguments::{self, Argument, columns},
    columns::{Value, integer, lane_id, storable},
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
    store::{Changing, hashing::day, keyed::ECHO_FOR},
};

/// See `Writes`.
#[derive(Debug, Default)]
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
    Ok(arguments::values(arguments(rows, now)?))
}

fn arguments(rows: Rows<'_>, now: Timestamp) -> Result<Vec<Argument>, Fault> {
    let mut all: Vec<Argument> = vec![("now", now.into()), ("today", day(now).into())];
    all.extend(touched(&rows.read, &rows.conversations));
    all.extend(conversations(&rows.read, rows.conversations));
    all.extend(messages(rows.messages)?);
    all.extend(deliveries(rows.deliveries)?);
    all.extend(new_keys(rows.keys));
    all.extend(known_keys(rows.known_keys));
    all.push(("longer", rows.longer.into()));
    all.extend(changes(rows.changed));
    all.extend(attempted(rows.attempted));
    all.extend(said(rows.said));
    all.push(("echo_until", now.plus(ECHO_FOR).into()));
    Ok(all)
}

/// Of those of which nothing but what is theirs is changed, the revision alone.
fn touched(
    read: &BTreeMap<ConversationId, Read>,
    changed: &BTreeMap<ConversationId, ConversationRow>,
) -> [Argument; 2] {
    let unchanged = read.iter().filter(|(id, _)| !changed.contains_key(id));
    let touched = unchanged.filter_map(|(id, read)| Some((id, read.revision()?)));
    columns!((id, revision) in touched => {
        touched: Ids = Some(id.as_uuid()),
        touched_revisions: Integers = Some(revision),
    })
}

fn conversations(
    read: &BTreeMap<ConversationId, Read>,
    rows: BTreeMap<ConversationId, ConversationRow>,
) -> [Argument; 12] {
    columns!((id, row) in rows => {
        changed: Ids = Some(id.as_uuid()),
        revisions: Integers = read.get(&id).and_then(|read| read.revision()),
        bots: Texts = Some(row.key.bot.as_str().to_owned()),
        realms: Texts = Some(storable(&row.key.realm)),
        users: Texts = Some(storable(row.key.user.as_str())),
        versions: Integers = Some(integer(row.version)),
        states: Texts = Some(row.state),
        phases: Texts = row.phase.map(|phase| phase.label().to_owned()),
        wake_ats: Integers = row.wake_at.map(Timestamp::as_millis),
        observed: Integers = row.observed.since.map(Timestamp::as_millis),
        hands: Switches = Some(row.observed.handed_over),
        at_desks: Texts = row.at_desk.map(|desk| desk.as_str().to_owned()),
    })
}

fn messages(rows: Vec<(ConversationId, Message)>) -> Result<[Argument; 9], Fault> {
    Ok(columns!((conversation, message) in rows => {
        message_ids: Ids = Some(message.id.as_uuid()),
        message_conversations: Ids = Some(conversation.as_uuid()),
        seqs: Integers = Some(integer(message.seq)),
        actors: Texts = Some(message.actor.label().to_owned()),
        ats: Integers = Some(message.at.as_millis()),
        message_handovers: Ids = message.handover.map(HandoverId::as_uuid),
        lates: Switches = Some(message.late),
        contents: Texts = Some(serde_json::to_string(&message.content)?),
        raws: Texts = message.raw.as_deref().map(storable),
    }))
}

fn deliveries(rows: Vec<DeliveryRow>) -> Result<[Argument; 13], Fault> {
    Ok(columns!(row in rows => {
        delivery_ids: Ids = Some(row.delivery.id.as_uuid()),
        delivery_conversations: Ids = Some(row.conversation.as_uuid()),
        delivery_handovers: Ids = Some(row.delivery.handover.as_uuid()),
        delivery_lanes: Ids = Some(lane_id(row.delivery.lane)),
        destinations: Texts = Some(row.delivery.destination.to_string()),
        ords: Integers = Some(integer(row.delivery.order)),
        urgents: Switches = Some(row.urgent),
        awaiteds: Switches = Some(is_awaited(&row.delivery.task)),
        tasks: Texts = Some(serde_json::to_string(&row.delivery.task)?),
        delivery_states: Texts = Some(row.state.label().to_owned()),
        settled_ats: Integers = row.settled_at.map(Timestamp::as_millis),
        traces: Texts = row.trace.map(|trace| trace.to_string()),
        error_classes: Texts = row.error_class.map(ToOwned::to_owned),
    }))
}

/// Whether a platform waits for what comes of it.
pub(in crate::store) const fn is_awaited(task: &Task) -> bool {
    matches!(task, Task::LookUp { .. } | Task::Open { .. })
}

fn new_keys(rows: BTreeMap<[u8; 16], Stored>) -> [Argument; 3] {
    columns!((hash, (reference, body)) in rows => {
        new_keys: Hashes = Some(hash.to_vec()),
        new_references: Ids = reference,
        new_bodies: Hashes = body.map(|body| body.to_vec()),
    })
}

fn known_keys(rows: BTreeMap<[u8; 16], Stored>) -> [Argument; 3] {
    columns!((hash, (reference, body)) in rows => {
        known_keys: Hashes = Some(hash.to_vec()),
        known_references: Ids = reference,
        known_bodies: Hashes = body.map(|body| body.to_vec()),
    })
}

fn changes(rows: &[Changing]) -> [Argument; 2] {
    columns!(row in rows => {
        seen: Ids = Some(row.conversation.as_uuid()),
        seen_versions: Integers = Some(integer(row.version)),
    })
}

fn attempted(rows: Vec<Attempted>) -> [Argument; 6] {
    columns!(row in rows => {
        attempted: Ids = Some(row.id.as_uuid()),
        outcomes: Texts = Some(row.state.label().to_owned()),
        counts: Integers = Some(i64::from(row.counts)),
        classes: Texts = row.class.map(ToOwned::to_owned),
        dues: Integers = row.due_at.map(Timestamp::as_millis),
        ends: Integers = row.settled_at.map(Timestamp::as_millis),
    })
}

fn said(rows: Vec<(ConversationId, DeliveryId)>) -> [Argument; 2] {
    columns!((conversation, delivery) in rows => {
        said_conversations: Ids = Some(conversation.as_uuid()),
        said: Ids = Some(delivery.as_uuid()),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::arguments::declared::{of, takes},
        *,
    };

    #[test]
    fn every_value_is_what_the_function_takes_in_its_place() {
        let given = arguments(Rows::default(), Timestamp::default()).unwrap();
        assert_eq!(of(&given), takes("handover_write"));
        let places: Vec<_> = (1..=given.len()).map(|place| format!("${place}")).collect();
        let call = format!("SELECT handover_write({}) AS heads", places.join(", "));
        assert_eq!(WRITE, call);
    }
}
