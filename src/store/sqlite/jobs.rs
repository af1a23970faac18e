//! Puts together what a claimed row is about, from committed rows.

use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use super::{
    columns::{self, AnyId, count, select_messages},
    fault::Fault,
    transcript,
};
use crate::{
    domain::{
        delivery::{About, Destination, HandoverFacts, Job, Lane, LegFacts, Past, Task},
        ids::{DeliveryId, MessageId},
        message::Message,
        taken::Taken,
        time::Timestamp,
    },
    store::{
        TranscriptLimits,
        job::{Excerpt, Loaded, transcript_limit},
    },
    telemetry::traces::TraceParent,
};

/// Each by itself: one that cannot be read does not stand in the others' way.
pub(super) fn load_all(
    connection: &Connection,
    rows: &[i64],
    limits: &TranscriptLimits,
) -> Result<Vec<Result<Loaded, Fault>>, Fault> {
    // Each statement would else begin by finding out whether anything has been written since the one before.
    let snapshot = connection.unchecked_transaction()?;
    let all = rows.iter().map(|row| load(&snapshot, *row, limits));
    Ok(all.collect())
}

fn load(connection: &Connection, row: i64, limits: &TranscriptLimits) -> Result<Loaded, Fault> {
    let sql = "SELECT d.id, d.conversation, d.lane, d.destination, d.task, d.attempts, d.created_at, c.state, h.facts, \
               l.reference, d.trace, h.taken, l.taken, d.handover FROM deliveries d \
               JOIN conversations c ON c.row = d.conversation LEFT JOIN handovers h ON h.id = d.handover \
               LEFT JOIN legs l ON l.id = d.lane WHERE d.row = ?1";
    let stored = connection
        .prepare_cached(sql)?
        .query_row([row], Stored::read)
        .optional()?
        .ok_or(Fault::Missing)?;
    let leg = match (stored.lane, &stored.destination) {
        (Lane::Leg(id), Destination::Desk(desk)) => Some(LegFacts::new(
            id,
            desk.clone(),
            stored.reference.clone(),
            stored.of_leg,
        )),
        _ => None,
    };
    let mut task = stored.task;
    let mut past = Past::default();
    match (&mut task, &leg) {
        (Task::Open { upto }, Some(leg)) => {
            let limit = transcript_limit(limits, &leg.desk);
            past = transcript::upto(connection, stored.conversation, *upto, limit)?;
        }
        (Task::Resume { contract, .. }, _) => {
            contract.unanswered |= stored.state.is_unanswered(stored.facts.id);
        }
        _ => {}
    }
    let message = task
        .message()
        .map(|id| read_message(connection, id))
        .transpose()?
        .flatten();
    Ok(Loaded {
        job: Box::new(Job {
            about: About {
                delivery: stored.id,
                created_at: stored.created_at,
                conversation: stored.state.id,
                key: stored.state.key,
                profile: stored.state.profile,
                handover: stored.facts,
            },
            task,
            taken: stored.of_handover,
            leg,
            message,
            past,
        }),
        attempts: stored.attempts,
        destination: stored.destination,
        trace: stored.trace,
    })
}

/// Nothing was taken, mostly.
pub(super) fn taken(row: &Row<'_>, column: usize) -> rusqlite::Result<Taken> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(Taken::default()),
        _ => columns::json(row, column),
    }
}

/// A message from a row of [`message_columns`].
pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        seq: count(row.get(1)?),
        actor: row.get(2)?,
        at: row.get(3)?,
        content: columns::json(row, 4)?,
        handover: row.get(5)?,
        late: row.get(6)?,
        raw: row.get(7)?,
    })
}

pub(super) fn read_message(
    connection: &Connection,
    id: MessageId,
) -> Result<Option<Message>, Fault> {
    let sql = select_messages!("WHERE id = ?1");
    Ok(connection
        .prepare_cached(sql)?
        .query_row([id], message)
        .optional()?)
}

struct Stored {
    id: DeliveryId,
    conversation: i64,
    lane: Lane,
    destination: Destination,
    task: Task,
    attempts: u32,
    created_at: Timestamp,
    state: Excerpt,
    facts: HandoverFacts,
    reference: Option<String>,
    trace: Option<TraceParent>,
    of_handover: Taken,
    of_leg: Taken,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let destination = row.get(3)?;
        let task = columns::json(row, 4)?;
        let state: Excerpt = columns::json(row, 7)?;
        // A user may be erased who never had a handover.
        let facts = if matches!(task, Task::Forget) && row.get_ref(8)? == ValueRef::Null {
            state.no_handover(row.get(13)?)
        } else {
            columns::json(row, 8)?
        };
        Ok(Self {
            id: row.get(0)?,
            conversation: row.get(1)?,
            lane: columns::lane(row.get::<_, AnyId>(2)?.as_uuid(), &destination),
            destination,
            task,
            attempts: row.get(5)?,
            created_at: row.get(6)?,
            state,
            facts,
            reference: row.get(9)?,
            trace: row.get(10)?,
            of_handover: taken(row, 11)?,
            of_leg: taken(row, 12)?,
        })
    }
}
