//! Steps and settlements with their keys hashed, and what follows for the keys from what was decided: the same whatever
//! the database.

use std::time::Duration;

use uuid::Uuid;

use super::{
    DeliveryState, Settlement,
    hashing::{Hashed, Hasher, Known},
    turn::Turned,
    unmatched::Unmatched,
};
use crate::domain::{
    conversation::{Conversation, Handover, Profile},
    delivery::{Found, StepResult, Task},
    effect::{Cancelled, Effect},
    event::{Event, Incoming, NamedLeg, Step, Target, TranscriptItem},
    handover::{Outcome, repeated_answer},
    ids::{HandoverId, MessageId},
    operator::Action,
};

/// How long after its delivery a text may still come back from the platform.
pub(super) const ECHO_FOR: Duration = Duration::from_mins(2);

/// A step with its keys hashed, which is done before it is queued.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) target: Target,
    pub(super) profile: Option<Profile>,
    pub(super) events: Vec<KeyedEvent>,
}

#[derive(Debug)]
pub(super) struct KeyedEvent {
    pub(super) event: Event,
    pub(super) keys: Vec<Hashed>,
    /// The keys of a request's transcript, item by item.
    pub(super) transcript: Vec<Vec<Hashed>>,
}

/// A settlement with the keys of what was found hashed, which is done before it is queued.
#[derive(Clone, Debug)]
pub(super) struct KeyedSettlement {
    pub(super) settlement: Settlement,
    pub(super) found: Vec<Vec<Hashed>>,
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

    /// The handovers that take a note. One that is over is not in its conversation's state.
    pub(super) fn noted(&self) -> impl Iterator<Item = HandoverId> {
        let events = self.events.iter();
        events.filter_map(|incoming| match &incoming.event {
            Event::OperatorActed(acted) => match acted.action {
                Action::Note { handover, .. } => Some(handover),
                _ => None,
            },
            _ => None,
        })
    }

    /// The leg has been found that a desk tells of.
    pub(super) fn is_about(&mut self, leg: &NamedLeg) {
        for incoming in &mut self.events {
            if let Event::FromLeg { leg: about, .. } = &mut incoming.event {
                *about = Some(leg.clone());
            }
        }
    }
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

    /// One that has waited for its leg, as if it came now.
    pub(super) fn waited(kept: Unmatched, leg: &NamedLeg) -> Self {
        Self {
            event: Event::FromLeg {
                event: kept.event,
                leg: Some(leg.clone()),
            },
            keys: kept.keys,
            transcript: Vec::new(),
        }
    }

    /// What an event is told that came before. None: it is to be decided, with what only its keys tell filled in.
    pub(super) fn met(&mut self, state: &Conversation, known: Option<Known>) -> Option<Outcome> {
        if let Event::ToldDeclined { handover } | Event::RepeatToldDeclined { handover, .. } =
            &mut self.event
        {
            let Some(id) = known?.reference else {
                return Some(Outcome::Repeat { id: None });
            };
            *handover = handover.or(Some(HandoverId::from_uuid(id)));
            return None;
        }
        known.map(|known| self.repeated(state, known))
    }

    fn repeated(&self, state: &Conversation, known: Known) -> Outcome {
        if !known.same_body {
            return Outcome::KeyReused;
        }
        match (&self.event, known.reference) {
            (Event::HandoverRequested(_), Some(id)) => {
                let handover = HandoverId::from_uuid(id);
                Outcome::Requested {
                    handover,
                    answer: repeated_answer(state, handover),
                }
            }
            (_, id) => Outcome::Repeat { id },
        }
    }

    /// Whether the event is known from now on. What a platform said and nobody kept is not: it would be missing from
    /// the transcript of a later request. Nor is what a desk said in vain, which must be refused again.
    pub(super) fn counts(&self, turned: &Turned) -> bool {
        match &self.event {
            Event::UserSaid(_) | Event::BotSaid(_) | Event::PlatformUnknown { .. } => {
                !turned.effects.is_empty()
            }
            Event::FromDesk { .. } | Event::FromLeg { .. } => {
                turned.outcome != Outcome::Closed || !turned.effects.is_empty()
            }
            // What was refused may be tried again by the same form.
            Event::OperatorActed(_) => !matches!(turned.outcome, Outcome::Refused(_)),
            // The commit of the request may still be under way: of the two that store this key one fails, and finds the
            // other.
            Event::ToldDeclined { handover } => handover.is_none(),
            // The platform may ask again.
            Event::RepeatToldDeclined { .. } => false,
            _ => true,
        }
    }

    /// What a repeat is told. A text of ours that came back has no record of its own, nor has a refusal.
    pub(super) fn reference(&self, turned: &Turned) -> Option<Uuid> {
        let mut effects = turned.effects.iter();
        match (&turned.outcome, &self.event) {
            (_, Event::ToldDeclined { .. } | Event::RepeatToldDeclined { .. }) => None,
            (Outcome::Taken { id }, _) => {
                let echo = effects.any(|effect| matches!(effect, Effect::ConsumeEcho { .. }));
                (!echo).then_some(*id)
            }
            (Outcome::Requested { handover, .. }, _) => Some(handover.as_uuid()),
            _ => None,
        }
    }
}

