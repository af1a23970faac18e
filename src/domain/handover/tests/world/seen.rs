//! What a test looks at.

use super::*;
use crate::domain::conversation::Leg;

impl World {
    pub(in super::super) fn tasks(&self) -> Vec<&'static str> {
        self.deliveries()
            .iter()
            .map(|delivery| delivery.task.kind().label())
            .collect()
    }

    pub(in super::super) fn transcript(&self) -> Vec<(Actor, String)> {
        self.messages()
            .map(|message| match &message.content {
                Content::Text { text, .. } => (message.actor, text.clone()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    pub(in super::super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Record(message) => Some(message),
            _ => None,
        })
    }

    /// What the user was told by the bridge itself.
    pub(in super::super) fn notices(&self) -> Vec<String> {
        self.transcript()
            .into_iter()
            .filter(|(actor, _)| *actor == Actor::System)
            .map(|(_, text)| text)
            .collect()
    }

    /// The transcript as a desk reads it, by `seq`.
    pub(in super::super) fn in_order(&self) -> Vec<(u64, String)> {
        let mut messages: Vec<_> = self
            .messages()
            .map(|message| message.seq)
            .zip(self.transcript())
            .collect();
        for moved in self.effects.iter().filter_map(|effect| match effect {
            Effect::MoveUp(moved) => Some(moved),
            _ => None,
        }) {
            let end = moved.from + moved.count;
            for (seq, _) in messages
                .iter_mut()
                .filter(|(seq, _)| (moved.before..end).contains(seq))
            {
                *seq = if *seq < moved.from {
                    *seq + moved.count
                } else {
                    *seq - moved.from + moved.before
                };
            }
        }
        messages.sort_by_key(|(seq, _)| *seq);
        messages
            .into_iter()
            .map(|(seq, (_, text))| (seq, text))
            .collect()
    }

    /// What the journal says of the last such entry.
    pub(in super::super) fn told(&self, cause: Cause) -> Option<&str> {
        let entries = self.effects.iter().rev().filter_map(|effect| match effect {
            Effect::Journal(entry) if entry.cause == cause => entry.detail.as_deref(),
            _ => None,
        });
        entries.into_iter().next()
    }

    pub(in super::super) fn journal(&self) -> Vec<(Option<Phase>, Option<Phase>, Cause)> {
        let entries = self.effects.iter().filter_map(|effect| match effect {
            Effect::Journal(entry) => Some((entry.from, entry.to, entry.cause)),
            _ => None,
        });
        entries.collect()
    }

    pub(in super::super) fn warned(&self, kind: WarningKind) -> usize {
        self.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Warn(warning) if warning.kind == kind))
            .count()
    }

    pub(in super::super) fn cancelled(&self) -> Vec<(Lane, Cancelled)> {
        let cancelled = self.effects.iter().filter_map(|effect| match effect {
            Effect::CancelUnsent { lane, only } => Some((*lane, *only)),
            _ => None,
        });
        cancelled.collect()
    }

    pub(in super::super) fn withdrawn(&self) -> usize {
        self.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Withdraw))
            .count()
    }

    pub(in super::super) fn phase(&self) -> Option<Phase> {
        self.state.handover.as_ref().map(|open| open.phase)
    }

    /// How long until a timer looks.
    pub(in super::super) fn wakes_in(&self) -> Duration {
        self.handover().wake_at.since(self.now)
    }

    /// What a repeat of the newest request would be answered.
    pub(in super::super) fn outcomes_of_repeat(&self) -> Answer {
        repeated_answer(&self.state, self.last_request.expect("a request"))
    }

    pub(in super::super) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub(in super::super) fn deliveries(&self) -> Vec<&NewDelivery> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Deliver(delivery) => Some(delivery),
                _ => None,
            })
            .collect()
    }

    /// What the newest resume tells the bot.
    pub(in super::super) fn told_the_bot(&self) -> Option<&ResumeContract> {
        let newest_first = self.deliveries().into_iter().rev();
        newest_first
            .map(|delivery| &delivery.task)
            .find_map(|task| match task {
                Task::Resume { contract, .. } => Some(contract),
                _ => None,
            })
    }

    /// Whether that says that nobody has answered the user.
    pub(in super::super) fn unanswered(&self) -> Option<bool> {
        self.told_the_bot().map(|contract| contract.unanswered)
    }

    pub(in super::super) fn handover(&self) -> &Handover {
        self.state.handover.as_ref().expect("an open handover")
    }

    pub(in super::super) fn leg(&self) -> &Leg {
        self.handover().leg().expect("a desk that has been asked")
    }

    pub(in super::super) fn state(&self) -> &Conversation {
        &self.state
    }
}
