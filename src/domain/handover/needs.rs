//! What of the [`Context`](super::Context) an event needs. All that no rule will look at for it, a store need not read.

use crate::domain::{
    conversation::{Conversation, Handover},
    delivery::{StepResult, Task},
    event::{DeskEvent, Event},
    ids::{HandoverId, LegId},
    policy::Policy,
};

/// What is to be read for one event, before it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The texts that may come back.
    pub echoes: bool,
    /// What agents have said in this handover and waits.
    pub unsaid: Option<HandoverId>,
    /// What the desk of this leg is just being told.
    pub on_its_way: Option<LegId>,
    /// How many handovers desks have.
    pub open_at_desks: bool,
}

impl Needs {
    pub fn of(event: &Event, state: &Conversation, policy: &Policy) -> Self {
        let open = state.handover.as_ref();
        let told = open.filter(|open| open.unheard.is_some());
        Self {
            echoes: echoes(event),
            unsaid: open.filter(|_| leaves_unsaid(event)).map(|open| open.id),
            on_its_way: told
                .filter(|_| ends_a_part(event))
                .and_then(Handover::leg)
                .map(|leg| leg.id),
            open_at_desks: asks_a_desk(event) && policy.counts_open(),
        }
    }
}

/// The event may be one of the texts that come back. This is known without the conversation.
pub const fn echoes(event: &Event) -> bool {
    matches!(event, Event::BotSaid(_) | Event::HandoverRequested(_))
}

/// What is only said asks no desk, and there is far more of it than of anything else.
const fn asks_a_desk(event: &Event) -> bool {
    !matches!(event, Event::UserSaid(_) | Event::BotSaid(_))
}

/// What agents have said may be left unsaid, since the session is gone, or the bot speaks again.
fn leaves_unsaid(event: &Event) -> bool {
    let Event::Settled(settled) = event else {
        return false;
    };
    match (&settled.task, &settled.result) {
        (Task::Resume { .. }, StepResult::Delayed { .. }) => false,
        (Task::Resume { .. }, _) | (Task::Say { .. }, StepResult::Gone) => true,
        _ => false,
    }
}

/// A desk's part may end before it has been told all that the user has said.
fn ends_a_part(event: &Event) -> bool {
    match event {
        Event::FromDesk { event, .. } | Event::FromLeg { event, .. } => {
            matches!(event, DeskEvent::Closed { .. })
        }
        Event::TimerFired
        | Event::BotRemoved
        | Event::OperatorActed(_)
        | Event::ToldDeclined { .. }
        | Event::RepeatToldDeclined { .. }
        | Event::EraseRequested { .. } => true,
        _ => false,
    }
}