impl KeyedSettlement {
    pub(super) fn new(mut settlement: Settlement, hasher: &Hasher) -> Self {
        let found = match &mut settlement.result {
            StepResult::Done(done) => {
                let items = &mut done.found.transcript;
                let most = usize::try_from(Found::MOST).unwrap_or(usize::MAX);
                items.drain(..items.len().saturating_sub(most));
                items
                    .iter()
                    .map(|item| hasher.hash_all(&item.keys))
                    .collect()
            }
            _ => Vec::new(),
        };
        Self { settlement, found }
    }
}

/// The keys of the messages of a transcript that were new, each with what they lead to: it has become one record, or has been
/// recognised as an echo, in order and before anything else that the event brought about.
pub(super) fn came_of_transcript<'t>(
    items: &'t [TranscriptItem],
    transcript: &'t [Vec<Hashed>],
    effects: &'t [Effect],
) -> impl Iterator<Item = (&'t [Hashed], Option<Uuid>)> {
    let mut came_of_it = effects.iter().filter_map(|effect| match effect {
        Effect::Record(message) => Some(Some(message.id.as_uuid())),
        Effect::ConsumeEcho { .. } => Some(None),
        _ => None,
    });
    let items = items.iter().zip(transcript);
    items
        .filter(|(item, _)| item.seen.is_none())
        .map(move |(_, keys)| (&**keys, came_of_it.next().flatten()))
}

/// The message that a task tells a desk, or a part of it, or a line in its place.
pub(super) const fn told_to_desk(task: &Task) -> Option<MessageId> {
    match task {
        Task::Message { message, .. } | Task::Placeholder { message } => Some(*message),
        _ => None,
    }
}

/// What becomes of a delivery of this order that waits, when this is cancelled in its lane. None: it stays.
pub(super) fn overtaken(only: Cancelled, task: &Task, order: u64) -> Option<DeliveryState> {
    match (only, task) {
        // Asked for by an operator, whatever becomes of the handover; and what an agent has to know however long the desk's
        // part has been over.
        (_, Task::Forget | Task::Failed { .. }) => None,
        (Cancelled::All, _)
        | (Cancelled::Resumes, Task::Resume { .. })
        | (Cancelled::LookUps, Task::LookUp { .. })
        | (Cancelled::Opens, Task::Open { .. })
        | (Cancelled::Pauses, Task::Pause { .. }) => Some(DeliveryState::Cancelled),
        (Cancelled::SaysBefore(before), Task::Say { notice, .. }) if order < before => {
            Some(if *notice {
                DeliveryState::Cancelled
            } else {
                DeliveryState::Dead
            })
        }
        (Cancelled::NoticesBefore(before), Task::Say { notice: true, .. }) if order < before => {
            Some(DeliveryState::Cancelled)
        }
        (Cancelled::Notice(told), Task::Say { message, .. }) if told == *message => {
            Some(DeliveryState::Cancelled)
        }
        (Cancelled::PartsOf(message), Task::Say { .. }) if task.message() == Some(message) => {
            Some(DeliveryState::Dead)
        }
        (
            Cancelled::Resumes
            | Cancelled::LookUps
            | Cancelled::Opens
            | Cancelled::Pauses
            | Cancelled::SaysBefore(_)
            | Cancelled::NoticesBefore(_)
            | Cancelled::Notice(_)
            | Cancelled::PartsOf(_),
            _,
        ) => None,
    }
}

/// Whether a dead letter of this handover may go out after all. What gives the bot the word may not while another handover has
/// it silenced.
pub(super) fn may_go_out_again(task: &Task, handover: HandoverId, state: &Conversation) -> bool {
    let other = state.handover.as_ref().filter(|open| open.id != handover);
    !matches!(task, Task::Resume { .. }) || !other.is_some_and(Handover::silences_bot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::ClosedAs;

    #[test]
    fn notices_of_the_handover_before_are_taken_back_and_nothing_else() {
        let message = MessageId::from_uuid(Uuid::nil());
        let say = |notice| Task::Say {
            message,
            notice,
            part: None,
            speaker: None,
            answer: None,
        };
        let before = Cancelled::NoticesBefore(5);
        let taken_back = Some(DeliveryState::Cancelled);
        assert_eq!(overtaken(before, &say(true), 4), taken_back);
        assert_eq!(overtaken(before, &say(true), 5), None);
        assert_eq!(overtaken(before, &say(false), 4), None);
    }

    #[test]
    fn a_desk_is_told_what_was_not_heard_although_its_part_is_over() {
        let failed = Task::Failed {
            message: MessageId::from_uuid(Uuid::nil()),
            reason: "rejected".to_owned(),
        };
        let reason = ClosedAs::Solved.into();
        let close = Task::Close { reason };
        assert_eq!(overtaken(Cancelled::All, &failed, 1), None);
        assert_eq!(
            overtaken(Cancelled::All, &close, 1),
            Some(DeliveryState::Cancelled)
        );
    }
}
