//! Counts what an operator watches, from committed rows. What it costs grows with what is open and owed, never with
//! what is kept.

use rusqlite::{Connection, params};

use super::{
    columns::{self, AnyId, asked_desk, count},
    fault::Fault,
};
use crate::{
    domain::{
        attention::{self, Evidence, GRACE},
        conversation::{Conversation, Handover, Phase},
        delivery::{Destination, Task},
        policy::Limits,
        time::Timestamp,
    },
    store::{Census, Owed},
};

pub(super) fn take(
    connection: &Connection,
    limits: &Limits,
    now: Timestamp,
) -> Result<Census, Fault> {
    let mut census = Census {
        at: now,
        ..Census::default()
    };
    look_at_conversations(connection, limits, now, &mut census)?;
    count_handovers(connection, &mut census)?;
    count_owed(connection, &mut census)?;
    count_dead_letters(connection, &mut census)?;
    list_pauses(connection, now, &mut census)?;
    Ok(census)
}

/// Every conversation whose bot does not have the user, by what its state says and, where that leaves it open, by the
/// rows beside it.
fn look_at_conversations(
    connection: &Connection,
    limits: &Limits,
    now: Timestamp,
    census: &mut Census,
) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("SELECT row, state, id FROM conversations_now WHERE wake_at IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // A row that nobody can read is left with nobody.
        let Ok(state) = columns::json::<Conversation>(row, 1) else {
            census.leave_alone(row.get(2)?);
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
        let evidence = evidence(connection, (row.get(0)?, &state, open), now)?;
        if attention::is_unattended(open, &evidence, limits, now) {
            census.leave_alone(state.id);
        }
    }
    Ok(())
}

/// A notice that has been given up has told nobody anything.
fn evidence(
    connection: &Connection,
    (row, state, open): (i64, &Conversation, &Handover),
    now: Timestamp,
) -> Result<Evidence, Fault> {
    let told_at = connection
        .prepare_cached(
            "SELECT max(recorded_at) FROM messages m WHERE conversation = ?1 AND handover = ?2 AND actor = 'system' \
             AND NOT EXISTS (SELECT 1 FROM deliveries d INDEXED BY deliveries_lost \
                 WHERE d.conversation = ?1 AND substr(d.destination, 1, 4) = 'bot:' \
                 AND (d.state = 'retrying' OR d.state = 'dead' OR d.state = 'cancelled') AND d.state <> 'retrying' \
                 AND instr(replace(d.task, '-', ''), lower(hex(m.id))) > 0)",
        )?
        .query_row(params![row, open.id], |row| row.get(0))?;
    let operator_knows = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM journal WHERE handover = ?1 AND cause = 'resume_late')",
        )?
        .query_row([open.id], |row| row.get(0))?;
    let lane = AnyId(state.id.as_uuid());
    let (notice_waits, resume_waits) = connection
        .prepare_cached(
            "SELECT \
             coalesce(max(task ->> '$.do' = 'say' AND task ->> '$.notice' AND created_at < ?2), 0), \
             coalesce(max(task ->> '$.do' = 'resume'), 0) \
             FROM deliveries WHERE lane = ?1 AND settled_at IS NULL AND substr(destination, 1, 4) = 'bot:'",
        )?
        .query_row(params![lane, now.minus(GRACE)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Evidence {
        told_at,
        notice_waits,
        resume_waits,
        operator_knows,
    })
}

fn count_handovers(connection: &Connection, census: &mut Census) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT ",
        asked_desk!(),
        ", h.phase, count(*) FROM conversations c \
         JOIN handovers h ON h.conversation = c.row AND h.ended_at IS NULL \
         WHERE c.wake_at IS NOT NULL GROUP BY 1, 2",
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let open = census.open.entry((row.get(0)?, row.get(1)?)).or_default();
        *open += count(row.get(2)?);
    }
    Ok(())
}

pub(super) fn count_owed(connection: &Connection, census: &mut Census) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT destination, count(*) FROM deliveries INDEXED BY deliveries_owed \
         WHERE settled_at IS NULL GROUP BY destination",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let destination: Destination = row.get(0)?;
        let owed = Owed {
            count: count(row.get(1)?),
            since: owed_since(connection, &destination)?,
        };
        census.owed.insert(destination, owed);
    }
    Ok(())
}

/// Rows are numbered as they are made: none behind the first that nobody has sent again is older, or was sent again
/// earlier, than that one was made.
fn owed_since(
    connection: &Connection,
    destination: &Destination,
) -> Result<Option<Timestamp>, Fault> {
    // One that is `retrying` for no reason is sent again by an operator.
    let mut statement = connection.prepare_cached(
        "SELECT iif(state = 'retrying' AND error_class IS NULL, due_at, NULL), created_at \
         FROM deliveries INDEXED BY deliveries_owed \
         WHERE settled_at IS NULL AND destination = ?1 AND task <> ?2 ORDER BY row",
    )?;
    let forget = serde_json::to_string(&Task::Forget)?;
    let mut rows = statement.query(params![destination, forget])?;
    let mut oldest: Option<Timestamp> = None;
    while let Some(row) = rows.next()? {
        let again: Option<Timestamp> = row.get(0)?;
        let since = again.map_or_else(|| row.get(1), Ok)?;
        oldest = Some(oldest.map_or(since, |oldest| oldest.min(since)));
        if again.is_none() {
            break;
        }
    }
    Ok(oldest)
}

pub(super) fn count_dead_letters(
    connection: &Connection,
    census: &mut Census,
) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT destination, count(*) FROM deliveries WHERE state = 'dead' GROUP BY destination",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        census.dead_letters.insert(row.get(0)?, count(row.get(1)?));
    }
    Ok(())
}

fn list_pauses(connection: &Connection, now: Timestamp, census: &mut Census) -> Result<(), Fault> {
    let mut statement =
        connection.prepare_cached("SELECT destination, until FROM pauses WHERE until > ?1")?;
    let mut rows = statement.query([now])?;
    while let Some(row) = rows.next()? {
        census.paused.insert(row.get(0)?, row.get(1)?);
    }
    Ok(())
}
