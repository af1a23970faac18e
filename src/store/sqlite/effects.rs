//! Writes what a decision asked for.

use rusqlite::params;

use super::{
    at_hand::{self, AtHand, Recorded},
    cancel,
    columns::{AnyId, copied, integer, lane_id},
    fault::Fault,
    lanes::Waiting,
    legs,
    memory::Change,
    subject::Subject,
    warnings,
    work::Work,
};
use crate::{
    domain::{
        dedupe::Fingerprint,
        delivery::{Lane, NewDelivery, Task},
        effect::{Effect, HandoverRow, JournalEntry, LegRow, MoveUp},
        handover::Echo,
        ids::{DeliveryId, DeskName, MessageId},
        message::Message,
        time::Timestamp,
    },
    store::DeliveryState,
};

pub(super) fn perform(
    work: &mut Work<'_>,
    subject: &mut Subject,
    effects: &[Effect],
) -> Result<(), Fault> {
    // Legs refer to their handover's row, which `decide` puts last.
    for effect in effects {
        if let (Effect::Handover(handover), Some(row)) = (effect, subject.row) {
            keep_handover(work, row, handover)?;
        }
    }
    let mut recorded = None;
    for effect in effects {
        match (effect, subject.row) {
            (Effect::Record(message), Some(row)) => {
                let progress = subject.progress_with(message.id);
                recorded = Some(record(work, row, message, progress.as_deref())?);
            }
            (Effect::MoveUp(moved), Some(row)) => move_up(work, row, *moved)?,
            (Effect::Unsaid { message }, _) => mark_said(work, *message, false)?,
            (Effect::Deliver(delivery), Some(row)) => {
                let at_hand = at_hand::keep(work, subject, delivery, recorded)?;
                deliver(work, row, delivery, at_hand)?;
            }
            (
                Effect::ExpectEcho {
                    fingerprint,
                    delivery,
                },
                Some(row),
            ) => {
                expect_echo(work, row, *fingerprint, *delivery)?;
                subject.expect_echo(Echo {
                    fingerprint: *fingerprint,
                    until: None,
                });
            }
            (
                Effect::ExpectCopy {
                    fingerprint,
                    message,
                    until,
                },
                Some(row),
            ) => {
                let sql = "INSERT INTO echoes (conversation, fingerprint, delivery, expires_at) VALUES (?1, ?2, ?3, ?4)";
                work.execute(
                    sql,
                    params![row, fingerprint, AnyId(copied(*message)), until],
                )?;
                subject.expect_echo(Echo {
                    fingerprint: *fingerprint,
                    until: Some(*until),
                });
            }
            (
                Effect::ConsumeEcho {
                    fingerprint,
                    however_old,
                },
                Some(row),
            ) => consume_echo(work, row, *fingerprint, *however_old)?,
            (Effect::CancelUnsent { lane, only }, _) => cancel::unsent(work, *lane, *only)?,
            (Effect::Hurry { lane }, _) => cancel::hurry(work, *lane)?,
            (Effect::Leg(leg), _) => {
                keep_leg(work, leg)?;
                work.let_go([Some(Lane::Leg(leg.id))]);
            }
            (Effect::Name(name), _) => legs::name(work, name)?,
            (
                Effect::Take {
                    lane,
                    handover,
                    taken,
                },
                _,
            ) => {
                legs::take(work, *lane, *handover, taken)?;
                subject.take_of(work, *lane);
            }
            // Nobody could find what it tells of a handover that has no row.
            (Effect::Journal(entry), row) if row.is_some() || entry.handover.is_none() => {
                keep_entry(work, entry)?;
            }
            (Effect::Warn(warning), _) => warnings::raise(work, warning)?,
            (Effect::KeepUnknown { raw }, _) => {
                let sql = "INSERT INTO unknown_events (conversation, at, raw) VALUES (?1, ?2, ?3)";
                work.execute(sql, params![subject.state.id, work.now, raw])?;
            }
            // Seen to by the settlement, which knows the row.
            (
                Effect::Handover(_) | Effect::Journal(_) | Effect::Withdraw | Effect::PutOff { .. },
                _,
            ) => {}
            // A decision that keeps something changes the state, and a changed state has a row.
            (_, None) => return Err(Fault::Missing),
        }
    }
    Ok(())
}

/// Expects a text of this delivery to come back.
pub(super) fn expect_echo(
    work: &Work<'_>,
    conversation: i64,
    fingerprint: Fingerprint,
    delivery: DeliveryId,
) -> Result<(), Fault> {
    let sql = "INSERT INTO echoes (conversation, fingerprint, delivery) VALUES (?1, ?2, ?3)";
    work.execute(sql, params![conversation, fingerprint, delivery])?;
    Ok(())
}

/// The one that `decide` found: the oldest equal one, of those that are not too old unless age does not count.
fn consume_echo(
    work: &Work<'_>,
    conversation: i64,
    fingerprint: Fingerprint,
    however_old: bool,
) -> Result<(), Fault> {
    work.execute(
        "DELETE FROM echoes WHERE row = (SELECT row FROM echoes WHERE conversation = ?1 AND fingerprint = ?2 \
         AND (?3 OR expires_at IS NULL OR expires_at >= ?4) ORDER BY row LIMIT 1)",
        params![conversation, fingerprint, however_old, work.now],
    )?;
    Ok(())
}

