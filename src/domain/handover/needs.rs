//! What of the [`Context`](super::Context) an event needs. All that no rule will look at for it, a store need not read.

use crate::domain::{
    delivery::{StepResult, Task},
    event::{DeskEvent, Event},
};

/// The texts that may come back: the event may be one of them.
pub const fn echoes(event: &Event) -> bool {
    matches!(event, Event::BotSaid(_) | Event::HandoverRequested(_))
}

/// How many handovers desks have: one of them may be asked. What is only said asks none, and there is far more of it than of
/// anything else.
pub const fn open_at_desks(event: &Event) -> bool {
    !matches!(event, Event::UserSaid(_) | Event::BotSaid(_))
}

/// What agents have said and waits: it may be left unsaid, since the session is gone, or the bot speaks again.
pub fn unsaid(event: &Event) -> bool {
    let Event::Settled(settled) = event else {
        return false;
    };
    match (&settled.task, &settled.result) {
        (Task::Resume { .. }, StepResult::Delayed { .. }) => false,
        (Task::Resume { .. }, _) | (Task::Say { .. }, StepResult::Gone) => true,
        _ => false,
    }
}

/// What is on its way to the desk: its part may end before it has been told all that the user has said.
pub fn on_its_way(event: &Event) -> bool {
    match event {
        Event::FromDesk { event, .. } | Event::FromLeg { event, .. } => {
            matches!(event, DeskEvent::Closed { .. })
        }
        Event::TimerFired
        | Event::BotRemoved
        | Event::OperatorActed(_)
        | Event::ToldDeclined { .. }
        | Event::EraseRequested { .. } => true,
        _ => false,
    }
}
