//! A step from outside: repeats are dropped, the others decided in order, and all of it is one change.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    columns::{count, values},
    fault::Fault,
    intake, keys, legs,
    subject::Subject,
    unmatched,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        effect::Effect,
        event::{Event, LegTarget, NamedLeg, Seen, Step, Target, TranscriptItem},
        handover::Outcome,
    },
    store::{
        Applied, Error,
        addressee::Addressee,
        hashing::Hashed,
        keyed::{self, Keyed, KeyedEvent},
        unmatched::Early,
    },
    telemetry::traces::{self, TraceParent},
};

pub(super) async fn apply(ground: &Arc<Ground>, step: Step) -> Result<Applied, Error> {
    if let Some(key) = intake::is_only_said(&step) {
        return intake::apply(ground, key, step).await;
    }
    let step = Keyed::new(step, &ground.hasher);
    let trace = traces::current();
    ground.step(Apply { step, trace }).await
}

#[derive(Debug)]
pub(super) struct Apply {
    pub(super) step: Keyed,
    pub(super) trace: Option<TraceParent>,
}

#[async_trait]
impl Attempt for Apply {
    type Done = Applied;

    async fn attempt(&mut self, work: &mut Work) -> Result<Applied, Fault> {
        work.trace = self.trace;
        let step = &mut self.step;
        let keys = all_keys(&step.events);
        let mut subject = match &step.target {
            Target::Conversation(key) => Subject::by_key(work, key, &keys).await?,
            Target::User { bot, user } => match Subject::by_user(work, bot, user, &keys).await? {
                Ok(subject) => subject,
                Err(nobody) => return Ok(nobody),
            },
            Target::Id(id) => match Subject::by_id(work, *id, &keys).await? {
                Some(subject) if has_noted(work, &subject, step).await? => subject,
                _ => return Ok(Applied::NotFound),
            },
            Target::Handover { id, desk } => {
                match Subject::by_handover(work, *id, desk, &keys).await? {
                    Some(subject) => subject,
                    None => return Ok(Applied::NotFound),
                }
            }
            Target::Leg(target) => match legs::find(work, target).await? {
                Addressee::Leg(leg) => return to_leg(work, step, &leg).await,
                Addressee::Unknown => return keep(work, target, &step.events).await,
                Addressee::Contradiction => return Ok(Applied::Contradiction),
            },
        };
        if let Some(profile) = &step.profile {
            subject.learn(profile);
        }
        let (_, applied) = decide_all(work, subject, &mut step.events).await?;
        Ok(applied)
    }
}

async fn to_leg(work: &mut Work, step: &mut Keyed, leg: &NamedLeg) -> Result<Applied, Fault> {
    let keys = all_keys(&step.events);
    let mut subject = Subject::by_handover(work, leg.handover, &leg.desk, &keys)
        .await?
        .ok_or(Fault::Missing)?;
    if leg.is_new {
        subject = tell_what_was_kept(work, subject, leg).await?;
    }
    step.is_about(leg);
    let (_, applied) = decide_all(work, subject, &mut step.events).await?;
    Ok(applied)
}

/// Gives the conversation back for whoever has more to tell of it.
pub(super) async fn decide_all(
    work: &mut Work,
    mut subject: Subject,
    events: &mut [KeyedEvent],
) -> Result<(Subject, Applied), Fault> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        let outcome;
        (subject, outcome) = apply_event(work, subject, event).await?;
        outcomes.push(outcome);
    }
    if subject.is_stored {
        subject.save(work)?;
    }
    let conversation = subject.state.id;
    let applied = Applied::Done {
        conversation,
        outcomes,
    };
    Ok((subject, applied))
}

/// Every key under which something of these events may be known.
pub(super) fn all_keys(events: &[KeyedEvent]) -> Vec<Hashed> {
    let keys = events.iter().flat_map(|event| {
        let transcript = event.transcript.iter().flatten();
        event.keys.iter().chain(transcript)
    });
    keys.copied().collect()
}

