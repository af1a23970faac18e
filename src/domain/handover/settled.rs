//! What came of a delivery, and what follows for the handover.

mod bot;
mod leg;

use super::{Outcome, turn::Turn};
use crate::domain::{
    delivery::{Done, Lane, StepResult, Task},
    effect::{Cause, Effect, WarningKind},
    event::Settled,
};

impl Turn<'_> {
    pub(super) fn settled(&mut self, settled: &Settled) -> Outcome {
        if let Task::LookUp { .. } = settled.task {
            self.looked_up(settled);
            return self.taken();
        }
        if let Task::Forget = settled.task {
            self.forgotten(settled);
            return self.taken();
        }
        let is_text = matches!(settled.task, Task::Say { .. });
        if matches!(settled.result, StepResult::Dead { .. })
            || (is_text && settled.result == StepResult::Gone)
        {
            self.warn(WarningKind::DeadLetter, settled.handover.to_string());
            self.note(
                Cause::DeadLetter,
                Some(settled.task.kind().label().to_owned()),
            );
        }
        self.keep_taken(settled);
        match settled.lane {
            Lane::Bot(_) => self.bot_settled(settled),
            Lane::Leg(leg) => self.leg_settled(leg, settled),
        }
        self.taken()
    }

    /// Also of what has ended meanwhile: a call that takes it back may need it.
    fn keep_taken(&mut self, settled: &Settled) {
        if let StepResult::Done(Done {
            taken,
            refused: None,
            ..
        }) = &settled.result
            && !taken.is_empty()
        {
            self.push(Effect::Take {
                lane: settled.lane,
                handover: settled.handover,
                taken: taken.clone(),
            });
        }
    }
}
