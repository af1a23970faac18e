//! Erasure: what is kept of a user goes, when nothing is owed in their conversations any more.
//!
//! A row of `erasing` stands for each conversation on its way out, so whichever replica comes next goes on where another
//! was. A conversation is locked before anything of it is taken away. The keys stay: they are keyed hashes, and say
//! nothing of anybody.

use tokio_postgres::{GenericClient, Row, Transaction, types::Type};

use super::{
    columns::{self, count},
    deliveries,
    fault::Fault,
};
use crate::{
    domain::{
        conversation::Conversation,
        delivery::Task,
        ids::{BotName, ConversationId, DeliveryId, ErasureId, HandoverId},
        time::Timestamp,
    },
    store::{
        DeliveryState, Erasure, Named, Whose,
        audit::{ADMIN, Action},
        page::rows,
    },
};

/// As many deliveries are looked through in one statement.
const LOOK_AT_ONCE: i64 = 20_000;
/// As much of what is owed is shown.
const SHOWN: usize = 20;

/// A conversation that nothing is owed in, with the rows that are left of what was owed.
#[derive(Debug)]
pub(super) struct Remains {
    conversation: i64,
    /// Of its last change when it was looked at; none: retention was quicker.
    version: Option<i64>,
    deliveries: Vec<i64>,
    /// Of deliveries, when it was looked at.
    last_row: i64,
}

/// What a step has left of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It is gone; none where another was quicker.
    Nothing(Option<ConversationId>),
    Rows,
    /// Something has come between, and is owed first.
    Debts,
}

/// The rows of the conversations that are meant.
pub(super) async fn find(client: &impl GenericClient, whose: &Whose) -> Result<Vec<i64>, Fault> {
    let (sql, user) = match &whose.user {
        Named::Key(user) => (
            "SELECT row, state FROM conversations WHERE \"user\" = $1 AND ($2::text IS NULL OR bot = $2)",
            user.clone(),
        ),
        // All are looked through for the words that a state says it with, a million in some seconds.
        Named::Profile(id) => (
            "SELECT row, state FROM conversations WHERE strpos(state, $1) > 0 AND ($2::text IS NULL OR bot = $2)",
            serde_json::to_string(id)?,
        ),
    };
    let bot = whose.bot.as_ref().map(BotName::as_str);
    let found = client
        .query_typed(sql, &[(&user, Type::TEXT), (&bot, Type::TEXT)])
        .await?;
    let mut meant = Vec::new();
    for row in &found {
        if is_meant(whose, row)? {
            meant.push(row.try_get(0)?);
        }
    }
    Ok(meant)
}

/// What only the state says, of a row that its columns speak for.
fn is_meant(whose: &Whose, row: &Row) -> Result<bool, Fault> {
    let id = match &whose.user {
        Named::Profile(id) => Some(id),
        Named::Key(_) if whose.version.is_some() => None,
        Named::Key(_) => return Ok(true),
    };
    let Conversation { profile, .. } = columns::json(row, 1)?;
    Ok((id.is_none() || profile.user.id.as_ref() == id)
        && (whose.version.is_none() || profile.version == whose.version))
}

/// Marks them all, in one step. Where there are none it is finished with that.
pub(super) async fn begin(
    client: &impl GenericClient,
    (id, conversations): (ErasureId, &[i64]),
    (at_platform, now): (bool, Timestamp),
) -> Result<(), Fault> {
    let sql = "WITH there AS (INSERT INTO erasing (conversation, erasure, told) \
                   SELECT row, $2, false FROM conversations WHERE row = ANY($1) RETURNING conversation), \
               trace AS (INSERT INTO audit (at, actor, action, subject) VALUES ($4, $5, $6, $7)) \
               INSERT INTO erasures (id, at_platform, requested_at, conversations, finished_at) \
               SELECT $2, $3, $4, count(*), CASE WHEN count(*) = 0 THEN $4 END FROM there";
    client
        .execute_typed(
            sql,
            &[
                (&conversations, Type::INT8_ARRAY),
                (&id.as_uuid(), Type::UUID),
                (&at_platform, Type::BOOL),
                (&now.as_millis(), Type::INT8),
                (&ADMIN, Type::TEXT),
                (&Action::Erase.as_str(), Type::TEXT),
                (&id.to_string(), Type::TEXT),
            ],
        )
        .await?;
    Ok(())
}

/// A conversation whose handover has not been told to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Untold {
    pub(super) conversation: i64,
    pub(super) erasure: ErasureId,
    pub(super) at_platform: bool,
}

pub(super) async fn untold(
    client: &impl GenericClient,
    limit: usize,
) -> Result<Vec<Untold>, Fault> {
    let sql = "SELECT e.conversation, e.erasure, r.at_platform FROM erasing e JOIN erasures r ON r.id = e.erasure \
               WHERE NOT e.told LIMIT $1";
    let found = client
        .query_typed(sql, &[(&rows(limit), Type::INT8)])
        .await?;
    let untold = |row: &Row| {
        Ok(Untold {
            conversation: row.try_get(0)?,
            erasure: row.try_get(1)?,
            at_platform: row.try_get(2)?,
        })
    };
    found.iter().map(untold).collect()
}

