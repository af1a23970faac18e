//! How numbers and lanes stand in columns, whatever the database.

use uuid::Uuid;

use crate::domain::{
    delivery::{Destination, Lane},
    ids::{ConversationId, LegId, MessageId},
};

/// What a message is read from.
macro_rules! message_columns {
    () => {
        "id, seq, actor, at, content, handover, late, raw"
    };
}
pub(super) use message_columns;

/// The same of a message that is read among others: what the platform told stays where it is, since it takes as much room
/// again and nobody looks at it there.
macro_rules! transcript_columns {
    () => {
        "id, seq, actor, at, content, handover, late, NULL AS raw"
    };
}
pub(super) use transcript_columns;

/// Reads messages, of which the rest of the statement says which.
macro_rules! select_messages {
    ($which:literal) => {
        concat!(
            "SELECT ",
            $crate::store::columns::message_columns!(),
            " FROM messages ",
            $which
        )
    };
}
pub(super) use select_messages;

/// The desk of a handover `h`; none if none has been asked. There is a name in its column even so, for older versions,
/// but no leg.
macro_rules! asked_desk {
    () => {
        "(SELECT l.desk FROM legs l WHERE l.handover = h.id AND l.desk = h.desk LIMIT 1)"
    };
}
pub(super) use asked_desk;

/// What stands in the place of a message that nobody looks for once the time of its copy is over.
pub(super) fn copied(message: Option<MessageId>) -> Uuid {
    message.map_or_else(Uuid::nil, MessageId::as_uuid)
}

/// A count as a column holds it; none of ours comes near the end of the range.
pub(super) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The same of a size or a limit.
pub(super) fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// A count as it was stored; a negative one is a fault of the database and read as 0.
pub(super) fn count(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// A lane's column holds the id alone; whose it is follows from where it leads.
pub(super) fn lane(id: Uuid, destination: &Destination) -> Lane {
    match destination {
        Destination::Bot(_) => Lane::Bot(ConversationId::from_uuid(id)),
        Destination::Desk(_) => Lane::Leg(LegId::from_uuid(id)),
    }
}

pub(super) fn lane_id(lane: Lane) -> Uuid {
    match lane {
        Lane::Bot(id) => id.as_uuid(),
        Lane::Leg(id) => id.as_uuid(),
    }
}
