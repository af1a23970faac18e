//! What is read for desks and upkeep, all from committed rows.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{self, count, select_messages, values},
    fault::Fault,
    transcript,
    work::Ground,
};
use crate::{
    domain::{
        conversation::{Answer, Conversation, Phase},
        delivery::Destination,
        ids::{DeskName, HandoverId, MessageId},
        message::Message,
    },
    store::{HandoverView, Names},
};

/// What the platform may be told now. Once the handover closes a late `accepted` would pause a bot that nobody
/// resumes, and one that is not known at all was never opened.
pub(super) async fn answer(ground: &Ground, handover: HandoverId) -> Result<Answer, Fault> {
    let sql = "SELECT answer, phase FROM handovers WHERE id = $1";
    let Some(row) = ground.database.row(sql, values![handover]).await? else {
        return Ok(Answer::Declined);
    };
    Ok(match row.try_get(1)? {
        None | Some(Phase::Closing) => Answer::Declined,
        Some(_) => row.try_get(0)?,
    })
}

/// For the desk that has it, or had it last: what is said at another desk is none of this one's business.
pub(super) async fn handover(
    ground: &Ground,
    id: HandoverId,
    desk: &DeskName,
) -> Result<Option<HandoverView>, Fault> {
    // Read first: a desk that has lost the handover by then is not told of it as of one in which nothing was said.
    let transcript = transcript::after(ground, id, desk, 0).await?;
    let sql = "SELECT h.facts, h.phase, h.answer, c.state \
               FROM handovers h JOIN conversations c ON c.id = h.conversation \
               WHERE h.id = $1 AND h.desk = $2 AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = $1 AND l.desk = $2)";
    let Some(row) = ground.database.row(sql, values![id, desk]).await? else {
        return Ok(None);
    };
    let state: Conversation = columns::json(&row, 3)?;
    Ok(Some(HandoverView {
        facts: columns::json(&row, 0)?,
        bot: state.key.bot,
        user: state.key.user.as_str().to_owned(),
        profile: state.profile,
        phase: row.try_get(1)?,
        answer: row.try_get(2)?,
        transcript,
    }))
}

pub(super) async fn names_in_use(ground: &Ground) -> Result<Names, Fault> {
    let mut names = Names::default();
    let sql = "SELECT name FROM (SELECT 'bot:' || bot AS name FROM conversations WHERE wake_at IS NOT NULL \
               UNION SELECT 'desk:' || l.desk FROM handovers h JOIN legs l ON l.handover = h.id AND l.desk = h.desk \
               WHERE h.ended_at IS NULL \
               UNION SELECT destination FROM lanes WHERE due_at IS NOT NULL) AS used ORDER BY name COLLATE \"C\"";
    for row in ground.database.rows(sql, Vec::new()).await? {
        match row.try_get(0)? {
            Destination::Bot(bot) => names.bots.push(bot),
            Destination::Desk(desk) => names.desks.push(desk),
        }
    }
    Ok(names)
}

/// Those of these that are still kept and can be read.
pub(super) async fn messages(
    ground: &Ground,
    ids: impl Iterator<Item = MessageId>,
) -> Result<HashMap<MessageId, Message>, Fault> {
    let ids: Vec<Uuid> = ids.map(MessageId::as_uuid).collect();
    let sql = select_messages!("WHERE id = ANY($1)");
    let found = ground.database.rows(sql, values![ids]).await?;
    let read = found.iter().filter_map(|row| message(row).ok());
    Ok(read.map(|message| (message.id, message)).collect())
}

/// A message from a row of [`message_columns`].
pub(super) fn message(row: &Row) -> Result<Message, Fault> {
    message_at(row, 0)
}

/// The same from a row in which these stand from a column on.
pub(super) fn message_at(row: &Row, from: usize) -> Result<Message, Fault> {
    Ok(Message {
        id: row.try_get(from)?,
        seq: count(row.try_get(from + 1)?),
        actor: row.try_get(from + 2)?,
        at: row.try_get(from + 3)?,
        content: columns::json(row, from + 4)?,
        handover: row.try_get(from + 5)?,
        late: row.try_get(from + 6)?,
        raw: row.try_get(from + 7)?,
    })
}