/// Deliveries that are still owed although it has been waited for long enough.
pub(super) async fn overdue(
    client: &impl GenericClient,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<DeliveryId>, Fault> {
    let sql = "SELECT DISTINCT d.id FROM erasures r JOIN erasing e ON e.erasure = r.id \
               JOIN deliveries d ON d.settled_at IS NULL AND d.conversation = e.conversation \
               WHERE r.finished_at IS NULL AND r.requested_at < $1 LIMIT $2";
    let before = now.minus(Whose::LIMIT).as_millis();
    let found = client
        .query_typed(sql, &[(&before, Type::INT8), (&rows(limit), Type::INT8)])
        .await?;
    let ids = found.iter().map(|row| row.try_get(0));
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Conversations in which nothing is owed any more.
pub(super) async fn remains(
    client: &impl GenericClient,
    limit: usize,
) -> Result<Vec<Remains>, Fault> {
    let sql = "SELECT e.conversation, c.touched, (SELECT coalesce(max(row), 0) FROM deliveries) FROM erasing e \
               LEFT JOIN conversations c ON c.row = e.conversation \
               WHERE c.phase IS NULL \
               AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = c.id AND d.settled_at IS NULL) \
               AND NOT EXISTS (SELECT FROM handovers h JOIN legs l ON l.handover = h.id \
                   JOIN deliveries d ON d.lane = l.id AND d.settled_at IS NULL \
                   WHERE h.conversation = e.conversation) \
               GROUP BY e.conversation, c.touched HAVING bool_and(e.told) LIMIT $1";
    let found = client
        .query_typed(sql, &[(&rows(limit), Type::INT8)])
        .await?;
    let remains = |row: &Row| {
        Ok(Remains {
            conversation: row.try_get(0)?,
            version: row.try_get(1)?,
            deliveries: Vec::new(),
            last_row: row.try_get(2)?,
        })
    };
    found.iter().map(remains).collect()
}

/// Looks through the deliveries, a part at a time. No index leads to them from their conversation: that would cost more,
/// with every message, than it saves here.
pub(super) async fn look_through(
    client: &impl GenericClient,
    remains: &mut [Remains],
) -> Result<(), Fault> {
    let sql = "SELECT row, conversation FROM deliveries WHERE row > $1 AND row <= $2 AND conversation = ANY($3)";
    let wanted: Vec<i64> = remains.iter().map(|one| one.conversation).collect();
    let last_row = remains.iter().map(|one| one.last_row).max().unwrap_or(0);
    let mut after = 0;
    while after < last_row {
        let to = after.saturating_add(LOOK_AT_ONCE);
        let found = client
            .query_typed(
                sql,
                &[
                    (&after, Type::INT8),
                    (&to, Type::INT8),
                    (&wanted, Type::INT8_ARRAY),
                ],
            )
            .await?;
        for row in &found {
            let (delivery, conversation): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let mut of = remains.iter_mut();
            if let Some(of) = of.find(|one| one.conversation == conversation) {
                of.deliveries.push(delivery);
            }
        }
        after = to;
    }
    Ok(())
}

/// Takes away at most `limit` rows of it, the conversation itself last.
pub(super) async fn take_away(
    work: &Transaction<'_>,
    remains: &mut Remains,
    limit: usize,
) -> Result<Left, Fault> {
    let conversation = remains.conversation;
    let sql = "SELECT FROM conversations WHERE row = $1 FOR UPDATE";
    work.query_typed_opt(sql, &[(&conversation, Type::INT8)])
        .await?;
    if has_changed(work, remains).await? {
        return Ok(Left::Debts);
    }
    let from = remains.deliveries.len().saturating_sub(limit);
    let deliveries = remains.deliveries.split_off(from);
    if !deliveries.is_empty() {
        take_deliveries(work, conversation, &deliveries).await?;
        return Ok(Left::Rows);
    }
    let sql = "DELETE FROM messages WHERE row IN (SELECT row FROM messages WHERE conversation = $1 LIMIT $2)";
    let messages = work
        .execute_typed(
            sql,
            &[(&conversation, Type::INT8), (&rows(limit), Type::INT8)],
        )
        .await?;
    if i64::try_from(messages).is_ok_and(|messages| messages >= rows(limit)) {
        return Ok(Left::Rows);
    }
    take_handovers(work, conversation).await?;
    let sql = "WITH echoes AS (DELETE FROM echoes WHERE conversation = $1), \
               erasing AS (DELETE FROM erasing WHERE conversation = $1), \
               gone AS (DELETE FROM conversations WHERE row = $1 RETURNING id), \
               unknown AS (DELETE FROM unknown_events WHERE conversation IN (SELECT id FROM gone)) \
               SELECT id FROM gone";
    let gone = work
        .query_typed_opt(sql, &[(&conversation, Type::INT8)])
        .await?;
    let gone = gone.map(|row| row.try_get(0)).transpose()?;
    Ok(Left::Nothing(gone))
}

/// Those of which nothing is left. Says whether any is not finished.
pub(super) async fn finish(client: &impl GenericClient, now: Timestamp) -> Result<bool, Fault> {
    let sql = "UPDATE erasures r SET finished_at = $1 WHERE finished_at IS NULL \
               AND NOT EXISTS (SELECT FROM erasing WHERE erasure = r.id)";
    client
        .execute_typed(sql, &[(&now.as_millis(), Type::INT8)])
        .await?;
    let sql = "SELECT EXISTS (SELECT FROM erasures WHERE finished_at IS NULL)";
    Ok(client.query_typed_one(sql, &[]).await?.try_get(0)?)
}

pub(super) async fn view(
    client: &impl GenericClient,
    id: ErasureId,
) -> Result<Option<Erasure>, Fault> {
    let sql = "SELECT requested_at, finished_at, conversations, platform_deleted, platform_kept, \
               (SELECT count(*) FROM erasing WHERE erasure = $1) FROM erasures WHERE id = $1";
    let found = client
        .query_typed_opt(sql, &[(&id.as_uuid(), Type::UUID)])
        .await?;
    let Some(row) = found else {
        return Ok(None);
    };
    let left = count(row.try_get(5)?);
    let waits_for = if left > 0 {
        deliveries::owed_in(client, id, SHOWN).await?
    } else {
        Vec::new()
    };
    Ok(Some(Erasure {
        id,
        requested_at: row.try_get(0)?,
        finished_at: row.try_get(1)?,
        conversations: count(row.try_get(2)?),
        platform_deleted: count(row.try_get(3)?),
        platform_kept: count(row.try_get(4)?),
        left,
        waits_for,
    }))
}

/// With what operators did to them, and with how the platform answered.
async fn take_deliveries(
    work: &Transaction<'_>,
    conversation: i64,
    deliveries: &[i64],
) -> Result<(), Fault> {
    let sql = "DELETE FROM deliveries WHERE row = ANY($1) AND conversation = $2 RETURNING id, task, state";
    let taken = work
        .query_typed(
            sql,
            &[(&deliveries, Type::INT8_ARRAY), (&conversation, Type::INT8)],
        )
        .await?;
    let (mut ids, mut deleted, mut kept) = (Vec::new(), 0_i64, 0_i64);
    for row in &taken {
        ids.push(row.try_get::<_, DeliveryId>(0)?.to_string());
        if matches!(columns::json(row, 1), Ok(Task::Forget)) {
            match row.try_get(2)? {
                DeliveryState::Delivered => deleted += 1,
                _ => kept += 1,
            }
        }
    }
    if deleted + kept > 0 {
        let sql = "UPDATE erasures SET platform_deleted = platform_deleted + $2, platform_kept = platform_kept + $3 \
                   WHERE at_platform AND id IN (SELECT erasure FROM erasing WHERE conversation = $1)";
        work.execute_typed(
            sql,
            &[
                (&conversation, Type::INT8),
                (&deleted, Type::INT8),
                (&kept, Type::INT8),
            ],
        )
        .await?;
    }
    forget_subjects(work, &ids).await
}

async fn take_handovers(work: &Transaction<'_>, conversation: i64) -> Result<(), Fault> {
    let sql = "WITH gone AS (SELECT id FROM handovers WHERE conversation = $1), \
               legs AS (DELETE FROM legs WHERE handover IN (SELECT id FROM gone)), \
               journal AS (DELETE FROM journal WHERE handover IN (SELECT id FROM gone)) \
               DELETE FROM handovers WHERE id IN (SELECT id FROM gone) RETURNING id";
    let gone = work
        .query_typed(sql, &[(&conversation, Type::INT8)])
        .await?;
    let ids = gone
        .iter()
        .map(|row| Ok(row.try_get::<_, HandoverId>(0)?.to_string()))
        .collect::<Result<Vec<_>, Fault>>()?;
    let sql = "DELETE FROM warnings WHERE subject = ANY($1)";
    work.execute_typed(sql, &[(&ids, Type::TEXT_ARRAY)]).await?;
    forget_subjects(work, &ids).await
}

/// That somebody did something stays; to what is forgotten.
async fn forget_subjects(work: &Transaction<'_>, ids: &[String]) -> Result<(), Fault> {
    let sql = "UPDATE audit SET subject = 'erased' WHERE subject = ANY($1)";
    work.execute_typed(sql, &[(&ids, Type::TEXT_ARRAY)]).await?;
    Ok(())
}

/// Whether something has come between since it was looked at. A step that owes anything changes the conversation.
async fn has_changed(work: &Transaction<'_>, remains: &Remains) -> Result<bool, Fault> {
    let sql = "SELECT (SELECT touched FROM conversations WHERE row = $1) IS DISTINCT FROM $2 \
               OR EXISTS (SELECT FROM erasing WHERE conversation = $1 AND NOT told)";
    let row = work
        .query_typed_one(
            sql,
            &[
                (&remains.conversation, Type::INT8),
                (&remains.version, Type::INT8),
            ],
        )
        .await?;
    Ok(row.try_get(0)?)
}
