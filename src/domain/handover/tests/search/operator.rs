//! What two people at the console do.

use super::{
    super::*,
    model::{Model, Rules, Step},
    promise::Broken,
};
use crate::domain::{
    ids::{DeskName, OperatorName},
    operator::{Action, OperatorAction},
    reason::ClosedAs,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Claim(&'static str),
    Say,
    PutBack,
    Transfer(&'static str),
    Close,
    TakeOver,
}

impl Model {
    pub(super) fn operator_steps(&self, rules: &Rules, steps: &mut Vec<Step>) {
        if self.left.acts == 0 {
            return;
        }
        let Some(open) = self.open() else {
            steps.push(Step::Operator(Doing::TakeOver));
            return;
        };
        if open.phase == Phase::Closing {
            return;
        }
        let desk = open.desk().and_then(|desk| rules.policy.desks.get(desk));
        if desk.is_some_and(|desk| desk.takes_at_once) {
            let here = [Doing::Claim("ann"), Doing::Claim("bob"), Doing::Say];
            steps.extend(here.map(Step::Operator));
            steps.extend([Doing::PutBack, Doing::Transfer("team")].map(Step::Operator));
        } else {
            steps.push(Step::Operator(Doing::Transfer("console")));
        }
        steps.push(Step::Operator(Doing::Close));
    }

    /// Whoever has the conversation does it, and Ann where nobody has it.
    pub(super) fn operate(&mut self, rules: &Rules, doing: Doing) -> Result<(), Broken> {
        let has_it = self.open().and_then(|open| open.operator.clone());
        let by = match doing {
            Doing::Claim(by) => OperatorName::new(by).unwrap(),
            _ => has_it.unwrap_or_else(|| OperatorName::new("ann").unwrap()),
        };
        let handover = self.open().map(|open| open.id);
        let act = match (doing, handover) {
            (Doing::TakeOver, _) | (_, None) => Action::TakeOver,
            (Doing::Claim(_), Some(handover)) => Action::Claim { handover },
            (Doing::Say, Some(handover)) => Action::Say {
                handover,
                content: Content::text("agent"),
            },
            (Doing::PutBack, Some(handover)) => Action::Assign { handover, to: None },
            (Doing::Transfer(desk), Some(handover)) => Action::Transfer {
                handover,
                desk: DeskName::new(desk).unwrap(),
            },
            (Doing::Close, Some(handover)) => Action::Close {
                handover,
                closed_as: ClosedAs::Solved,
                dialog_state: None,
            },
        };
        let shown_as = None;
        let operated = OperatorAction {
            by,
            shown_as,
            overrules: false,
            action: act,
        };
        let outcome = self.apply(rules, &Event::OperatorActed(operated))?;
        if doing == Doing::Say && !matches!(outcome, Outcome::Refused(_)) {
            self.watch.person = self.now;
            self.watch.unanswered = None;
        }
        Ok(())
    }
}
