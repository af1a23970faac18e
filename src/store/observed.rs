//! Which conversations are kept for `retention.observed` alone: those that no desk has been asked to take.

use crate::domain::{conversation::Conversation, effect::Effect, time::Timestamp};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// Since when something is kept of it. None: nothing is, or it may be kept for longer.
    pub(super) since: Option<Timestamp>,
    /// A desk has been asked to take it.
    pub(super) handed_over: bool,
}

impl Observed {
    /// After a turn that has led to this state. A request that was declined before a desk was asked leaves a handover that is
    /// over, and what its platform told of the past.
    pub(super) fn follow(&mut self, state: &Conversation, effects: &[Effect], now: Timestamp) {
        let keeps = |effect: &Effect| {
            matches!(
                effect,
                Effect::Record(_) | Effect::KeepUnknown { .. } | Effect::Handover(_)
            )
        };
        let asks = |effect: &Effect| matches!(effect, Effect::Leg(_));
        self.handed_over |= effects.iter().any(asks);
        if self.handed_over || state.handover.is_some() {
            self.since = None;
        } else if effects.iter().any(keeps) {
            self.since.get_or_insert(now);
        }
    }
}
