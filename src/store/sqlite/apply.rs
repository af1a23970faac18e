//! A step from outside: repeats are dropped, the others decided in order, and all of it is one change.

use std::collections::HashSet;

use rusqlite::params;
use uuid::Uuid;

use super::{
    columns::AnyId,
    fault::Fault,
    keys::{self, Known},
    legs::{self, Found},
    subject::{Subject, Turned},
    unmatched::{self, Unmatched},
    work::Work,
};
use crate::{
    domain::{
        conversation::Profile,
        effect::Effect,
        event::{Event, Incoming, LegTarget, NamedLeg, Step, Target, TranscriptItem},
        handover::{Outcome, repeated_answer},
        ids::HandoverId,
        operator::{Act, Operated},
    },
    store::{
        Applied,
        keys::{Hashed, Hasher},
    },
};

/// A step with its keys hashed, which is done before it is queued.
#[derive(Debug)]
pub(super) struct Keyed {
    target: Target,
    profile: Option<Profile>,
    events: Vec<KeyedEvent>,
}

#[derive(Debug)]
struct KeyedEvent {
    event: Event,
    keys: Vec<Hashed>,
    /// The keys of a request's transcript, item by item.
    transcript: Vec<Vec<Hashed>>,
}

impl Keyed {
    pub(super) fn new(step: Step, hasher: &Hasher) -> Self {
        let Step {
            target,
            profile,
            events,
        } = step;
        let events = events
            .into_iter()
            .map(|incoming| KeyedEvent::new(incoming, hasher))
            .collect();
        Self {
            target,
            profile,
            events,
        }
    }

    pub(super) fn apply(&mut self, work: &mut Work<'_>) -> Result<Applied, Fault> {
        let mut subject = match &self.target {
            Target::Conversation(key) => Subject::by_key(work, key)?,
            Target::User { bot, user } => match Subject::by_user(work, (bot, user))? {
                Ok(subject) => subject,
                Err(nobody) => return Ok(nobody),
            },
            Target::Id(id) => match Subject::by_id(work, *id)? {
                Some(subject) if has_noted(work, &subject, &self.events)? => subject,
                _ => return Ok(Applied::NotFound),
            },
            Target::Handover { id, desk } => match Subject::by_handover(work, *id, desk)? {
                Some(subject) => subject,
                None => return Ok(Applied::NotFound),
            },
            Target::Leg(target) => match legs::find(work, target)? {
                Found::Leg(leg) => return self.apply_to_leg(work, &leg),
                Found::Nothing => return keep(work, target, &self.events),
                Found::Contradiction => return Ok(Applied::Contradiction),
            },
        };
        if let Some(profile) = &self.profile {
            subject.learn(profile);
        }
        decide_all(work, subject, &mut self.events)
    }

    fn apply_to_leg(&mut self, work: &mut Work<'_>, leg: &NamedLeg) -> Result<Applied, Fault> {
        let subject = Subject::by_handover(work, leg.handover, &leg.desk)?.ok_or(Fault::Missing)?;
        let subject = match &leg.reference {
            Some(reference) if leg.is_new => tell_what_was_kept(work, subject, (leg, reference))?,
            _ => subject,
        };
        for event in &mut self.events {
            if let Event::FromLeg { leg: about, .. } = &mut event.event {
                *about = Some(leg.clone());
            }
        }
        decide_all(work, subject, &mut self.events)
    }
}

fn decide_all(
    work: &mut Work<'_>,
    mut subject: Subject,
    events: &mut [KeyedEvent],
) -> Result<Applied, Fault> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        let outcome;
        (subject, outcome) = event.apply(work, subject)?;
        outcomes.push(outcome);
    }
    if subject.row.is_some() {
        subject.save(work)?;
    }
    let conversation = subject.state.id;
    subject.leave(work);
    Ok(Applied::Done {
        conversation,
        outcomes,
    })
}

