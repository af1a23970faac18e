//! Erasure: what is kept of a user goes, when nothing is owed in their conversations any more.
//!
//! A row of `erasing` stands for each conversation on its way out, so a process that dies goes on where it was. What
//! takes long is looked for by readers; the writer is given row numbers and takes them away a few at a time. The keys
//! stay: they are keyed hashes, and say nothing of anybody.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    audit,
    columns::{self, count, number},
    fault::Fault,
    load,
    memory::Change,
    subject::Subject,
    views, warnings,
    work::Work,
};
use crate::{
    domain::{
        conversation::ConversationKey,
        effect::{Warning, WarningKind},
        event::Event,
        ids::{BotName, ErasureId},
        time::Timestamp,
    },
    store::{
        Erasure, Named, Whose,
        audit::Action,
        erasure::{Owner, SHOWN},
    },
};

/// The rows of the conversations that are meant. Who has several of the names is found by each.
pub(super) fn find(connection: &Connection, whose: &Whose) -> Result<Vec<i64>, Fault> {
    let mut found = Vec::new();
    for named in &whose.named {
        found.append(&mut find_named(connection, whose, named)?);
    }
    Ok(found)
}

fn find_named(connection: &Connection, whose: &Whose, named: &Named) -> Result<Vec<i64>, Fault> {
    let (sql, user) = match named {
        Named::Key(user) => (
            "SELECT row, state FROM conversations WHERE user = ?1 AND (?2 IS NULL OR bot = ?2)",
            user.clone(),
        ),
        Named::KeyWith(keys) => (
            "SELECT row, state FROM conversations WHERE (bot, user) IN (SELECT key, value FROM json_each(?1)) \
             AND (?2 IS NULL OR bot = ?2)",
            serde_json::to_string(keys)?,
        ),
        // All are looked through for the words that a state says it with, a million in a second or two.
        Named::Profile(id) => (
            "SELECT row, state FROM conversations WHERE instr(state, ?1) > 0 AND (?2 IS NULL OR bot = ?2)",
            serde_json::to_string(id)?,
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![user, whose.bot])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let conversation = row.get(0)?;
        if !whose.asks_the_state(named) || whose.is_meant(named, owner(row, conversation).as_ref())
        {
            found.push(conversation);
        }
    }
    Ok(found)
}

fn owner(row: &Row<'_>, conversation: i64) -> Option<Owner> {
    let owner = columns::json(row, 1);
    if owner.is_err() {
        tracing::error!(
            conversation.row = conversation,
            "whose a conversation is cannot be read, it is erased with those that are meant"
        );
    }
    owner.ok()
}

/// Whether a conversation of this bot is kept.
pub(super) fn is_kept_of(connection: &Connection, bot: &BotName) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE bot = ?1)";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([bot], |row| row.get(0))?)
}

/// Marks them all, in one step. Where there are none it is finished with that.
pub(super) fn begin(
    work: &Work<'_>,
    conversations: &[i64],
    at_platform: bool,
    by: &str,
) -> Result<ErasureId, Fault> {
    let id = ErasureId::from_uuid(work.new_id());
    let there = work.execute(
        "INSERT INTO erasing (conversation, erasure, told) \
         SELECT row, ?2, 0 FROM conversations WHERE row IN (SELECT value FROM json_each(?1))",
        params![serde_json::to_string(conversations)?, id],
    )?;
    work.execute(
        "INSERT INTO erasures (id, at_platform, requested_at, conversations, finished_at) \
         VALUES (?1, ?2, ?3, ?4, iif(?4 = 0, ?3, NULL))",
        params![id, at_platform, work.now, number(there)],
    )?;
    audit::keep(work, by, Action::Erase, id)?;
    Ok(id)
}

/// Conversations whose handover has not been told to end.
pub(super) fn untold(
    connection: &Connection,
    limit: usize,
) -> Result<Vec<(i64, ErasureId)>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT conversation, erasure FROM erasing WHERE told = 0 LIMIT ?1")?;
    let limit = number(limit);
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn tell(
    work: &mut Work<'_>,
    conversation: i64,
    erasure: ErasureId,
) -> Result<(), Fault> {
    let sql = "SELECT at_platform FROM erasures WHERE id = ?1 \
               AND EXISTS (SELECT 1 FROM conversations WHERE row = ?2)";
    let at_platform = work
        .prepare(sql)?
        .query_row(params![erasure, conversation], |row| row.get(0))
        .optional()?;
    // Retention may have been quicker.
    if let Some(at_platform) = at_platform {
        let event = Event::EraseRequested { at_platform };
        let (_, turned) = Subject::by_row(work, conversation)?.turn(work, &event)?;
        if turned.leaves_it_to_the_platform() {
            keeps_it(work, erasure)?;
        }
    }
    told(work, conversation, erasure).map(drop)
}

