//! Writes what a decision asked for.

use super::{
    cancel,
    columns::{copied, integer, lane_id, values},
    fault::Fault,
    legs,
    memory::Change,
    subject::Subject,
    warnings,
    work::Work,
    writes::DeliveryRow,
};
use crate::{
    domain::{
        dedupe::Fingerprint,
        delivery::NewDelivery,
        effect::{Effect, HandoverRow, JournalEntry, LegRow, MoveUp},
        handover::Echo,
        ids::{ConversationId, DeliveryId, DeskName, MessageId},
    },
    store::DeliveryState,
};

pub(super) async fn perform(
    work: &mut Work,
    subject: &mut Subject,
    effects: &[Effect],
) -> Result<(), Fault> {
    let id = subject.state.id;
    for effect in effects {
        let needs_row = matches!(
            effect,
            Effect::Record(_)
                | Effect::MoveUp(_)
                | Effect::Deliver(_)
                | Effect::ExpectEcho { .. }
                | Effect::ExpectCopy { .. }
                | Effect::ConsumeEcho { .. }
        );
        // A decision that keeps something changes the state, and a changed state has a row.
        if needs_row && !subject.is_stored {
            return Err(Fault::Missing);
        }
        match effect {
            Effect::Record(message) => work.writes.messages.push((id, message.clone())),
            Effect::MoveUp(moved) => move_up(work, id, *moved),
            Effect::Unsaid { message } => mark_said(work, *message, false),
            Effect::Deliver(delivery) => deliver(work, id, delivery),
            Effect::ExpectEcho {
                fingerprint,
                delivery,
            } => {
                expect_echo(work, id, *fingerprint, *delivery);
                subject.expect_echo(Echo {
                    fingerprint: *fingerprint,
                    until: None,
                });
            }
            Effect::ExpectCopy {
                fingerprint,
                message,
                until,
            } => {
                work.write(
                    "INSERT INTO echoes (conversation, fingerprint, delivery, expires_at) VALUES ($1, $2, $3, $4)",
                    values![id, fingerprint, copied(*message), until],
                );
                subject.expect_echo(Echo {
                    fingerprint: *fingerprint,
                    until: Some(*until),
                });
            }
            Effect::ConsumeEcho {
                fingerprint,
                however_old,
            } => consume_echo(work, id, *fingerprint, *however_old),
            Effect::CancelUnsent { lane, only } => cancel::unsent(work, *lane, *only).await?,
            Effect::Hurry { lane } => cancel::hurry(work, *lane).await?,
            // Of a request that was declined at once, and of which nothing is kept, there is no row.
            Effect::Handover(handover) if subject.is_stored => {
                keep_handover(work, id, handover)?;
            }
            Effect::Leg(leg) => keep_leg(work, leg),
            Effect::Name(name) => legs::name(work, name),
            Effect::Take {
                lane,
                handover,
                taken,
            } => legs::take(work, *lane, *handover, taken).await?,
            // Nobody could find what it tells of a handover that has no row.
            Effect::Journal(entry) if subject.is_stored || entry.handover.is_none() => {
                keep_entry(work, entry);
            }
            Effect::Warn(warning) => warnings::raise(work, warning),
            Effect::KeepUnknown { raw } => work.write(
                "INSERT INTO unknown_events (conversation, at, raw) VALUES ($1, $2, $3)",
                values![id, work.now, raw],
            ),
            // The last two are seen to by the settlement, which knows the row.
            Effect::Handover(_) | Effect::Journal(_) | Effect::Withdraw | Effect::PutOff { .. } => {
            }
        }
    }
    Ok(())
}

/// Expects a text of this delivery to come back.
pub(super) fn expect_echo(
    work: &mut Work,
    conversation: ConversationId,
    fingerprint: Fingerprint,
    delivery: DeliveryId,
) {
    work.write(
        "INSERT INTO echoes (conversation, fingerprint, delivery) VALUES ($1, $2, $3)",
        values![conversation, fingerprint, delivery],
    );
}

/// The one that `decide` found: the oldest equal one, of those that are not too old unless age does not count.
fn consume_echo(
    work: &mut Work,
    conversation: ConversationId,
    fingerprint: Fingerprint,
    however_old: bool,
) {
    work.write(
        "DELETE FROM echoes WHERE row = (SELECT row FROM echoes WHERE conversation = $1 AND fingerprint = $2 \
         AND ($3 OR expires_at IS NULL OR expires_at >= $4) ORDER BY row LIMIT 1)",
        values![conversation, fingerprint, however_old, work.now],
    );
}

/// Places are one's own: on the way to it each message has one that nobody else has.
fn move_up(work: &mut Work, conversation: ConversationId, moved: MoveUp) {
    let MoveUp {
        from,
        count,
        before,
    } = moved;
    let (from, count, before) = (integer(from), integer(count), integer(before));
    work.write(
        "UPDATE messages SET seq = -CASE WHEN seq < $2 THEN seq + $3 ELSE seq - $2 + $4 END \
         WHERE conversation = $1 AND seq >= $4 AND seq < $2 + $3",
        values![conversation, from, count, before],
    );
    work.write(
        "UPDATE messages SET seq = -seq WHERE conversation = $1 AND seq < 0",
        values![conversation],
    );
    work.write(
        "UPDATE console_reads SET seq = seq + $2 WHERE conversation = $1 AND seq >= $3",
        values![conversation, count, before],
    );
}

/// Whether desks that are asked from now on are to read it.
pub(super) fn mark_said(work: &mut Work, message: MessageId, said: bool) {
    work.write(
        "UPDATE messages SET unsaid = $2 WHERE id = $1",
        values![message, !said],
    );
}

fn deliver(work: &mut Work, conversation: ConversationId, delivery: &NewDelivery) {
    let (lane, destination) = (lane_id(delivery.lane), delivery.destination.clone());
    work.writes.longer.insert(lane, destination);
    let trace = work.trace;
    work.writes.deliveries.push(DeliveryRow {
        conversation,
        delivery: delivery.clone(),
        state: DeliveryState::Pending,
        settled_at: None,
        error_class: None,
        urgent: delivery.urgent,
        trace,
    });
}

fn keep_handover(
    work: &mut Work,
    conversation: ConversationId,
    handover: &HandoverRow,
) -> Result<(), Fault> {
    let ended = handover.ended.as_ref();
    work.write(
        "INSERT INTO handovers (id, conversation, desk, facts, phase, answer, requested_at, phase_since, ended_at, \
         reason, operator) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (id) DO UPDATE SET desk = excluded.desk, facts = excluded.facts, phase = excluded.phase, \
         answer = excluded.answer, phase_since = excluded.phase_since, ended_at = excluded.ended_at, \
         reason = excluded.reason, operator = excluded.operator",
        values![
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
            handover.operator.as_ref()
        ],
    );
    work.change(Change::Answered(handover.facts.id));
    Ok(())
}

fn keep_leg(work: &mut Work, leg: &LegRow) {
    work.write(
        "INSERT INTO legs AS l (id, handover, desk, reference, closed) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET reference = coalesce(excluded.reference, l.reference), \
         closed = l.closed OR excluded.closed",
        values![
            leg.id,
            leg.handover,
            &leg.desk,
            leg.reference.as_ref(),
            leg.closed
        ],
    );
}

fn keep_entry(work: &mut Work, entry: &JournalEntry) {
    work.write(
        "INSERT INTO journal (handover, at, from_phase, to_phase, cause, detail, operator) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values![
            entry.handover,
            entry.at,
            entry.from,
            entry.to,
            entry.cause,
            entry.detail.as_ref(),
            entry.by.as_ref()
        ],
    );
}
