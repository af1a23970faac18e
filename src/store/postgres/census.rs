//! Counts what an operator watches, from committed rows. What it costs grows with what is open and owed, never with
//! what is kept.

use super::{
    columns::{self, count, values},
    fault::Fault,
    work::Ground,
};
use crate::{
    domain::{
        attention::{self, Evidence, GRACE},
        conversation::{Conversation, Handover, Phase},
        delivery::Task,
        policy::Limits,
        time::Timestamp,
    },
    store::{Census, Owed},
};

pub(super) async fn take(ground: &Ground) -> Result<Census, Fault> {
    let (limits, now) = (&ground.policy.limits, ground.clock.now());
    let mut census = Census {
        at: now,
        ..Census::default()
    };
    look_at_conversations(ground, limits, now, &mut census).await?;
    count_handovers(ground, &mut census).await?;
    count_owed(ground, &mut census).await?;
    list_pauses(ground, now, &mut census).await?;
    Ok(census)
}

/// Every conversation whose bot does not have the user, by what its state says and, where that leaves it open, by the
/// rows beside it.
async fn look_at_conversations(
    ground: &Ground,
    limits: &Limits,
    now: Timestamp,
    census: &mut Census,
) -> Result<(), Fault> {
    let sql = "SELECT state FROM conversations WHERE wake_at IS NOT NULL";
    for row in ground.database.rows(sql, values![]).await? {
        // A row that nobody can read is left with nobody.
        let Ok(state) = columns::json::<Conversation>(&row, 0) else {
            census.unattended += 1;
            continue;
        };
        let Some(open) = &state.handover else {
            continue;
        };
        if open.phase == Phase::Closing && now > open.phase_since.plus(limits.closing) {
            *census
                .late_resumes
                .entry(state.key.bot.clone())
                .or_default() += 1;
        }
        if !attention::is_in_question(open, limits, now) {
            continue;
        }
        let evidence = evidence(ground, &state, open, now).await?;
        census.unattended += u64::from(attention::is_unattended(open, &evidence, limits, now));
    }
    Ok(())
}

async fn evidence(
    ground: &Ground,
    state: &Conversation,
    open: &Handover,
    now: Timestamp,
) -> Result<Evidence, Fault> {
    let sql = "SELECT (SELECT max(recorded_at) FROM messages \
               WHERE conversation = $1 AND handover = $2 AND actor = 'system'), \
               EXISTS (SELECT FROM journal WHERE handover = $2 AND cause = 'resume_late')";
    let said = ground.database.row(sql, values![state.id, open.id]).await?;
    let said = said.ok_or(Fault::Missing)?;
    let mut evidence = Evidence {
        told_at: said.try_get(0)?,
        operator_knows: said.try_get(1)?,
        ..Evidence::default()
    };
    let sql = "SELECT task, created_at FROM deliveries WHERE lane = $1 AND settled_at IS NULL";
    let owed = ground.database.rows(sql, values![state.id]).await?;
    for waiting in &owed {
        let created_at: Timestamp = waiting.try_get(1)?;
        match columns::json(waiting, 0) {
            Ok(Task::Say { notice: true, .. }) => {
                evidence.notice_waits |= created_at < now.minus(GRACE);
            }
            Ok(Task::Resume { .. }) => evidence.resume_waits = true,
            _ => {}
        }
    }
    Ok(evidence)
}

async fn count_handovers(ground: &Ground, census: &mut Census) -> Result<(), Fault> {
    let sql =
        "SELECT desk, phase, count(*) FROM handovers WHERE ended_at IS NULL GROUP BY desk, phase";
    for row in ground.database.rows(sql, values![]).await? {
        let open = census
            .open
            .entry((row.try_get(0)?, row.try_get(1)?))
            .or_default();
        *open += count(row.try_get(2)?);
    }
    Ok(())
}

/// What is owed, and what is dead.
pub(super) async fn count_owed(ground: &Ground, census: &mut Census) -> Result<(), Fault> {
    // One that is `retrying` for no reason is sent again by an operator.
    let sql = "SELECT destination, count(*), \
               min(CASE WHEN state = 'retrying' AND error_class IS NULL THEN due_at ELSE created_at END) \
               FILTER (WHERE task <> $1) FROM deliveries WHERE settled_at IS NULL GROUP BY destination";
    let forget = serde_json::to_string(&Task::Forget)?;
    for row in ground.database.rows(sql, values![forget]).await? {
        let owed = Owed {
            count: count(row.try_get(1)?),
            since: row.try_get(2)?,
        };
        census.owed.insert(row.try_get(0)?, owed);
    }
    let sql =
        "SELECT destination, count(*) FROM deliveries WHERE state = 'dead' GROUP BY destination";
    for row in ground.database.rows(sql, values![]).await? {
        let dead = count(row.try_get(1)?);
        census.dead_letters.insert(row.try_get(0)?, dead);
    }
    Ok(())
}

async fn list_pauses(ground: &Ground, now: Timestamp, census: &mut Census) -> Result<(), Fault> {
    let sql = "SELECT destination, until FROM pauses WHERE until > $1";
    let paused = ground.database.rows(sql, values![now]).await?;
    for row in paused {
        census.paused.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}
