//! What is read of a transcript: for a call, for a desk that asks, and for a page. Never more of it than is read at once.

use rusqlite::{Connection, Rows, params};

use super::{
    columns::{count, integer, transcript_columns},
    fault::Fault,
    jobs,
};
use crate::{
    domain::{
        delivery::Past,
        ids::{DeskName, HandoverId},
        message::Message,
    },
    store::{
        Page,
        page::{AT_ONCE, PART, one_more},
    },
};

/// Reads messages, of which the rest of the statement says which.
macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", transcript_columns!(), " FROM messages ", $which)
    };
}

/// What was said up to this message, the newest of it, oldest first; and how much there is in all.
pub(super) fn upto(
    connection: &Connection,
    conversation: i64,
    upto: u64,
    limit: usize,
) -> Result<Past, Fault> {
    let upto = integer(upto);
    let total = connection
        .prepare_cached(
            "SELECT count(*) FROM messages WHERE conversation = ?1 AND seq <= ?2 AND actor <> 'system' AND late = 0 AND unsaid = 0",
        )?
        .query_row(params![conversation, upto], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(select!(
        "WHERE conversation = ?1 AND seq <= ?2 AND actor <> 'system' AND late = 0 AND unsaid = 0 ORDER BY seq DESC"
    ))?;
    let mut messages = fitting(statement.query(params![conversation, upto])?, limit)?.items;
    messages.reverse();
    Ok(Past {
        messages,
        total: count(total),
    })
}

/// Everything after this one but the bridge's notices, if the desk has the handover or had it last; of a handover that is
/// over, nothing that was said after it.
pub(super) fn after(
    connection: &Connection,
    handover: HandoverId,
    desk: &DeskName,
    after: u64,
) -> Result<Page<Message>, Fault> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE conversation = (SELECT h.conversation FROM handovers h WHERE h.id = ?1 AND h.desk = ?2 \
         AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = ?1 AND l.desk = ?2)) \
         AND seq > ?3 AND actor <> 'system' \
         AND recorded_at <= (SELECT coalesce(h.ended_at, 9223372036854775807) FROM handovers h WHERE h.id = ?1) \
         ORDER BY seq LIMIT ?4"
    ))?;
    let rows = statement.query(params![handover, desk, integer(after), one_more(PART)])?;
    fitting(rows, PART)
}

/// Everything before this one, the newest of it, oldest first.
pub(super) fn before(
    connection: &Connection,
    conversation: i64,
    before: Option<u64>,
    limit: usize,
) -> Result<Page<Message>, Fault> {
    let mut statement = connection.prepare_cached(select!(
        "WHERE conversation = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
    ))?;
    let before = before.map_or(i64::MAX, integer);
    let rows = statement.query(params![conversation, before, one_more(limit)])?;
    let mut page = fitting(rows, limit)?;
    page.items.reverse();
    Ok(page)
}

/// The first of these. The rest is not even read.
fn fitting(mut rows: Rows<'_>, limit: usize) -> Result<Page<Message>, Fault> {
    let mut items = Vec::new();
    let mut room = AT_ONCE;
    while let Some(row) = rows.next()? {
        let length = row
            .get_ref(4)?
            .as_str()
            .map_err(rusqlite::Error::from)?
            .len();
        if items.len() >= limit || (length > room && !items.is_empty()) {
            return Ok(Page { items, more: true });
        }
        room = room.saturating_sub(length);
        items.push(jobs::message(row)?);
    }
    Ok(Page { items, more: false })
}
