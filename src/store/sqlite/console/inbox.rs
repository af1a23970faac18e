//! The lists of the inbox. Each is walked along its index from the last row of the page before, and only what is shown
//! is completed from the messages.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    super::{
        columns::{count, integer},
        fault::Fault,
    },
    row::{COLUMNS, COLUMNS_ALONE, Found},
    whose,
};
use crate::{
    domain::ids::{ConversationId, OperatorName},
    store::{
        DEAD_AT_MOST, InboxCounts, InboxList, InboxQuery, InboxRow, Page,
        console::search::{self, LOOKED_AT, Sieve},
    },
};

/// Larger than every id.
const LAST: [u8; 17] = [0xFF; 17];

pub(super) fn page(connection: &Connection, wanted: &InboxQuery) -> Result<Page<InboxRow>, Fault> {
    // The list and what was said last are of one moment.
    let moment = connection.unchecked_transaction()?;
    let only = match search::id(wanted) {
        Some(id) => whose::conversation(&moment, id)?,
        None => None,
    };
    let sieve = Sieve::new(wanted, only.is_some());
    let found = walk(&moment, wanted, only, &sieve)?;
    let found = Page::of(found, wanted.limit);
    let items = found
        .items
        .into_iter()
        .map(|row| row.complete(&moment, &wanted.operator))
        .collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        more: found.more,
    })
}

/// As many as the page takes, and one more if there is one.
fn walk(
    connection: &Connection,
    wanted: &InboxQuery,
    only: Option<i64>,
    sieve: &Sieve<'_>,
) -> Result<Vec<Found>, Fault> {
    let sql = sql(wanted.list, only.is_some());
    let mut statement = connection.prepare_cached(&sql)?;
    let (at, id) = start(wanted);
    let mut rows = statement.query(params![at, id, wanted.operator, only])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let row = Found::read(row)?;
        if sieve.lets_through(&row.listed) {
            found.push(row);
        }
        if found.len() > wanted.limit {
            break;
        }
    }
    Ok(found)
}

/// Behind the last row of the page before, or in front of all.
fn start(wanted: &InboxQuery) -> (i64, Vec<u8>) {
    match wanted.after {
        Some(after) => (
            after.at.as_millis(),
            after.conversation.as_uuid().as_bytes().to_vec(),
        ),
        None if is_newest_first(wanted.list) => (i64::MAX, LAST.to_vec()),
        None => (i64::MIN, Vec::new()),
    }
}

const fn is_newest_first(list: InboxList) -> bool {
    matches!(list, InboxList::WithBot | InboxList::Closed)
}

/// Parameters: where to begin (time, then id), the operator, and the only conversation that is meant.
pub(in crate::store::sqlite) fn sql(list: InboxList, only: bool) -> String {
    let (column, index, which) = match list {
        InboxList::Waiting => (
            "h.requested_at",
            "handovers_waiting",
            "h.phase NOT IN ('attended', 'closing') AND ?3 IS NOT NULL",
        ),
        InboxList::Mine => (
            "h.requested_at",
            "handovers_operator",
            "h.operator = ?3 AND h.phase <> 'closing'",
        ),
        InboxList::Open => (
            "h.requested_at",
            "handovers_by_age",
            "h.ended_at IS NULL AND ?3 IS NOT NULL",
        ),
        InboxList::Closed => (
            "h.ended_at",
            "handovers_ended",
            "h.ended_at IS NOT NULL AND ?3 IS NOT NULL",
        ),
        InboxList::WithBot => {
            let only = if only { "c.row = ?4" } else { "?4 IS NULL" };
            return format!(
                "SELECT {COLUMNS_ALONE} FROM conversations c WHERE c.phase IS NULL AND c.id < ?2 AND {only} \
                 AND ?1 IS NOT NULL AND ?3 IS NOT NULL ORDER BY c.id DESC LIMIT {LOOKED_AT}"
            );
        }
    };
    let (index, only) = if only {
        ("handovers_conversation", "h.conversation = ?4")
    } else {
        (index, "?4 IS NULL")
    };
    let (than, order) = if is_newest_first(list) {
        ("<", "DESC")
    } else {
        (">", "ASC")
    };
    format!(
        "SELECT {COLUMNS} FROM handovers h INDEXED BY {index} CROSS JOIN conversations c ON c.row = h.conversation \
         WHERE {which} AND {only} AND {column} {than}= ?1 AND ({column} {than} ?1 OR c.id {than} ?2) \
         ORDER BY {column} {order}, c.id {order} LIMIT {LOOKED_AT}"
    )
}

/// The row of one conversation, with its open handover if it has one.
pub(super) fn one(
    connection: &Connection,
    id: ConversationId,
    operator: &OperatorName,
) -> Result<Option<InboxRow>, Fault> {
    let moment = connection.unchecked_transaction()?;
    let sql = format!(
        "SELECT {COLUMNS} FROM conversations c \
         LEFT JOIN handovers h ON h.conversation = c.row AND h.ended_at IS NULL WHERE c.id = ?1"
    );
    let found = moment
        .prepare_cached(&sql)?
        .query_row([id], Found::read)
        .optional()?;
    found
        .map(|found| found.complete(&moment, operator))
        .transpose()
}

/// Counted in the indexes of the lists, whose size is what is open.
pub(super) fn counts(
    connection: &Connection,
    operator: &OperatorName,
) -> Result<InboxCounts, Fault> {
    let sql = "SELECT (SELECT count(*) FROM handovers WHERE phase NOT IN ('attended', 'closing')), \
               (SELECT count(*) FROM handovers WHERE operator = ?1 AND phase <> 'closing'), \
               (SELECT count(*) FROM handovers WHERE ended_at IS NULL), \
               (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT ?2) AS dead)";
    Ok(connection.prepare_cached(sql)?.query_row(
        params![operator, integer(DEAD_AT_MOST)],
        |row| {
            Ok(InboxCounts {
                waiting: count(row.get(0)?),
                mine: count(row.get(1)?),
                open: count(row.get(2)?),
                dead: count(row.get(3)?),
            })
        },
    )?)
}
