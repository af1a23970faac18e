//! What is said to a bot where nothing may be observed: answered without a row, and without asking the writer.

use super::{SqliteStore, memory::Asked};
use crate::{
    domain::{
        event::{Event, Step, Target},
        handover::Outcome,
        ids::ConversationId,
    },
    store::Applied,
};

impl SqliteStore {
    /// Has what is said in a conversation go to the writer from now on, since a request for an agent does. Where all that is
    /// said is observed, it does so anyway.
    pub(super) fn ask(&self, step: &Step) -> Option<Asked> {
        let Target::Conversation(key) = &step.target else {
            return None;
        };
        let mut events = step.events.iter();
        let asks = events.any(|incoming| matches!(incoming.event, Event::HandoverRequested(_)));
        (asks && !self.policy.observe).then(|| self.memory.ask(key.clone()))
    }

    /// What is said to a bot that has the user changes nothing where nothing is observed, so the writer need not be asked.
    /// Whoever was told that a conversation has been handed over was told after the memory had learnt of it, and what is
    /// said while that is still being decided is not answered here.
    pub(super) fn keeps_nothing_of(&self, step: &Step) -> Option<Applied> {
        let Target::Conversation(key) = &step.target else {
            return None;
        };
        let only_said = step.events.iter().all(|incoming| {
            use Event::{BotSaid, PlatformUnknown, UserSaid};
            matches!(
                incoming.event,
                UserSaid(_) | BotSaid(_) | PlatformUnknown { .. }
            )
        });
        let nothing = !self.policy.observe && only_said && self.memory.is_the_bots(key);
        nothing.then(|| Applied::Done {
            conversation: ConversationId::from_uuid((self.new_id)()),
            outcomes: step
                .events
                .iter()
                .map(|_| Outcome::Taken {
                    id: (self.new_id)(),
                })
                .collect(),
        })
    }
}