/// Nothing can be decided of a conversation that cannot be read: it counts as ended from now on, and its platform is not
/// asked. What is owed in it goes out, or is given up, before it is taken away.
pub(super) fn end_unread(
    work: &mut Work<'_>,
    conversation: i64,
    erasure: ErasureId,
) -> Result<(), Fault> {
    if !told(work, conversation, erasure)? {
        return Ok(());
    }
    let desk = load::desk_of_unread(work.connection, conversation)?;
    let ended = work
        .prepare(
            "UPDATE conversations SET phase = NULL, wake_at = NULL WHERE row = ?1 RETURNING bot, realm, user",
        )?
        .query_row([conversation], |row| {
            Ok(ConversationKey {
                bot: row.get(0)?,
                realm: row.get(1)?,
                user: row.get(2)?,
            })
        })
        .optional()?;
    // Retention may have been quicker.
    let Some(ended) = ended else {
        return Ok(());
    };
    if keeps_it(work, erasure)? {
        let subject = ended.bot.to_string();
        let kind = WarningKind::NotErased;
        warnings::raise(work, &Warning { kind, subject })?;
    }
    let until = Some(work.now);
    work.change(Change::HandedOver { key: ended, until });
    work.change(Change::Moved {
        from: desk,
        to: None,
    });
    Ok(())
}

/// One more conversation of which the platform keeps what it has, if it is to be asked at all.
fn keeps_it(work: &Work<'_>, erasure: ErasureId) -> Result<bool, Fault> {
    let kept = work.execute(
        "UPDATE erasures SET platform_kept = platform_kept + 1 WHERE id = ?1 AND at_platform",
        [erasure],
    )?;
    Ok(kept > 0)
}

/// Says whether it had not been told yet: whoever asked for the erasure and what goes on beside it may both be at it.
fn told(work: &Work<'_>, conversation: i64, erasure: ErasureId) -> Result<bool, Fault> {
    let told = work.execute(
        "UPDATE erasing SET told = 1 WHERE conversation = ?1 AND erasure = ?2 AND told = 0",
        params![conversation, erasure],
    )?;
    Ok(told > 0)
}

/// Conversations in which something is still owed although it has been waited for long enough.
pub(super) fn overdue(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT d.row FROM erasures r JOIN erasing e ON e.erasure = r.id \
         JOIN deliveries d ON d.settled_at IS NULL AND d.conversation = e.conversation \
         WHERE r.finished_at IS NULL AND r.requested_at < ?1 LIMIT ?2",
    )?;
    let limit = number(limit);
    let rows = statement.query_map(params![now.minus(Whose::LIMIT), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Erasures of which nothing is left but the traces in the files.
pub(super) fn gone(connection: &Connection) -> Result<Vec<ErasureId>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM erasures r WHERE finished_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM erasing WHERE erasure = r.id)",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn finish(work: &Work<'_>, erasures: &[ErasureId]) -> Result<(), Fault> {
    for id in erasures {
        work.execute(
            "UPDATE erasures SET finished_at = ?2 WHERE id = ?1",
            params![id, work.now],
        )?;
    }
    Ok(())
}

/// Whether any erasure is not finished.
pub(super) fn any(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM erasures WHERE finished_at IS NULL)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn view(connection: &Connection, id: ErasureId) -> Result<Option<Erasure>, Fault> {
    let found = connection
        .prepare_cached(
            "SELECT requested_at, finished_at, conversations, platform_deleted, platform_kept, \
             (SELECT count(*) FROM erasing WHERE erasure = ?1) FROM erasures WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Erasure {
                id,
                requested_at: row.get(0)?,
                finished_at: row.get(1)?,
                conversations: count(row.get(2)?),
                platform_deleted: count(row.get(3)?),
                platform_kept: count(row.get(4)?),
                left: count(row.get(5)?),
                waits_for: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut erasure) = found else {
        return Ok(None);
    };
    if erasure.left > 0 {
        erasure.waits_for = views::owed_in(connection, id, SHOWN)?;
    }
    Ok(Some(erasure))
}
