//! Which desk is asked: the route's own, else its fallbacks in their order, each by the same rule.

use super::{look_up::Session, turn::Turn};
use crate::domain::{
    conversation::{Answer, Phase},
    effect::{Cause, WarningKind},
    ids::DeskName,
    operator::Refusal,
    policy::WhenUnsure,
    reason::{Ours, Reason},
    routing::{Choice, Facts, Unavailable},
};

/// Which of the desks that are left may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eligible {
    /// Those that can answer before the platform has to be answered.
    InTime,
    /// Those that need not be called.
    AtOnce,
    Any,
}

/// The next desk to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NextDesk {
    Desk(DeskName),
    /// There is one, and it could not answer in time.
    TooLate,
    Nobody(Reason),
}

impl Turn<'_> {
    /// Chooses the route and asks its first desk that can be asked. Without one the request is declined.
    pub(super) fn choose(&mut self, session: Session<'_>) {
        let Some(Choice { desks, options, .. }) = self.choice(session) else {
            let subject = self.conversation.key.bot.to_string();
            self.warn(WarningKind::NoRoute, subject);
            return self.end(Cause::Declined, Ours::NoRoute.into());
        };
        if let Some(handover) = self.open_mut() {
            handover.fallbacks = desks;
            handover.options = options;
        }
        match self.next_desk(Eligible::InTime) {
            NextDesk::Desk(desk) => self.ask(&desk),
            NextDesk::TooLate => self.ask_in_doubt(),
            NextDesk::Nobody(reason) => self.end(Cause::Declined, reason),
        }
    }

    pub(super) fn waits_for_session(&self) -> bool {
        let language = self.language();
        let facts = self.facts(&language, None);
        self.context.policy.waits_for_session(&facts)
    }

    /// As far as can be told without session data.
    pub(super) fn any_desk_takes_it(&self) -> bool {
        let choice = self.choice(None);
        let desks = choice.iter().flat_map(|choice| &choice.desks);
        desks
            .into_iter()
            .any(|desk| self.unavailable(desk).is_none())
    }

    /// Of the desks that were not asked yet. Those before it are passed over for good.
    pub(super) fn next_desk(&mut self, among: Eligible) -> NextDesk {
        let Some(handover) = self.open() else {
            return NextDesk::Nobody(Ours::NoDesk.into());
        };
        let limits = &self.context.policy.limits;
        let late = handover.answer == Answer::Pending
            && self.context.now >= handover.requested_at.plus(limits.decide_within);
        let mut passed = Vec::new();
        let mut too_late = false;
        let mut found = None;
        for (place, desk) in handover.fallbacks.iter().enumerate() {
            let fits = match among {
                Eligible::InTime => !late || self.takes_at_once(desk),
                Eligible::AtOnce => self.takes_at_once(desk),
                Eligible::Any => true,
            };
            match self.unavailable(desk) {
                None if fits => {
                    found = Some((place, desk.clone()));
                    break;
                }
                None => too_late = true,
                Some(why) => passed.push((desk.clone(), why)),
            }
        }
        let Some((place, desk)) = found else {
            let first = passed.first().map(|(_, why)| Reason::from(*why));
            return if too_late {
                NextDesk::TooLate
            } else {
                NextDesk::Nobody(first.unwrap_or(Ours::NoDesk.into()))
            };
        };
        if let Some(handover) = self.open_mut() {
            handover.fallbacks.drain(..=place);
        }
        for (desk, why) in passed {
            self.note(Cause::PassedOver, Some(format!("{desk}: {why}")));
        }
        NextDesk::Desk(desk)
    }

    pub(super) fn unavailable(&self, desk: &DeskName) -> Option<Unavailable> {
        let (policy, conditions) = (self.context.policy, self.context.conditions);
        policy.unavailable(desk, conditions, self.context.now)
    }

    /// Of the console's: first of those that a request of the conversation would come to, then of all, whichever takes it.
    pub(super) fn desk_to_take_over(&self) -> Result<DeskName, Refusal> {
        let choice = self.choice(None);
        let routed = choice.iter().flat_map(|choice| &choice.desks);
        let all = routed.chain(self.context.policy.desks.keys());
        let mut desks = all.filter(|desk| self.takes_at_once(desk)).peekable();
        let first = desks.peek().copied().ok_or(Refusal::NoConsoleDesk)?;
        let open = desks.find(|desk| self.unavailable(desk).is_none());
        open.cloned()
            .ok_or_else(|| Refusal::DeskClosed(first.clone()))
    }

    fn choice(&self, session: Session<'_>) -> Option<Choice> {
        let language = self.language();
        self.context.policy.choose(&self.facts(&language, session))
    }

    fn facts<'f>(&'f self, language: &'f str, session: Session<'f>) -> Facts<'f> {
        let profile = &self.conversation.profile;
        let open = self.open();
        Facts {
            bot: &self.conversation.key.bot,
            version: profile.version.as_deref(),
            channel: profile.channel.as_deref(),
            language,
            payload: open.and_then(|open| open.payload.as_ref()),
            user: &profile.user,
            session,
        }
    }

    pub(super) fn ask(&mut self, desk: &DeskName) {
        self.open_leg(desk.clone(), false);
        if self.takes_at_once(desk) {
            self.accept(Cause::Accepted);
            self.enter(Phase::Waiting, Cause::Accepted, Some(desk.to_string()));
        }
    }

    /// The platform has to be answered before the desk could.
    fn ask_in_doubt(&mut self) {
        if self.context.policy.limits.when_unsure == WhenUnsure::Decline {
            return self.end(Cause::Declined, Ours::Undecided.into());
        }
        if let NextDesk::Desk(desk) = self.next_desk(Eligible::Any) {
            let detail = desk.to_string();
            self.accept(Cause::AcceptedInDoubt);
            self.open_leg(desk, false);
            self.enter(Phase::Requested, Cause::AcceptedInDoubt, Some(detail));
        }
    }
}