/// Whether every handover that takes a note is this conversation's.
async fn has_noted(work: &mut Work, subject: &Subject, step: &Keyed) -> Result<bool, Fault> {
    for handover in step.noted() {
        let sql = "SELECT 1 FROM handovers WHERE id = $1 AND conversation = $2";
        let noted = work.row(sql, values![handover, subject.state.id]).await?;
        if noted.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What no leg is known for waits for one, if it may.
async fn keep(
    work: &mut Work,
    target: &LegTarget,
    events: &[KeyedEvent],
) -> Result<Applied, Fault> {
    let kept = match Early::of(target, events) {
        Some(early) => unmatched::keep(work, &early).await?,
        None => false,
    };
    Ok(if kept {
        Applied::Kept
    } else {
        Applied::NotFound
    })
}

/// What waited for the desk's conversation to become known is told now, as if it came now.
pub(super) async fn tell_what_was_kept(
    work: &mut Work,
    mut subject: Subject,
    leg: &NamedLeg,
) -> Result<Subject, Fault> {
    let Some(reference) = &leg.reference else {
        return Ok(subject);
    };
    for kept in unmatched::take(work, &leg.desk, reference).await? {
        let mut event = KeyedEvent::waited(kept, leg);
        (subject, _) = apply_event(work, subject, &mut event).await?;
    }
    Ok(subject)
}

async fn apply_event(
    work: &mut Work,
    subject: Subject,
    event: &mut KeyedEvent,
) -> Result<(Subject, Outcome), Fault> {
    let known = keys::find(work, &event.keys).await?;
    if let Some(outcome) = event.met(&subject.state, known) {
        return Ok((subject, outcome));
    }
    if let Event::HandoverRequested(request) = &mut event.event {
        mark_seen(work, &mut request.transcript, &event.transcript).await?;
    }
    let (subject, turned) = subject.turn(work, &event.event).await?;
    if event.counts(&turned) {
        keys::store(work, &event.keys, event.reference(&turned));
    }
    if let Event::HandoverRequested(request) = &event.event
        && subject.state.erasing.is_none()
    {
        let items = &request.transcript;
        store_transcript_keys(work, items, &event.transcript, &turned.effects);
    }
    Ok((subject, turned.outcome))
}

/// Says which messages of the transcript have been recorded, and where, or are ours and came back. One that was kept and
/// has been removed since counts as new.
pub(super) async fn mark_seen(
    work: &mut Work,
    items: &mut [TranscriptItem],
    transcript: &[Vec<Hashed>],
) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    let mut references: HashMap<usize, Uuid> = HashMap::new();
    for (at, (item, keys)) in items.iter_mut().zip(transcript).enumerate() {
        let twice = keys.iter().any(|key| seen.contains(&key.hash));
        seen.extend(keys.iter().map(|key| key.hash));
        let known = keys::find(work, keys).await?;
        item.seen = (twice || known.is_some()).then_some(Seen::Apart);
        if let Some(reference) = known.and_then(|known| known.reference)
            && !twice
        {
            references.insert(at, reference);
        }
    }
    if references.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = references.values().copied().collect();
    let sql = "SELECT id, seq FROM messages WHERE id = ANY($1)";
    let rows = work.rows(sql, values![ids]).await?;
    let mut kept = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, count(row.try_get(1)?))))
        .collect::<Result<HashMap<Uuid, u64>, Fault>>()?;
    let written = work.writes.messages.iter();
    kept.extend(written.map(|(_, message)| (message.id.as_uuid(), message.seq)));
    for (at, item) in items.iter_mut().enumerate() {
        if let Some(reference) = references.get(&at) {
            item.seen = kept.get(reference).copied().map(Seen::At);
        }
    }
    Ok(())
}

/// What was new is known from now on.
pub(super) fn store_transcript_keys(
    work: &mut Work,
    items: &[TranscriptItem],
    transcript: &[Vec<Hashed>],
    effects: &[Effect],
) {
    for (keys, reference) in keyed::came_of_transcript(items, transcript, effects) {
        keys::store(work, keys, reference);
    }
}
