//! What has been seen of a conversation, and the laws that every decision is held to.

use std::collections::{BTreeMap, BTreeSet};

use handover_bridge::domain::{
    conversation::{Answer, Conversation, Phase},
    delivery::{Destination, Lane, NewDelivery, Task, TaskKind},
    effect::{Effect, HandoverRow},
    ids::{DeskName, HandoverId, MessageId},
};
use handover_fuzz::Spoken;

use super::setting::team;

/// What has been seen, to hold every decision against.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) messages: BTreeSet<MessageId>,
    pub(super) said: Vec<Spoken>,
    pub(super) carried: BTreeSet<(Lane, MessageId, Option<usize>)>,
    pub(super) answers: BTreeMap<HandoverId, Answer>,
    pub(super) open: BTreeSet<HandoverId>,
    pub(super) handovers: Vec<(HandoverId, DeskName)>,
    pub(super) deliveries: Vec<NewDelivery>,
    pub(super) places: BTreeSet<u64>,
    pub(super) order: u64,
}

impl Seen {
    pub(super) fn hold(&mut self, effect: &Effect) {
        match effect {
            Effect::Record(message) => {
                assert!(self.places.insert(message.seq), "two messages in one place");
                self.messages.insert(message.id);
            }
            Effect::Deliver(delivery) => self.hold_delivery(delivery),
            Effect::Handover(row) => self.hold_row(row),
            _ => {}
        }
    }

    fn hold_delivery(&mut self, delivery: &NewDelivery) {
        assert_eq!(
            delivery.order, self.order,
            "the order grows with every delivery"
        );
        self.order += 1;
        if let Some(message) = delivery.task.message() {
            assert!(
                self.messages.contains(&message),
                "{:?} of no message",
                delivery.task
            );
        }
        if let Task::Say { message, part, .. } | Task::Message { message, part } = delivery.task {
            let part = part.map(|part| part.index);
            let first = self.carried.insert((delivery.lane, message, part));
            assert!(first, "twice in a lane: {:?}", delivery.task);
        }
        let declined = self.answers.get(&delivery.handover) == Some(&Answer::Declined);
        if declined && matches!(delivery.destination, Destination::Desk(_)) {
            assert_eq!(
                delivery.task.kind(),
                TaskKind::Close,
                "after a decline a desk hears nothing but its end"
            );
        }
        self.deliveries.push(delivery.clone());
    }

    fn hold_row(&mut self, row: &HandoverRow) {
        let id = row.facts.id;
        match self.answers.get(&id) {
            None | Some(Answer::Pending) => {
                self.answers.insert(id, row.answer);
            }
            Some(decided) => assert_eq!(row.answer, *decided, "an answer is decided once"),
        }
        if row.phase.is_some() {
            self.open.insert(id);
        } else {
            assert_ne!(row.answer, Answer::Pending, "who asked is answered");
            assert!(row.ended.is_some());
            self.open.remove(&id);
        }
    }

    pub(super) fn hold_state(&mut self, state: &Conversation) {
        let owner: BTreeSet<_> = state.handover.iter().map(|open| open.id).collect();
        assert_eq!(
            self.open, owner,
            "the rows and the state name the same owner"
        );
        assert_eq!(state.next_order, self.order);
        assert!(self.places.last().is_none_or(|last| *last < state.next_seq));
        let Some(open) = &state.handover else { return };
        if matches!(
            open.phase,
            Phase::Waiting | Phase::Attended | Phase::Closing
        ) {
            assert_eq!(
                open.answer,
                Answer::Accepted,
                "promised in {:?}",
                open.phase
            );
        }
        assert_eq!(open.closing.is_some(), open.phase == Phase::Closing);
        // One that has not been asked may speak all the same.
        let newest = (open.id, open.desk().cloned().unwrap_or_else(team));
        if self.handovers.last() != Some(&newest) {
            self.handovers.push(newest);
        }
    }
}