/// Whether every handover that takes a note is this conversation's. One that is over is not in its state.
fn has_noted(work: &Work<'_>, subject: &Subject, events: &[KeyedEvent]) -> Result<bool, Fault> {
    for event in events {
        if let Event::Operated(Operated {
            act: Act::Note { handover, .. },
            ..
        }) = &event.event
        {
            let sql = "SELECT EXISTS (SELECT 1 FROM handovers WHERE id = ?1 AND conversation = ?2)";
            let parameters = params![handover, subject.row];
            if !work
                .prepare(sql)?
                .query_row(parameters, |row| row.get::<_, bool>(0))?
            {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What no leg is known for waits for one, if it names its conversation and may wait.
fn keep(work: &mut Work<'_>, target: &LegTarget, events: &[KeyedEvent]) -> Result<Applied, Fault> {
    let LegTarget {
        desk,
        reference: Some(reference),
        // One that is none of this desk's will not become one.
        leg: None,
        keep_unmatched: Some(span),
    } = target
    else {
        return Ok(Applied::NotFound);
    };
    let unmatched = |event: &KeyedEvent| match &event.event {
        Event::FromLeg { event: told, .. } => Some(Unmatched {
            event: told.clone(),
            keys: event.keys.clone(),
        }),
        _ => None,
    };
    let events: Vec<_> = events.iter().filter_map(unmatched).collect();
    let kept = unmatched::keep(work, (desk, reference), (&events, work.now.plus(*span)))?;
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
    (leg, reference): (&NamedLeg, &str),
) -> Result<Subject, Fault> {
    for Unmatched { event, keys } in unmatched::take(work, (&leg.desk, reference))? {
        let mut event = KeyedEvent {
            event: Event::FromLeg {
                event,
                leg: Some(leg.clone()),
            },
            keys,
            transcript: Vec::new(),
        };
        (subject, _) = event.apply(work, subject)?;
    }
    Ok(subject)
}

impl KeyedEvent {
    fn new(incoming: Incoming, hasher: &Hasher) -> Self {
        let transcript = match &incoming.event {
            Event::HandoverRequested(request) => request
                .transcript
                .iter()
                .map(|item| hasher.hash_all(&item.keys))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            keys: hasher.hash_all(&incoming.keys),
            event: incoming.event,
            transcript,
        }
    }

    fn apply(
        &mut self,
        work: &mut Work<'_>,
        subject: Subject,
    ) -> Result<(Subject, Outcome), Fault> {
        if let Some(known) = keys::find(work, &self.keys)? {
            let outcome = self.repeated(&subject, known);
            return Ok((subject, outcome));
        }
        if let Event::HandoverRequested(request) = &mut self.event {
            mark_known(work, &mut request.transcript, &self.transcript)?;
        }
        let (subject, turned) = subject.turn(work, &self.event)?;
        if self.counts(&turned) {
            keys::store(work, &self.keys, reference(&turned))?;
        }
        if let Event::HandoverRequested(request) = &self.event
            && subject.state.erasing.is_none()
        {
            let items = (&request.transcript[..], &self.transcript[..]);
            store_transcript_keys(work, items, &turned.effects)?;
        }
        Ok((subject, turned.outcome))
    }

    fn repeated(&self, subject: &Subject, known: Known) -> Outcome {
        if !known.same_body {
            return Outcome::KeyReused;
        }
        match (&self.event, known.reference) {
            (Event::HandoverRequested(_), Some(id)) => {
                let handover = HandoverId::from_uuid(id);
                Outcome::Requested {
                    handover,
                    answer: repeated_answer(&subject.state, handover),
                }
            }
            (_, id) => Outcome::Repeat { id },
        }
    }

    /// Whether the event is known from now on. What a platform said and nobody kept is not: it would be missing from
    /// the transcript of a later request. Nor is what a desk said in vain, which must be refused again.
    fn counts(&self, turned: &Turned) -> bool {
        match &self.event {
            Event::UserSaid(_) | Event::BotSaid(_) | Event::PlatformUnknown { .. } => {
                !turned.effects.is_empty()
            }
            Event::FromDesk { .. } | Event::FromLeg { .. } => {
                turned.outcome != Outcome::Closed || !turned.effects.is_empty()
            }
            // What was refused may be tried again by the same form.
            Event::Operated(_) => !matches!(turned.outcome, Outcome::Refused(_)),
            _ => true,
        }
    }
}

/// Says which messages of the transcript have been recorded, or are ours and came back. One that was kept and has been
/// removed since counts as new.
pub(super) fn mark_known(
    work: &Work<'_>,
    items: &mut [TranscriptItem],
    transcript: &[Vec<Hashed>],
) -> Result<(), Fault> {
    let mut kept = work.prepare("SELECT EXISTS (SELECT 1 FROM messages WHERE id = ?1)")?;
    let mut seen = HashSet::new();
    for (item, keys) in items.iter_mut().zip(transcript) {
        let twice = keys.iter().any(|key| seen.contains(&key.hash));
        seen.extend(keys.iter().map(|key| key.hash));
        item.known = match keys::find(work, keys)? {
            _ if twice => true,
            None => false,
            Some(Known {
                reference: None, ..
            }) => true,
            Some(Known {
                reference: Some(id),
                ..
            }) => kept.query_row([AnyId(id)], |row| row.get(0))?,
        };
    }
    Ok(())
}

/// Each message that was new has become one record, or has been recognised as an echo, in order and before anything
/// else that the event brought about.
pub(super) fn store_transcript_keys(
    work: &Work<'_>,
    (items, transcript): (&[TranscriptItem], &[Vec<Hashed>]),
    effects: &[Effect],
) -> Result<(), Fault> {
    let mut came_of_it = effects.iter().filter_map(|effect| match effect {
        Effect::Record(message) => Some(Some(message.id.as_uuid())),
        Effect::ConsumeEcho { .. } => Some(None),
        _ => None,
    });
    for (item, keys) in items.iter().zip(transcript) {
        if !item.known {
            keys::store(work, keys, came_of_it.next().flatten())?;
        }
    }
    Ok(())
}

/// What a repeat is told. A text of ours that came back has no record of its own.
fn reference(turned: &Turned) -> Option<Uuid> {
    let echo = turned
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::ConsumeEcho { .. }));
    match &turned.outcome {
        Outcome::Taken { id } if !echo => Some(*id),
        Outcome::Requested { handover, .. } => Some(handover.as_uuid()),
        _ => None,
    }
}
