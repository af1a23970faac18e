//! Deliveries and open handovers, as they are listed.

use std::collections::HashMap;

use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{self, asked_desk, number, values},
    fault::Fault,
    patience::Patience,
    views,
    work::Ground,
};
use crate::{
    domain::{
        ids::{ConversationId, DeliveryId, ErasureId, HandoverId, MessageId},
        retry::ErrorClass,
        time::Timestamp,
    },
    store::{
        DeliveryFilter, DeliveryState, DeliveryView, HandoverSummary, OneDelivery, Page,
        console::row::Excerpt as Owner, page::one_more,
    },
};

/// What [`view`] reads, of `deliveries d`.
macro_rules! view_columns {
    () => {
        "d.id, d.handover, d.destination, d.task, d.state, d.attempts, d.error_class, d.created_at, \
         CASE WHEN d.settled_at IS NULL THEN d.due_at END, d.settled_at"
    };
}
pub(super) use view_columns;

/// Parameters: state, destination, the row after which, how many, the class of its error, and the time before which it was
/// made.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT ", view_columns!(), " FROM deliveries d WHERE ", $which,
            " AND ($1::text IS NULL OR d.state = $1) AND ($2::text IS NULL OR d.destination = $2) AND d.row > $3 \
             AND ($5::text IS NULL OR d.error_class = $5) AND ($6::bigint IS NULL OR d.created_at < $6) \
             ORDER BY d.row LIMIT $4",
        )
    };
}
const UNSETTLED: &str = list!("d.settled_at IS NULL");
const DEAD: &str = list!("d.state = 'dead'");
const CANCELLED: &str = list!("d.state = 'cancelled'");
const ANY: &str = list!("true");

/// As much of a task as is listed. Also one that a newer version wrote has this.
#[derive(Default, Deserialize)]
struct Excerpt {
    #[serde(rename = "do")]
    kind: String,
    message: Option<MessageId>,
}

/// As much of a conversation's state as its deadline. The column may tell of an earlier one.
#[derive(Deserialize)]
struct State {
    handover: Deadline,
}

#[derive(Deserialize)]
struct Deadline {
    wake_at: Timestamp,
}

pub(super) async fn deliveries(
    ground: &Ground,
    filter: &DeliveryFilter,
) -> Result<Page<DeliveryView>, Fault> {
    let after = match filter.after {
        Some(id) => {
            let sql = "SELECT row FROM deliveries WHERE id = $1";
            let found = ground.database.row(sql, values![id]).await?;
            found.map_or(Ok(0), |row| row.try_get(0))?
        }
        None => 0_i64,
    };
    let sql = match filter.state {
        Some(DeliveryState::Pending | DeliveryState::Retrying) => UNSETTLED,
        Some(DeliveryState::Dead) => DEAD,
        Some(DeliveryState::Cancelled) => CANCELLED,
        Some(DeliveryState::Delivered) | None => ANY,
    };
    let destination = filter.destination.as_ref();
    let class = filter.error_class.map(ErrorClass::label);
    let values = values![
        filter.state,
        destination,
        after,
        one_more(filter.limit),
        class,
        filter.created_before
    ];
    // Of a destination with little in a long list much is passed over.
    let database = ground.database.spending(Patience::Reader);
    let found = database.rows(sql, values).await?;
    let views = found.iter().map(view).collect::<Result<_, _>>()?;
    Ok(Page::of(views, filter.limit))
}

/// The same, with what they carry and whose they are.
pub(super) async fn full_deliveries(
    ground: &Ground,
    filter: &DeliveryFilter,
) -> Result<Page<OneDelivery>, Fault> {
    let Page { items, more } = deliveries(ground, filter).await?;
    let items = filled(ground, items).await?;
    Ok(Page { items, more })
}

/// With what it carries, for whoever decides about it.
pub(super) async fn delivery(
    ground: &Ground,
    id: DeliveryId,
) -> Result<Option<OneDelivery>, Fault> {
    let sql = concat!(
        "SELECT ",
        view_columns!(),
        " FROM deliveries d WHERE d.id = $1"
    );
    let Some(found) = ground.database.row(sql, values![id]).await? else {
        return Ok(None);
    };
    Ok(filled(ground, vec![view(&found)?]).await?.pop())
}