fn record<'m>(
    work: &Work<'_>,
    conversation: i64,
    message: &'m Message,
    progress: Option<&str>,
) -> Result<Recorded<'m>, Fault> {
    let content = serde_json::to_string(&message.content)?;
    work.execute(
        "INSERT INTO messages (id, conversation, seq, actor, at, handover, late, content, raw, recorded_at, \
         progress) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            message.id,
            conversation,
            integer(message.seq),
            message.actor,
            message.at,
            message.handover,
            message.late,
            content,
            message.raw,
            work.now,
            progress
        ],
    )?;
    Ok(Recorded {
        message,
        length: content.len() + message.raw.as_ref().map_or(0, String::len),
    })
}

/// Places are one's own: on the way to it each message has one that nobody else has.
fn move_up(work: &Work<'_>, conversation: i64, moved: MoveUp) -> Result<(), Fault> {
    let MoveUp {
        from,
        count,
        before,
    } = moved;
    let (from, count, before) = (integer(from), integer(count), integer(before));
    work.execute(
        "UPDATE messages SET seq = -iif(seq < ?2, seq + ?3, seq - ?2 + ?4) \
         WHERE conversation = ?1 AND seq >= ?4 AND seq < ?2 + ?3",
        params![conversation, from, count, before],
    )?;
    work.execute(
        "UPDATE messages SET seq = -seq WHERE conversation = ?1 AND seq < 0",
        [conversation],
    )?;
    work.execute(
        "UPDATE console_reads SET seq = seq + ?2 WHERE conversation = ?1 AND seq >= ?3",
        params![conversation, count, before],
    )?;
    Ok(())
}

/// Whether desks that are asked from now on are to read it.
pub(super) fn mark_said(work: &Work<'_>, message: MessageId, said: bool) -> Result<(), Fault> {
    let sql = "UPDATE messages SET unsaid = ?2 WHERE id = ?1";
    work.execute(sql, params![message, !said])?;
    Ok(())
}

fn deliver(
    work: &mut Work<'_>,
    conversation: i64,
    delivery: &NewDelivery,
    at_hand: Option<Box<AtHand>>,
) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, task, state, attempts, \
         due_at, created_at, trace) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?10, ?11)",
        params![
            delivery.id,
            conversation,
            delivery.handover,
            AnyId(lane_id(delivery.lane)),
            delivery.destination,
            integer(delivery.order),
            delivery.urgent,
            serde_json::to_string(&delivery.task)?,
            DeliveryState::Pending,
            work.now,
            work.trace
        ],
    )?;
    // A platform waits for what comes of these calls: their lanes go ahead of those that are only late.
    let due = match delivery.task {
        Task::LookUp { .. } | Task::Open { .. } => Timestamp::default(),
        _ => work.now,
    };
    let waiting = Waiting {
        row: work.connection.last_insert_rowid(),
        lane: work.key_of(delivery.lane, delivery.order),
        destination: delivery.destination.clone(),
        order: delivery.order,
        urgent: delivery.urgent,
        due,
        at_hand,
    };
    work.change(Change::Put(waiting));
    Ok(())
}

fn keep_handover(
    work: &mut Work<'_>,
    conversation: i64,
    handover: &HandoverRow,
) -> Result<(), Fault> {
    let ended = handover.ended.as_ref();
    work.execute(
        "INSERT INTO handovers (id, conversation, desk, facts, phase, answer, requested_at, phase_since, ended_at, \
         reason, operator) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (id) DO UPDATE SET desk = excluded.desk, facts = excluded.facts, phase = excluded.phase, \
         answer = excluded.answer, phase_since = excluded.phase_since, ended_at = excluded.ended_at, \
         reason = excluded.reason, operator = excluded.operator",
        params![
            handover.facts.id,
            conversation,
            handover.desk.clone().unwrap_or_else(DeskName::stand_in),
            serde_json::to_string(&handover.facts)?,
            handover.phase,
            handover.answer,
            handover.requested_at,
            handover.phase_since,
            ended.map(|ended| ended.at),
            ended.map(|ended| &ended.reason),
            handover.operator
        ],
    )?;
    work.change(Change::Answered(handover.facts.id));
    Ok(())
}

fn keep_leg(work: &Work<'_>, leg: &LegRow) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO legs (id, handover, desk, reference, closed) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (id) DO UPDATE SET reference = coalesce(excluded.reference, reference), \
         closed = max(closed, excluded.closed)",
        params![leg.id, leg.handover, leg.desk, leg.reference, leg.closed],
    )?;
    Ok(())
}

fn keep_entry(work: &Work<'_>, entry: &JournalEntry) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO journal (handover, at, from_phase, to_phase, cause, detail, operator) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            entry.handover,
            entry.at,
            entry.from,
            entry.to,
            entry.cause,
            entry.detail,
            entry.by
        ],
    )?;
    Ok(())
}
