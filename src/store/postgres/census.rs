//! Counts what an operator watches, from committed rows. What it costs grows with what is open and owed, never with
//! what is kept.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    columns::{self, asked_desk, count, values},
    database::Database,
    fault::Fault,
    patience::Patience,
    work::Ground,
};
use crate::{
    domain::{
        attention::{self, Evidence, GRACE},
        conversation::{Conversation, Handover, Phase},
        delivery::Task,
        ids::ConversationId,
        policy::Limits,
        time::Timestamp,
    },
    store::{Census, Owed},
};

pub(super) async fn take(ground: &Ground) -> Result<Census, Fault> {
    let (limits, now) = (&ground.policy.limits, ground.clock.now());
    let database = &ground.database.spending(Patience::Reader);
    let mut census = Census {
        at: now,
        ..Census::default()
    };
    look_at_conversations(database, limits, now, &mut census).await?;
    count_handovers(database, &mut census).await?;
    count_owed(database, &mut census).await?;
    list_pauses(database, now, &mut census).await?;
    Ok(census)
}

/// Every conversation whose bot does not have the user, by what its state says and, where that leaves it open, by the
/// rows beside it.
async fn look_at_conversations(
    database: &Database,
    limits: &Limits,
    now: Timestamp,
    census: &mut Census,
) -> Result<(), Fault> {
    let sql = "SELECT state, id FROM conversations WHERE wake_at IS NOT NULL";
    let mut in_question = Vec::new();
    for row in database.rows(sql, values![]).await? {
        // A row that nobody can read is left with nobody.
        let Ok(state) = columns::json::<Conversation>(&row, 0) else {
            census.leave_alone(row.try_get(1)?);
            continue;
        };
        let Some(open) = state.handover else {
            continue;
        };
        if open.phase == Phase::Closing && now > open.phase_since.plus(limits.closing) {
            *census.late_resumes.entry(state.key.bot).or_default() += 1;
        }
        if attention::is_in_question(&open, limits, now) {
            in_question.push((state.id, open));
        }
    }
    let evidence = evidence(database, &in_question, now).await?;
    for (id, open) in &in_question {
        let evidence = evidence.get(id).copied().unwrap_or_default();
        if attention::is_unattended(open, &evidence, limits, now) {
            census.leave_alone(*id);
        }
    }
    Ok(())
}

/// What the rows beside them say of all that are in question. A notice that has been given up has told nobody anything.
async fn evidence(
    database: &Database,
    in_question: &[(ConversationId, Handover)],
    now: Timestamp,
) -> Result<HashMap<ConversationId, Evidence>, Fault> {
    let mut all = HashMap::new();
    if in_question.is_empty() {
        return Ok(all);
    }
    let (conversations, handovers): (Vec<Uuid>, Vec<Uuid>) = in_question
        .iter()
        .map(|(id, open)| (id.as_uuid(), open.id.as_uuid()))
        .unzip();
    let sql = "SELECT conversation, (SELECT max(recorded_at) FROM messages m \
                   WHERE m.conversation = g.conversation AND m.handover = g.handover AND m.actor = 'system' \
                   AND NOT EXISTS (SELECT FROM deliveries d WHERE d.conversation = m.conversation \
                       AND substr(d.destination, 1, 4) = 'bot:' AND d.state IN ('dead', 'cancelled') \
                       AND strpos(d.task, m.id::text) > 0)), \
               EXISTS (SELECT FROM journal j WHERE j.handover = g.handover AND j.cause = 'resume_late') \
               FROM unnest($1, $2) AS g (conversation, handover)";
    let values = values![conversations.clone(), handovers];
    for said in database.rows(sql, values).await? {
        let evidence = Evidence {
            told_at: said.try_get(1)?,
            operator_knows: said.try_get(2)?,
            ..Evidence::default()
        };
        all.insert(said.try_get(0)?, evidence);
    }
    let sql =
        "SELECT lane, task, created_at FROM deliveries WHERE lane = ANY($1) AND settled_at IS NULL";
    for waiting in database.rows(sql, values![conversations]).await? {
        let evidence = all.entry(waiting.try_get(0)?).or_default();
        let created_at: Timestamp = waiting.try_get(2)?;
        match columns::json(&waiting, 1) {
            Ok(Task::Say { notice: true, .. }) => {
                evidence.notice_waits |= created_at < now.minus(GRACE);
            }
            Ok(Task::Resume { .. }) => evidence.resume_waits = true,
            _ => {}
        }
    }
    Ok(all)
}

async fn count_handovers(database: &Database, census: &mut Census) -> Result<(), Fault> {
    let sql = concat!(
        "SELECT ",
        asked_desk!(),
        ", h.phase, count(*) FROM handovers h WHERE h.ended_at IS NULL GROUP BY 1, 2"
    );
    for row in database.rows(sql, values![]).await? {
        let open = census
            .open
            .entry((row.try_get(0)?, row.try_get(1)?))
            .or_default();
        *open += count(row.try_get(2)?);
    }
    Ok(())
}

/// What is owed, and what is dead. Rows are numbered as they are made, so the first tells how old the oldest is; but not one
/// that an operator has sent again, which is `retrying` for no reason.
pub(super) async fn count_owed(database: &Database, census: &mut Census) -> Result<(), Fault> {
    let sql = "SELECT o.destination, o.owed, least(first.created_at, again.due_at) FROM \
               (SELECT destination, count(*) AS owed FROM deliveries WHERE settled_at IS NULL GROUP BY destination) o \
               LEFT JOIN LATERAL (SELECT d.row, d.created_at FROM deliveries d WHERE d.destination = o.destination \
                   AND d.settled_at IS NULL AND d.task <> $1 AND NOT (d.state = 'retrying' AND d.error_class IS NULL) \
                   ORDER BY d.row LIMIT 1) first ON true \
               LEFT JOIN LATERAL (SELECT min(d.due_at) AS due_at FROM deliveries d WHERE d.destination = o.destination \
                   AND d.settled_at IS NULL AND d.task <> $1 AND d.state = 'retrying' AND d.error_class IS NULL \
                   AND d.row < coalesce(first.row, 9223372036854775807)) again ON true";
    let forget = serde_json::to_string(&Task::Forget)?;
    for row in database.rows(sql, values![forget]).await? {
        let owed = Owed {
            count: count(row.try_get(1)?),
            since: row.try_get(2)?,
        };
        census.owed.insert(row.try_get(0)?, owed);
    }
    let sql =
        "SELECT destination, count(*) FROM deliveries WHERE state = 'dead' GROUP BY destination";
    for row in database.rows(sql, values![]).await? {
        let dead = count(row.try_get(1)?);
        census.dead_letters.insert(row.try_get(0)?, dead);
    }
    Ok(())
}

async fn list_pauses(
    database: &Database,
    now: Timestamp,
    census: &mut Census,
) -> Result<(), Fault> {
    let sql = "SELECT destination, until FROM pauses WHERE until > $1";
    let paused = database.rows(sql, values![now]).await?;
    for row in paused {
        census.paused.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}
