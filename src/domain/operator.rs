//! What a person at the console does with a conversation.

use super::{
    fallback::Unshowable,
    ids::{DeskName, HandoverId, OperatorName},
    message::Content,
    reason::ClosedAs,
};

/// One act of somebody who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorAction {
    pub by: OperatorName,
    /// The name that the user is told.
    pub shown_as: Option<String>,
    /// May give away what somebody else has: whoever has it may be gone.
    pub overrules: bool,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Takes a handover that nobody has.
    Claim { handover: HandoverId },
    /// Answers the user; of whoever has claimed it.
    Say {
        handover: HandoverId,
        content: Content,
    },
    /// For colleagues only. Open handovers and ended ones take notes.
    Note { handover: HandoverId, text: String },
    /// Gives it to a colleague, or back to those who wait.
    Assign {
        handover: HandoverId,
        to: Option<Colleague>,
    },
    /// Gives it to another desk: a new leg with the whole transcript.
    Transfer {
        handover: HandoverId,
        desk: DeskName,
    },
    /// Ends it. The bot goes on where it is configured to, or in this dialog state.
    Close {
        handover: HandoverId,
        closed_as: ClosedAs,
        dialog_state: Option<String>,
    },
    /// Takes a conversation that the bot has, for a desk of the console. The bot is paused first.
    TakeOver,
}

/// Somebody else who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub name: OperatorName,
    /// The name that the user is told.
    pub shown_as: Option<String>,
}

/// Why an act changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} has this conversation")]
    TakenBy(OperatorName),
    #[error("nobody has claimed this conversation yet")]
    NotClaimed,
    #[error("this conversation is at the desk {0}")]
    AtDesk(DeskName),
    #[error("this handover is over")]
    Over,
    #[error("it is being decided who gets this conversation")]
    Undecided,
    /// For a take-over: an agent is being found already.
    #[error("this conversation has been handed over already")]
    HandedOver,
    #[error("this bot cannot be paused, so it would go on speaking")]
    CannotPause,
    #[error("no desk is answered at the console")]
    NoConsoleDesk,
    #[error("the desk {0} takes no conversations at the moment")]
    DeskClosed(DeskName),
    #[error("the user cannot be shown this: {}", .0.label())]
    Unshowable(Unshowable),
    #[error("the user's data are being erased")]
    Erasing,
}