/// In the order of `views`, but for what is gone by now. Also where a user or a message cannot be read any more: that may
/// be why it is looked at.
async fn filled(ground: &Ground, views: Vec<DeliveryView>) -> Result<Vec<OneDelivery>, Fault> {
    let ids: Vec<Uuid> = views.iter().map(|view| view.id.as_uuid()).collect();
    let sql = "SELECT d.id, c.id, c.state FROM deliveries d JOIN conversations c ON c.id = d.conversation \
               WHERE d.id = ANY($1)";
    let mut whose = HashMap::new();
    for row in ground.database.rows(sql, values![ids]).await? {
        let (id, conversation): (DeliveryId, ConversationId) = (row.try_get(0)?, row.try_get(1)?);
        let user = columns::json(&row, 2).ok().and_then(Owner::name);
        whose.insert(id, (conversation, user));
    }
    let carried = views.iter().filter_map(|view| view.message);
    let messages = views::messages(ground, carried).await?;
    let fill = |view: DeliveryView| {
        let (conversation, user) = whose.remove(&view.id)?;
        Some(OneDelivery {
            conversation,
            user,
            message: view.message.and_then(|id| messages.get(&id).cloned()),
            view,
        })
    };
    Ok(views.into_iter().filter_map(fill).collect())
}

/// What is still owed in the conversations of an erasure.
pub(super) async fn owed_in(
    ground: &Ground,
    erasure: ErasureId,
    limit: usize,
) -> Result<Vec<DeliveryView>, Fault> {
    let sql = concat!(
        "SELECT ",
        view_columns!(),
        " FROM deliveries d WHERE d.settled_at IS NULL AND d.lane IN \
         (SELECT c.id FROM erasing e JOIN conversations c ON c.id = e.conversation WHERE e.erasure = $1 \
          UNION ALL SELECT l.id FROM erasing e JOIN handovers h ON h.conversation = e.conversation \
          JOIN legs l ON l.handover = h.id WHERE e.erasure = $1) ORDER BY d.row LIMIT $2"
    );
    let found = ground
        .database
        .rows(sql, values![erasure, number(limit)])
        .await?;
    found.iter().map(view).collect()
}

pub(super) async fn open_handovers(
    ground: &Ground,
    after: Option<HandoverId>,
    limit: usize,
) -> Result<Page<HandoverSummary>, Fault> {
    let sql = concat!(
        "SELECT h.id, c.bot, ",
        asked_desk!(),
        ", h.phase, h.requested_at, h.phase_since, c.state \
         FROM handovers h JOIN conversations c ON c.id = h.conversation \
         WHERE h.ended_at IS NULL AND ($1::uuid IS NULL OR h.id > $1) ORDER BY h.id LIMIT $2"
    );
    let found = ground
        .database
        .rows(sql, values![after, one_more(limit)])
        .await?;
    let summary = |row: &Row| {
        Ok(HandoverSummary {
            id: row.try_get(0)?,
            bot: row.try_get(1)?,
            desk: row.try_get(2)?,
            phase: row.try_get(3)?,
            requested_at: row.try_get(4)?,
            phase_since: row.try_get(5)?,
            wake_at: columns::json::<State>(row, 6)?.handover.wake_at,
        })
    };
    let summaries = found.iter().map(summary).collect::<Result<_, Fault>>()?;
    Ok(Page::of(summaries, limit))
}

/// A delivery from the columns above.
pub(super) fn view(row: &Row) -> Result<DeliveryView, Fault> {
    let task: Excerpt = columns::json(row, 3).unwrap_or_default();
    let attempts: i64 = row.try_get(5)?;
    Ok(DeliveryView {
        id: row.try_get(0)?,
        handover: row.try_get(1)?,
        destination: row.try_get(2)?,
        kind: task.kind.as_str().into(),
        message: task.message,
        state: row.try_get(4)?,
        attempts: u32::try_from(attempts).unwrap_or(0),
        error_class: row.try_get::<_, Option<&str>>(6)?.map(Into::into),
        created_at: row.try_get(7)?,
        next_at: row.try_get(8)?,
        settled_at: row.try_get(9)?,
    })
}
