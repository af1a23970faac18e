//! What is read for desks, operators and upkeep, all from committed rows.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    columns::{AnyId, asked_desk, number},
    fault::Fault,
    transcript,
};
use crate::{
    domain::{
        conversation::{Answer, Conversation, Phase},
        delivery::{Destination, HandoverFacts},
        ids::{DeliveryId, DeskName, ErasureId, HandoverId},
        retry::ErrorClass,
    },
    store::{
        DeliveryFilter, DeliveryState, DeliveryView, HandoverSummary, HandoverView, Names, Page,
        page::one_more,
    },
};

/// What the platform may be told now. Once the handover closes a late `accepted` would pause a bot that nobody
/// resumes, and one that is not known at all was never opened.
pub(super) fn answer(connection: &Connection, handover: HandoverId) -> Result<Answer, Fault> {
    let found: Option<(Answer, Option<Phase>)> = connection
        .prepare_cached("SELECT answer, phase FROM handovers WHERE id = ?1")?
        .query_row([handover], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        None | Some((_, None | Some(Phase::Closing))) => Answer::Declined,
        Some((answer, Some(_))) => answer,
    })
}

/// For the desk that has it, or had it last: what is said at another desk is none of this one's business.
pub(super) fn handover(
    connection: &Connection,
    id: HandoverId,
    desk: &DeskName,
) -> Result<Option<HandoverView>, Fault> {
    // Read first: a desk that has lost the handover by then is not told of it as of one in which nothing was said.
    let transcript = transcript::after(connection, id, desk, 0)?;
    let found = connection
        .prepare_cached(
            "SELECT h.facts, h.phase, h.answer, c.state \
             FROM handovers h JOIN conversations c ON c.row = h.conversation \
             WHERE h.id = ?1 AND h.desk = ?2 AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = ?1 AND l.desk = ?2)",
        )?
        .query_row(params![id, desk], StoredHandover::read)
        .optional()?;
    let Some(stored) = found else { return Ok(None) };
    Ok(Some(HandoverView {
        facts: stored.facts,
        bot: stored.state.key.bot,
        user: stored.state.key.user.as_str().to_owned(),
        profile: stored.state.profile,
        phase: stored.phase,
        answer: stored.answer,
        transcript,
    }))
}

pub(super) fn names_in_use(connection: &Connection) -> Result<Names, Fault> {
    let mut names = Names::default();
    let mut statement = connection.prepare_cached(
        "SELECT 'bot:' || bot FROM conversations WHERE wake_at IS NOT NULL \
         UNION SELECT 'desk:' || l.desk FROM handovers h JOIN legs l ON l.handover = h.id AND l.desk = h.desk \
         WHERE h.ended_at IS NULL \
         UNION SELECT destination FROM deliveries WHERE settled_at IS NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match row.get(0)? {
            Destination::Bot(bot) => names.bots.push(bot),
            Destination::Desk(desk) => names.desks.push(desk),
        }
    }
    Ok(names)
}

/// What [`delivery_view`] reads of `deliveries d`.
macro_rules! view_columns {
    () => {
        "d.id, d.handover, d.destination, json_extract(d.task, '$.do'), d.state, d.attempts, d.error_class, d.created_at, \
         iif(d.settled_at IS NULL, d.due_at, NULL), json_extract(d.task, '$.message'), d.settled_at"
    };
}
pub(super) use view_columns;

/// Parameters: state, destination, the row after which, how many, the class of its error, and the time before which it was
/// made.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT ",
            view_columns!(),
            " FROM deliveries d WHERE ",
            $which,
            " AND (?2 IS NULL OR d.destination = ?2) AND (?5 IS NULL OR d.error_class = ?5) \
             AND (?6 IS NULL OR d.created_at < ?6) AND d.row > ?3 ORDER BY d.row LIMIT ?4",
        )
    };
}
const UNSETTLED: &str = list!("d.settled_at IS NULL AND d.state = ?1");
const DEAD: &str = list!("d.state = 'dead' AND d.state = ?1");
const ANY: &str = list!("(?1 IS NULL OR d.state = ?1)");

