//! The handover: who answers the user, and what follows from what happens.
//!
//! ```text
//! BOT ──requested──▶ REQUESTED ──opened──▶ WAITING ──joined──▶ ATTENDED ──closed──▶ CLOSING ──resumed──▶ BOT
//! ```
//!
//! [`decide`] is a pure function of state, event, policy and time, called by a store inside its transaction. BOT is a
//! conversation without a handover; every other state has a `wake_at`, so no user is left with nobody. The guards
//! against the known ways to get stuck are named by [`Guard`].

mod answer;
mod choice;
mod closing;
mod desk;
mod erase;
mod look_up;
mod moving;
mod named_leg;
pub mod needs;
mod not_said;
mod notice;
mod operator;
mod owe;
mod past;
mod pause;
mod request;
mod settled;
mod speech;
mod timers;
mod turn;

#[cfg(test)]
mod tests;

use std::fmt;

use uuid::Uuid;

pub use self::timers::waits_until;
use super::{
    conversation::{Answer, Changed, Conversation, Phase},
    dedupe::Fingerprint,
    delivery::Unsaid,
    effect::Effect,
    event::Event,
    guard::Guard,
    ids::{HandoverId, MessageId},
    operator::Refusal,
    policy::{Conditions, Policy},
    time::Timestamp,
};

/// What `decide` may look at besides state and event.
pub struct Context<'a> {
    pub policy: &'a Policy,
    pub conditions: &'a Conditions,
    pub now: Timestamp,
    pub new_id: &'a mut dyn FnMut() -> Uuid,
    /// Texts that were given to the bot platform and have not come back, oldest first, where [`Needs`](needs::Needs) has
    /// `echoes`; the next two likewise.
    pub echoes: &'a mut Vec<Echo>,
    /// What agents have said and the bot platform has not been told yet, in its order.
    pub unsaid: &'a [Unsaid],
    /// The message that the desk is just being told, or a part of it.
    pub on_its_way: Option<MessageId>,
}

/// A text that may come back from the bot platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Echo {
    pub fingerprint: Fingerprint,
    /// None while the text is on its way.
    pub until: Option<Timestamp>,
}

#[derive(Debug)]
pub struct Decision {
    pub state: Conversation,
    /// Of the state.
    pub changed: Changed,
    pub effects: Vec<Effect>,
    pub outcome: Outcome,
}

/// What the caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts. The id is the event's; for a message, the message's.
    Taken { id: Uuid },
    /// The request's handover, and what to answer.
    Requested {
        handover: HandoverId,
        answer: Answer,
    },
    /// Known already; with the id that was given the first time.
    Repeat { id: Option<Uuid> },
    /// The same idempotency key with another body.
    KeyReused,
    /// The handover, or this desk's part of it, is over.
    Closed,
    /// Somebody at the console wanted what cannot be.
    Refused(Refusal),
}

/// Turns the state over for one event.
pub fn decide(state: Conversation, event: &Event, context: Context<'_>) -> Decision {
    let mut turn = turn::Turn::begin(state, context);
    turn.adopt_unknown_phase();
    turn.conversation.follow_language();
    let outcome = match event {
        Event::UserSaid(said) => {
            turn.follow_kind();
            turn.user_said(said)
        }
        Event::BotSaid(said) => turn.bot_said(said),
        Event::HandoverRequested(request) => turn.requested(request),
        Event::PlatformUnknown { raw } => turn.keep_unknown(raw),
        Event::FromDesk {
            handover,
            desk,
            event,
        } => turn.desk_told(*handover, desk, event),
        Event::FromLeg { leg, event } => turn.leg_told(leg.as_ref(), event),
        Event::ToldDeclined { handover } => turn.told_declined(*handover),
        Event::RepeatToldDeclined { handover, ago } => turn.repeat_told_declined(*handover, *ago),
        Event::Settled(settled) => turn.settled(settled),
        Event::TimerFired => {
            turn.owe_what_nobody_owes();
            turn.follow_kind();
            turn.timer_fired()
        }
        Event::DeskRemoved { desk } => turn.desk_removed(desk),
        Event::BotRemoved => turn.bot_removed(),
        Event::EraseRequested { at_platform } => turn.erase(*at_platform),
        Event::OperatorActed(operated) => {
            turn.follow_kind();
            turn.operated(operated)
        }
    };
    turn.finish(outcome)
}

/// What a repeated request is answered: the stored answer while its handover may still be joined, else `declined`,
/// since a late `accepted` would pause a bot that nobody resumes.
pub fn repeated_answer(state: &Conversation, request: HandoverId) -> Answer {
    let open = state.handover.as_ref();
    let joined = open.filter(|open| open.id == request && open.phase != Phase::Closing);
    joined.map_or(Answer::Declined, |open| open.answer)
}

impl Outcome {
    pub(crate) fn message(id: MessageId) -> Self {
        Self::Taken { id: id.as_uuid() }
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
