//! A step from outside: repeats are dropped, the others decided in order, and all of it is one change.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::{
    columns::{AnyId, count},
    fault::Fault,
    keys, legs,
    subject::Subject,
    unmatched,
    work::Work,
};
use crate::{
    domain::{
        effect::Effect,
        event::{Event, LegTarget, NamedLeg, Seen, Target, TranscriptItem},
        handover::Outcome,
    },
    store::{
        Applied,
        addressee::Addressee,
        hashing::{Hashed, Known},
        keyed::{self, Keyed, KeyedEvent},
        unmatched::Early,
    },
};

pub(super) fn apply(work: &mut Work<'_>, step: &mut Keyed) -> Result<Applied, Fault> {
    let mut subject = match &step.target {
        Target::Conversation(key) => Subject::by_key(work, key)?,
        Target::User { bot, user } => match Subject::by_user(work, bot, user)? {
            Ok(subject) => subject,
            Err(nobody) => return Ok(nobody),
        },
        Target::Id(id) => match Subject::by_id(work, *id)? {
            Some(subject) if has_noted(work, &subject, step)? => subject,
            _ => return Ok(Applied::NotFound),
        },
        Target::Handover { id, desk } => match Subject::by_handover(work, *id, desk)? {
            Some(subject) => subject,
            None => return Ok(Applied::NotFound),
        },
        Target::Leg(target) => match legs::find(work, target)? {
            Addressee::Leg(leg) => return apply_to_leg(work, step, &leg),
            Addressee::Unknown => return keep(work, target, &step.events),
            Addressee::Contradiction => return Ok(Applied::Contradiction),
        },
    };
    if let Some(profile) = &step.profile {
        subject.learn(work, profile);
    }
    decide_all(work, subject, &mut step.events)
}

fn apply_to_leg(work: &mut Work<'_>, step: &mut Keyed, leg: &NamedLeg) -> Result<Applied, Fault> {
    let mut subject = Subject::by_handover(work, leg.handover, &leg.desk)?.ok_or(Fault::Missing)?;
    if leg.is_new {
        subject = tell_what_was_kept(work, subject, leg)?;
    }
    step.is_about(leg);
    decide_all(work, subject, &mut step.events)
}

fn decide_all(
    work: &mut Work<'_>,
    mut subject: Subject,
    events: &mut [KeyedEvent],
) -> Result<Applied, Fault> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        let outcome;
        (subject, outcome) = apply_event(work, subject, event)?;
        outcomes.push(outcome);
    }
    if subject.row.is_some() {
        subject.save(work)?;
    }
    let conversation = subject.state.id;
    subject.put_back(work);
    Ok(Applied::Done {
        conversation,
        outcomes,
    })
}

/// Whether every handover that takes a note is this conversation's.
fn has_noted(work: &Work<'_>, subject: &Subject, step: &Keyed) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM handovers WHERE id = ?1 AND conversation = ?2)";
    for handover in step.noted() {
        let parameters = params![handover, subject.row];
        if !work
            .prepare(sql)?
            .query_row(parameters, |row| row.get::<_, bool>(0))?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What no leg is known for waits for one, if it may.
fn keep(work: &Work<'_>, target: &LegTarget, events: &[KeyedEvent]) -> Result<Applied, Fault> {
    let kept = match Early::of(target, events) {
        Some(early) => unmatched::keep(work, &early)?,
        None => false,
    };
    Ok(if kept {
        Applied::Kept
    } else {
        Applied::NotFound
    })
}

/// What waited for the desk's conversation to become known is told now, as if it came now.
pub(super) fn tell_what_was_kept(
    work: &mut Work<'_>,
    mut subject: Subject,
    leg: &NamedLeg,
) -> Result<Subject, Fault> {
    let Some(reference) = &leg.reference else {
        return Ok(subject);
    };
    for kept in unmatched::take(work, &leg.desk, reference)? {
        let mut event = KeyedEvent::waited(kept, leg);
        (subject, _) = apply_event(work, subject, &mut event)?;
    }
    Ok(subject)
}

fn apply_event(
    work: &mut Work<'_>,
    subject: Subject,
    event: &mut KeyedEvent,
) -> Result<(Subject, Outcome), Fault> {
    let known = keys::find(work, &event.keys)?;
    if let Some(outcome) = event.met(&subject.state, known) {
        return Ok((subject, outcome));
    }
    if let Event::HandoverRequested(request) = &mut event.event {
        mark_seen(work, &mut request.transcript, &event.transcript)?;
    }
    let (subject, turned) = subject.turn(work, &event.event)?;
    if event.counts(&turned) {
        keys::store(work, &event.keys, event.reference(&turned))?;
    }
    if let Event::HandoverRequested(request) = &event.event
        && subject.state.erasing.is_none()
    {
        let items = &request.transcript;
        store_transcript_keys(work, items, &event.transcript, &turned.effects)?;
    }
    Ok((subject, turned.outcome))
}

/// Says which messages of the transcript have been recorded, and where, or are ours and came back. One that was kept and
/// has been removed since counts as new.
pub(super) fn mark_seen(
    work: &Work<'_>,
    items: &mut [TranscriptItem],
    transcript: &[Vec<Hashed>],
) -> Result<(), Fault> {
    let mut kept = work.prepare("SELECT seq FROM messages WHERE id = ?1")?;
    let mut seen = HashSet::new();
    for (item, keys) in items.iter_mut().zip(transcript) {
        let twice = keys.iter().any(|key| seen.contains(&key.hash));
        seen.extend(keys.iter().map(|key| key.hash));
        item.seen = match keys::find(work, keys)? {
            _ if twice => Some(Seen::Apart),
            None => None,
            Some(Known {
                reference: None, ..
            }) => Some(Seen::Apart),
            Some(Known {
                reference: Some(id),
                ..
            }) => kept
                .query_row([AnyId(id)], |row| row.get(0))
                .optional()?
                .map(|seq| Seen::At(count(seq))),
        };
    }
    Ok(())
}

/// What was new is known from now on.
pub(super) fn store_transcript_keys(
    work: &mut Work<'_>,
    items: &[TranscriptItem],
    transcript: &[Vec<Hashed>],
    effects: &[Effect],
) -> Result<(), Fault> {
    for (keys, reference) in keyed::came_of_transcript(items, transcript, effects) {
        keys::store_anew(work, keys, reference)?;
    }
    Ok(())
}
