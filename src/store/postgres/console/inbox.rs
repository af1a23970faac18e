//! The lists of the inbox. Each is walked along its index from the last row of the page before, and only what is shown
//! is completed from the messages.

use uuid::Uuid;

use super::{
    super::{
        columns::{count, integer, number, values},
        database::Database,
        fault::Fault,
    },
    row::{Found, complete, found_columns},
    whose,
};
use crate::{
    domain::{
        ids::{ConversationId, OperatorName},
        time::Timestamp,
    },
    store::{
        DEAD_AT_MOST, InboxCounts, InboxCursor, InboxList, InboxQuery, InboxRow, Page,
        console::search::{self, LOOKED_AT, Sieve},
    },
};

/// As many rows are read at once where not all are wanted.
const READ_AT_ONCE: usize = 1000;

/// A list from behind a row, given by its time and its conversation. Parameters: those, the operator, the only
/// conversation that is meant, and how many rows.
macro_rules! handovers {
    ($which:literal, $column:literal $than:literal $order:literal) => {
        concat!(
            "SELECT ",
            found_columns!(),
            " FROM handovers h JOIN conversations c ON c.id = h.conversation WHERE ",
            $which,
            " AND $3::text IS NOT NULL AND ($4::uuid IS NULL OR h.conversation = $4) AND ",
            $column,
            " ",
            $than,
            "= $1 AND (",
            $column,
            " ",
            $than,
            " $1 OR h.conversation ",
            $than,
            " $2) ORDER BY ",
            $column,
            " ",
            $order,
            ", h.conversation ",
            $order,
            " LIMIT $5",
        )
    };
}

const WAITING: &str =
    handovers!("h.phase NOT IN ('attended', 'closing')", "h.requested_at" ">" "ASC");
const MINE: &str =
    handovers!("h.operator = $3 AND h.phase <> 'closing'", "h.requested_at" ">" "ASC");
const OPEN: &str = handovers!("h.ended_at IS NULL", "h.requested_at" ">" "ASC");
const CLOSED: &str = handovers!("h.ended_at IS NOT NULL", "h.ended_at" "<" "DESC");
const WITH_BOT: &str = concat!(
    "SELECT ",
    found_columns!(),
    " FROM conversations c LEFT JOIN handovers h ON false WHERE c.phase IS NULL AND c.id < $2 \
     AND $1::bigint IS NOT NULL AND $3::text IS NOT NULL AND ($4::uuid IS NULL OR c.id = $4) ORDER BY c.id DESC LIMIT $5",
);

pub(super) async fn page(
    database: &Database,
    wanted: &InboxQuery,
) -> Result<Page<InboxRow>, Fault> {
    let only = match search::id(wanted) {
        Some(id) => whose::conversation(database, id).await?,
        None => None,
    };
    let found = walk(database, wanted, only).await?;
    let Page { items, more } = Page::of(found, wanted.limit);
    let items = complete(database, items, &wanted.operator).await?;
    Ok(Page { items, more })
}

/// As many as the page takes, and one more if there is one.
async fn walk(
    database: &Database,
    wanted: &InboxQuery,
    only: Option<ConversationId>,
) -> Result<Vec<Found>, Fault> {
    let sieve = Sieve::new(wanted, only.is_some());
    let at_once = if sieve.lets_all_through() {
        wanted.limit.saturating_add(1)
    } else {
        READ_AT_ONCE
    };
    let mut from = wanted.after.unwrap_or_else(|| start(wanted.list));
    let (mut found, mut looked_at) = (Vec::new(), 0);
    while looked_at < LOOKED_AT {
        let read = read(database, wanted, (from, only, at_once)).await?;
        let Some(last) = read.last() else { break };
        from = last.listed.cursor();
        looked_at += read.len();
        let is_last = read.len() < at_once;
        found.extend(
            read.into_iter()
                .filter(|row| sieve.lets_through(&row.listed)),
        );
        if is_last || found.len() > wanted.limit {
            break;
        }
    }
    Ok(found)
}

async fn read(
    database: &Database,
    wanted: &InboxQuery,
    (from, only, limit): (InboxCursor, Option<ConversationId>, usize),
) -> Result<Vec<Found>, Fault> {
    let InboxCursor { at, conversation } = from;
    let values = values![at, conversation, &wanted.operator, only, number(limit)];
    let found = database.rows(sql(wanted.list), values).await?;
    found.iter().map(Found::read).collect()
}

/// In front of all rows.
fn start(list: InboxList) -> InboxCursor {
    match list {
        InboxList::Waiting | InboxList::Mine | InboxList::Open => InboxCursor {
            at: Timestamp::from_millis(i64::MIN),
            conversation: ConversationId::from_uuid(Uuid::nil()),
        },
        InboxList::WithBot | InboxList::Closed => InboxCursor {
            at: Timestamp::from_millis(i64::MAX),
            conversation: ConversationId::from_uuid(Uuid::max()),
        },
    }
}

const fn sql(list: InboxList) -> &'static str {
    match list {
        InboxList::Waiting => WAITING,
        InboxList::Mine => MINE,
        InboxList::Open => OPEN,
        InboxList::WithBot => WITH_BOT,
        InboxList::Closed => CLOSED,
    }
}

/// The row of one conversation, with its open handover if it has one.
pub(super) async fn one(
    database: &Database,
    id: ConversationId,
    operator: &OperatorName,
) -> Result<Option<InboxRow>, Fault> {
    let sql = concat!(
        "SELECT ",
        found_columns!(),
        " FROM conversations c LEFT JOIN handovers h ON h.conversation = c.id AND h.ended_at IS NULL WHERE c.id = $1"
    );
    let found = database.rows(sql, values![id]).await?;
    let found = found.iter().map(Found::read).collect::<Result<_, _>>()?;
    Ok(complete(database, found, operator).await?.pop())
}

/// Counted in the indexes of the lists, whose size is what is open.
pub(super) async fn counts(
    database: &Database,
    operator: &OperatorName,
) -> Result<InboxCounts, Fault> {
    let sql = "SELECT (SELECT count(*) FROM handovers WHERE phase NOT IN ('attended', 'closing')), \
               (SELECT count(*) FROM handovers WHERE operator = $1 AND phase <> 'closing'), \
               (SELECT count(*) FROM handovers WHERE ended_at IS NULL), \
               (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT $2) AS dead)";
    let row = database
        .row(sql, values![operator, integer(DEAD_AT_MOST)])
        .await?;
    let row = row.ok_or(Fault::Missing)?;
    Ok(InboxCounts {
        waiting: count(row.try_get(0)?),
        mine: count(row.try_get(1)?),
        open: count(row.try_get(2)?),
        dead: count(row.try_get(3)?),
    })
}
