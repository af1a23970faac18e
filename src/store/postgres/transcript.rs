//! What is read of a transcript: for a call, for a desk that asks, and for a page. Never more of it than is read at once.

use tokio_postgres::Row;

use super::{
    columns::{count, integer, number, transcript_columns, values},
    database::Statement,
    fault::Fault,
    views,
    work::Ground,
};
use crate::{
    domain::{
        delivery::Past,
        ids::{ConversationId, DeskName, HandoverId},
        message::Message,
    },
    store::{
        Page,
        page::{AT_ONCE, PART, one_more},
    },
};

/// Reads the first of these messages: so many, and of them what fits into so many bytes, the very first in any case. And how
/// many of them there are.
macro_rules! fitting {
    ($which:literal, $order:literal, $limit:literal, $bytes:literal) => {
        concat!(
            "WITH first AS (SELECT ",
            transcript_columns!(),
            " FROM messages WHERE ",
            $which,
            " ORDER BY seq ",
            $order,
            " LIMIT ",
            $limit,
            "), measured AS (SELECT *, sum(octet_length(content)) OVER (ORDER BY seq ",
            $order,
            ") AS bytes, count(*) OVER () AS found FROM first) \
             SELECT * FROM measured WHERE bytes <= ",
            $bytes,
            " OR bytes = octet_length(content) ORDER BY seq ",
            $order
        )
    };
}
const UPTO: &str = fitting!(
    "conversation = $1 AND seq <= $2 AND actor <> 'system' AND NOT late AND NOT unsaid",
    "DESC",
    "$3",
    "$4"
);
const UPTO_IN_ALL: &str = "SELECT count(*) FROM messages \
    WHERE conversation = $1 AND seq <= $2 AND actor <> 'system' AND NOT late AND NOT unsaid";
const AFTER: &str = fitting!(
    "conversation = (SELECT h.conversation FROM handovers h WHERE h.id = $1 AND h.desk = $2 \
     AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = $1 AND l.desk = $2)) \
     AND seq > $3 AND actor <> 'system' \
     AND recorded_at <= (SELECT coalesce(h.ended_at, 9223372036854775807) FROM handovers h WHERE h.id = $1)",
    "ASC",
    "$4",
    "$5"
);
const BEFORE: &str = fitting!("conversation = $1 AND seq < $2", "DESC", "$3", "$4");

/// What was said up to this message, the newest of it, oldest first; and how much there is in all.
pub(super) async fn upto(
    ground: &Ground,
    conversation: ConversationId,
    upto: u64,
    limit: usize,
) -> Result<Past, Fault> {
    let upto = integer(upto);
    let asked = values![conversation, upto, number(limit), number(AT_ONCE)];
    let rows = ground.database.rows(UPTO, asked).await?;
    let asked = values![conversation, upto];
    let total = match ground.database.row(UPTO_IN_ALL, asked).await? {
        Some(row) => count(row.try_get(0)?),
        None => 0,
    };
    Ok(Past {
        messages: newest(&rows, limit)?.items,
        total,
    })
}

/// Everything after this one but the bridge's notices, if the desk has the handover or had it last; of a handover that is
/// over, nothing that was said after it.
pub(super) async fn after(
    ground: &Ground,
    handover: HandoverId,
    desk: &DeskName,
    after: u64,
) -> Result<Page<Message>, Fault> {
    let (after, bytes) = (integer(after), number(AT_ONCE));
    let asked = values![handover, desk, after, one_more(PART), bytes];
    page(&ground.database.rows(AFTER, asked).await?, PART)
}

/// Everything before this one, for [`newest`].
pub(super) fn before(conversation: ConversationId, before: Option<u64>, limit: usize) -> Statement {
    let before = before.map_or(i64::MAX, integer);
    let (limit, bytes) = (one_more(limit), number(AT_ONCE));
    Statement::new(BEFORE, values![conversation, before, limit, bytes])
}

/// What was read newest first, oldest first.
pub(super) fn newest(rows: &[Row], limit: usize) -> Result<Page<Message>, Fault> {
    let mut page = page(rows, limit)?;
    page.items.reverse();
    Ok(page)
}

fn page(rows: &[Row], limit: usize) -> Result<Page<Message>, Fault> {
    let read = rows.iter().take(limit).map(views::message);
    let items = read.collect::<Result<Vec<_>, _>>()?;
    let found = match rows.first() {
        Some(row) => count(row.try_get("found")?),
        None => 0,
    };
    let more = found > u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(Page { items, more })
}
