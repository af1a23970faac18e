//! What is owed to the bot platform and to desks: calls, each in its lane.

use super::turn::Turn;
use crate::domain::{
    conversation::Handover,
    dedupe::Fingerprint,
    delivery::{Destination, Lane, NewDelivery, Speaker, Task},
    effect::Effect,
    fallback::{self, Capabilities, Choices, Part, Unshowable},
    ids::{DeliveryId, DeskName, HandoverId, LegId, MessageId},
    message::Content,
};

/// Who has the platform say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// The bridge: a notice.
    Bridge,
    /// The present desk, or its automaton; and of which answer it is a word, if of any.
    Desk { answer: Option<MessageId> },
}

/// In which lane a call goes to whom, and for which handover.
pub(super) struct Way {
    lane: Lane,
    destination: Destination,
    handover: HandoverId,
}

impl Way {
    /// The handover may be over, or another leg's by now.
    pub(super) const fn to_leg(leg: LegId, desk: DeskName, handover: HandoverId) -> Self {
        Self {
            lane: Lane::Leg(leg),
            destination: Destination::Desk(desk),
            handover,
        }
    }

    /// To the desk of the present leg, if one has been asked.
    pub(super) fn to_leg_of(open: &Handover) -> Option<Self> {
        let leg = open.leg()?;
        Some(Self::to_leg(leg.id, leg.desk.clone(), open.id))
    }
}

impl Turn<'_> {
    /// Owes a call to the present leg's desk, if one has been asked and it is not this process.
    pub(super) fn owe_desk(&mut self, task: Task) {
        if self.leg().is_some_and(|leg| leg.at_console) {
            return;
        }
        if let Some(way) = self.open().and_then(Way::to_leg_of) {
            self.deliver(way, task, false);
        }
    }

    /// Owes a call to the bot platform.
    pub(super) fn owe_bot(&mut self, handover: HandoverId, task: Task) -> DeliveryId {
        self.deliver(self.to_bot(handover), task, false)
    }

    /// The same, ahead of all that waits for it.
    pub(super) fn owe_bot_first(&mut self, handover: HandoverId, task: Task) {
        self.deliver(self.to_bot(handover), task, true);
    }

    pub(super) fn deliver(&mut self, way: Way, task: Task, urgent: bool) -> DeliveryId {
        let id = DeliveryId::from_uuid(self.new_id());
        let order = self.conversation.next_order;
        self.conversation.next_order += 1;
        self.push(Effect::Deliver(NewDelivery {
            id,
            lane: way.lane,
            destination: way.destination,
            order,
            urgent,
            handover: way.handover,
            task,
        }));
        id
    }

    /// Has the platform say something to the user, as far as the user can be shown it, and expects each part of it back.
    /// The answer is what stands in it as a numbered list, or why it is not said.
    pub(super) fn say(
        &mut self,
        handover: HandoverId,
        message: MessageId,
        content: &Content,
        voice: Voice,
    ) -> Result<Choices, Unshowable> {
        let policy = self.context.policy;
        let able = policy.bots.get(&self.conversation.key.bot);
        let able = able.map_or(&Capabilities::EVERY_USER, |bot| &bot.capabilities);
        let shown = fallback::show(content, able)?;
        let (speaker, answer) = match voice {
            Voice::Bridge => (None, None),
            Voice::Desk { answer } => (
                self.leg().map(|leg| Speaker {
                    leg: leg.id,
                    desk: leg.desk.clone(),
                }),
                answer,
            ),
        };
        for part in shown.deliveries(able) {
            let task = Task::Say {
                message,
                notice: voice == Voice::Bridge,
                part,
                speaker: speaker.clone(),
                answer,
            };
            let delivery = self.owe_bot(handover, task);
            for said in shown.part(part) {
                let fingerprint = Fingerprint::of(said);
                self.push(Effect::ExpectEcho {
                    fingerprint,
                    delivery,
                });
            }
        }
        Ok(Choices::remember(shown.choices))
    }

    /// Owes the present leg's desk what was said, as far as its agents can be shown it; else a line in its place. Gives the
    /// last of its parts, if it goes in parts.
    pub(super) fn tell_desk(&mut self, message: MessageId, content: &Content) -> Option<Part> {
        let policy = self.context.policy;
        let able = policy.desks.get(&self.leg()?.desk);
        // A desk that takes everything in one call need not be looked at.
        let Some(able) = able
            .map(|desk| &desk.capabilities)
            .filter(|able| !able.one_call)
        else {
            self.owe_desk(Task::Message {
                message,
                part: None,
            });
            return None;
        };
        let Ok(shown) = fallback::show(content, able) else {
            self.owe_desk(Task::Placeholder { message });
            return None;
        };
        let mut last = None;
        for part in shown.deliveries(able) {
            self.owe_desk(Task::Message { message, part });
            last = part;
        }
        last
    }

    fn to_bot(&self, handover: HandoverId) -> Way {
        Way {
            lane: self.bot_lane(),
            destination: Destination::Bot(self.conversation.key.bot.clone()),
            handover,
        }
    }
}