pub(super) fn deliveries(
    connection: &Connection,
    filter: &DeliveryFilter,
) -> Result<Page<DeliveryView>, Fault> {
    let after: i64 = match filter.after {
        Some(id) => connection
            .prepare_cached("SELECT row FROM deliveries WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .unwrap_or(0),
        None => 0,
    };
    let sql = match filter.state {
        Some(DeliveryState::Pending | DeliveryState::Retrying) => UNSETTLED,
        Some(DeliveryState::Dead) => DEAD,
        Some(DeliveryState::Delivered | DeliveryState::Cancelled) | None => ANY,
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(
        params![
            filter.state,
            filter.destination,
            after,
            one_more(filter.limit),
            filter.error_class.map(ErrorClass::label),
            filter.created_before
        ],
        delivery_view,
    )?;
    Ok(Page::of(rows.collect::<Result<_, _>>()?, filter.limit))
}

/// What is still owed in the conversations of an erasure.
pub(super) fn owed_in(
    connection: &Connection,
    erasure: ErasureId,
    limit: usize,
) -> Result<Vec<DeliveryView>, Fault> {
    let mut statement = connection.prepare_cached(
        concat!(
            "SELECT ",
            view_columns!(),
            " FROM deliveries d INDEXED BY deliveries_owed WHERE d.settled_at IS NULL AND d.lane IN \
             (SELECT c.id FROM erasing e JOIN conversations c ON c.row = e.conversation WHERE e.erasure = ?1 \
              UNION ALL SELECT l.id FROM erasing e JOIN handovers h ON h.conversation = e.conversation \
              JOIN legs l ON l.handover = h.id WHERE e.erasure = ?1) ORDER BY d.row LIMIT ?2"
        ),
    )?;
    let found = statement.query_map(params![erasure, number(limit)], delivery_view)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn open_handovers(
    connection: &Connection,
    after: Option<HandoverId>,
    limit: usize,
) -> Result<Page<HandoverSummary>, Fault> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT h.id, c.bot, ",
        asked_desk!(),
        ", h.phase, h.requested_at, h.phase_since, c.wake_at \
         FROM handovers h JOIN conversations c ON c.row = h.conversation \
         WHERE h.ended_at IS NULL AND (?1 IS NULL OR h.id > ?1) ORDER BY h.id LIMIT ?2",
    ))?;
    let rows = statement.query_map(params![after, one_more(limit)], |row| {
        Ok(HandoverSummary {
            id: row.get(0)?,
            bot: row.get(1)?,
            desk: row.get(2)?,
            phase: row.get(3)?,
            requested_at: row.get(4)?,
            phase_since: row.get(5)?,
            wake_at: row.get(6)?,
        })
    })?;
    Ok(Page::of(rows.collect::<Result<_, _>>()?, limit))
}

/// A delivery from a row of [`view_columns`].
pub(super) fn delivery_view(row: &Row<'_>) -> rusqlite::Result<DeliveryView> {
    Ok(DeliveryView {
        id: row
            .get::<_, AnyId>(0)
            .map(|id| DeliveryId::from_uuid(id.as_uuid()))?,
        handover: row.get(1)?,
        destination: row.get(2)?,
        kind: row
            .get::<_, Option<String>>(3)?
            .as_deref()
            .unwrap_or_default()
            .into(),
        state: row.get(4)?,
        attempts: row.get(5)?,
        error_class: row.get::<_, Option<String>>(6)?.as_deref().map(Into::into),
        created_at: row.get(7)?,
        next_at: row.get(8)?,
        message: row
            .get::<_, Option<String>>(9)?
            .and_then(|id| id.parse().ok()),
        settled_at: row.get(10)?,
    })
}

struct StoredHandover {
    facts: HandoverFacts,
    phase: Option<Phase>,
    answer: Answer,
    state: Conversation,
}

impl StoredHandover {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            facts: super::columns::json(row, 0)?,
            phase: row.get(1)?,
            answer: row.get(2)?,
            state: super::columns::json(row, 3)?,
        })
    }
}
