//! What can happen next in a model, as far as its budgets reach.

use super::{
    super::*,
    model::{How, Model, Rules, Step},
};

impl Model {
    pub(super) fn steps(&self, rules: &Rules) -> Vec<Step> {
        let mut steps = Vec::new();
        let fault = self.left.faults > 0;
        self.bot_steps(rules, &mut steps);
        if self.left.users > 0 {
            steps.push(Step::User);
        }
        for part in 0..self.parts.len() {
            self.desk_steps(rules, part, &mut steps);
        }
        self.operator_steps(rules, &mut steps);
        if self.left.timers > 0 && self.open().is_some() {
            steps.push(Step::Timer);
        }
        if self.left.removals > 0 && self.state.desk().is_some() {
            steps.push(Step::RemoveDesk);
        }
        if self.left.erasures > 0 {
            steps.push(Step::Erase);
        }
        for lane in 0..self.lanes() {
            if self.flying(lane).is_some() {
                steps.push(Step::Settle(lane));
            }
            let Some(head) = self.head(lane) else {
                continue;
            };
            steps.push(Step::Attempt(lane, How::Well));
            let task = &self.rows[head].delivery.task;
            if !fault
                || !matches!(
                    task,
                    Task::LookUp { .. }
                        | Task::Open { .. }
                        | Task::Message { .. }
                        | Task::Resume { .. }
                        | Task::Pause { .. }
                )
            {
                continue;
            }
            steps.extend([
                Step::Attempt(lane, How::NotSent),
                Step::Attempt(lane, How::AnswerLost),
            ]);
            if matches!(task, Task::Open { .. }) {
                steps.push(Step::Attempt(lane, How::Refused));
            }
        }
        if !fault {
            steps.retain(|step| !step.is_fault());
        }
        steps
    }

    fn bot_steps(&self, rules: &Rules, steps: &mut Vec<Step>) {
        if self.left.requests > 0 && !self.bot_paused {
            steps.extend([Step::Request, Step::RequestUnheard]);
        }
        let repeated = |asked| self.answer(rules, asked) != Answer::Declined;
        if self.asked.is_some_and(repeated) {
            steps.push(Step::RequestRepeated);
        }
        if let Some(caller) = self.callers.first() {
            steps.extend([Step::CallerGone, Step::CallerToldDeclined]);
            if self.answer(rules, *caller) != Answer::Pending {
                steps.push(Step::CallerHears);
            }
        }
        if self.left.bots > 0 && !self.bot_paused {
            steps.push(Step::BotSpeaks);
        }
    }

    fn desk_steps(&self, rules: &Rules, at: usize, steps: &mut Vec<Step>) {
        let part = &self.parts[at];
        // People act there themselves.
        if rules.start.acts > 0 && rules.policy.desks[&part.desk].takes_at_once {
            return;
        }
        if part.has && self.left.agents > 0 {
            steps.push(Step::Agent(at));
        }
        if part.has && self.left.closes > 0 {
            steps.extend([Step::Close(at), Step::CloseLost(at)]);
        }
        if part.closed && self.open().is_some_and(|open| open.is_in(part.leg)) {
            steps.extend([Step::AgentSwapped(at), Step::CloseRepeated(at)]);
        }
    }
}
