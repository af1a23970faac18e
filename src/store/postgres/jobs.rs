//! Puts together what claimed deliveries are about, from committed rows.

use std::collections::HashMap;

use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{self, count, integer, values},
    fault::Fault,
    views::message,
    work::Ground,
};
use crate::{
    domain::{
        conversation::{Closing, ConversationKey, Profile},
        delivery::{Destination, HandoverFacts, Job, Lane, LegFacts, Task},
        ids::{ConversationId, DeliveryId, HandoverId},
        message::Message,
        taken::Taken,
    },
    telemetry::traces::TraceParent,
};

/// How much of a transcript a desk is told at once where its configuration does not say.
const TRANSCRIPT_LIMIT: usize = 200;

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) job: Job,
    pub(super) attempts: u32,
    pub(super) destination: Destination,
    pub(super) trace: Option<TraceParent>,
}

/// Why a delivery cannot be put together.
#[derive(Debug)]
pub(super) enum Unfit {
    /// A newer version wrote it: it is left to one.
    Newer,
    /// What is stored of it cannot be read, or is gone.
    Broken(Fault),
}

/// Those that are not among what is given are gone.
pub(super) async fn load(
    ground: &Ground,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Result<Loaded, Unfit>>, Fault> {
    let sql = "SELECT d.id, d.conversation, d.lane, d.destination, d.task, d.attempts, d.created_at, c.state, h.facts, \
               l.reference, d.trace, h.taken, l.taken, d.handover FROM deliveries d \
               JOIN conversations c ON c.id = d.conversation LEFT JOIN handovers h ON h.id = d.handover \
               LEFT JOIN legs l ON l.id = d.lane WHERE d.id = ANY($1)";
    let mut loaded = HashMap::new();
    for row in ground.database.rows(sql, values![ids]).await? {
        let id = row.try_get(0)?;
        let fit = match read(&row) {
            Ok(loaded) => complete(ground, loaded).await,
            Err(unfit) => Err(unfit),
        };
        match fit {
            Err(Unfit::Broken(fault)) if fault.concerns_everyone() => return Err(fault),
            fit => loaded.insert(id, fit),
        };
    }
    Ok(loaded)
}

/// What is taken from a column that is mostly empty.
fn taken(row: &Row, column: usize) -> Result<Taken, Fault> {
    match row.try_get::<_, Option<&str>>(column)? {
        None => Ok(Taken::default()),
        Some(_) => columns::json(row, column),
    }
}

fn read(row: &Row) -> Result<Loaded, Unfit> {
    let task: Task = columns::json(row, 4).map_err(|_| Unfit::Newer)?;
    read_known(row, task).map_err(Unfit::Broken)
}

fn read_known(row: &Row, mut task: Task) -> Result<Loaded, Fault> {
    let destination: Destination = row.try_get(3)?;
    let lane = columns::lane(row.try_get(2)?, &destination);
    let state: Excerpt = columns::json(row, 7)?;
    // A user may be erased who never had a handover.
    let no_facts = row.try_get::<_, Option<&str>>(8)?.is_none();
    let handover = if matches!(task, Task::Forget) && no_facts {
        no_handover(row.try_get(13)?, &state)
    } else {
        columns::json(row, 8)?
    };
    let leg = match (lane, &destination) {
        (Lane::Leg(id), Destination::Desk(desk)) => Some(LegFacts {
            id,
            desk: desk.clone(),
            reference: row.try_get(9)?,
            taken: taken(row, 12)?,
        }),
        _ => None,
    };
    if let Task::Resume { contract, .. } = &mut task {
        contract.unanswered = state
            .handover
            .as_ref()
            .filter(|open| open.id == handover.id)
            .and_then(|open| open.closing.as_ref())
            .is_some_and(|closing| closing.user_wrote);
    }
    Ok(Loaded {
        job: Job {
            delivery: row.try_get::<_, DeliveryId>(0)?,
            task,
            created_at: row.try_get(6)?,
            conversation: state.id,
            key: state.key,
            profile: state.profile,
            handover,
            taken: taken(row, 11)?,
            leg,
            message: None,
            transcript: Vec::new(),
            transcript_total: 0,
        },
        attempts: u32::try_from(row.try_get::<_, i64>(5)?).unwrap_or(u32::MAX),
        destination,
        trace: row.try_get(10)?,
    })
}

/// Adds the messages that the task names.
async fn complete(ground: &Ground, mut loaded: Loaded) -> Result<Loaded, Unfit> {
    add_messages(ground, &mut loaded.job)
        .await
        .map_err(Unfit::Broken)?;
    Ok(loaded)
}

async fn add_messages(ground: &Ground, job: &mut Job) -> Result<(), Fault> {
    if let (Task::Open { upto }, Some(leg)) = (&job.task, &job.leg) {
        let limit = ground.transcript_limits.get(&leg.desk);
        let limit = limit.copied().unwrap_or(TRANSCRIPT_LIMIT);
        (job.transcript, job.transcript_total) =
            transcript(ground, job.conversation, (*upto, limit)).await?;
    }
    if let Some(id) = job.task.message() {
        let sql =
            "SELECT id, seq, actor, at, content, handover, late, raw FROM messages WHERE id = $1";
        let row = ground.database.row(sql, values![id]).await?;
        job.message = row.as_ref().map(message).transpose()?;
    }
    Ok(())
}

/// What was said up to this message, the newest of it, oldest first; and how much there is in all.
async fn transcript(
    ground: &Ground,
    conversation: ConversationId,
    (upto, limit): (u64, usize),
) -> Result<(Vec<Message>, u64), Fault> {
    let sql = "SELECT id, seq, actor, at, content, handover, late, raw, count(*) OVER () FROM messages \
               WHERE conversation = $1 AND seq <= $2 AND actor <> 'system' AND NOT late ORDER BY seq DESC LIMIT $3";
    // Of none at all there are none to count.
    let most = columns::limit(limit.max(1));
    let rows = ground
        .database
        .rows(sql, values![conversation, integer(upto), most])
        .await?;
    let total = match rows.first() {
        Some(row) => count(row.try_get(8)?),
        None => 0,
    };
    let newest_first = rows.iter().take(limit).map(message);
    let mut messages = newest_first.collect::<Result<Vec<_>, _>>()?;
    messages.reverse();
    Ok((messages, total))
}

/// What a job needs of a conversation's state; the rest need not be parsed.
#[derive(Deserialize)]
struct Excerpt {
    id: ConversationId,
    key: ConversationKey,
    profile: Profile,
    handover: Option<Open>,
}

#[derive(Deserialize)]
struct Open {
    id: HandoverId,
    closing: Option<Closing>,
}

fn no_handover(id: HandoverId, state: &Excerpt) -> HandoverFacts {
    HandoverFacts {
        id,
        language: state.profile.language.clone().unwrap_or_default(),
        payload: None,
        options: serde_json::Map::new(),
    }
}
