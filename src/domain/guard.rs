//! The guards against the known ways in which a handover gets stuck, by name. `docs/handover.md` says which is which.

/// A guard against one of the ways in which a handover gets stuck. A test takes each away and must see the user stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// A bot that speaks over the agent is noticed and paused again.
    BotSpeaksOver,
    /// A repeated request gets the stored answer while the handover is open, and `declined` after it.
    RepeatedRequest,
    /// A request that no desk takes ends.
    RequestDeadline,
    /// A handover that nobody writes in ends, also if the desk never says so.
    IdleClose,
    /// A late resume is told to an operator, and a lost session counts as resumed.
    ResumeWatched,
    /// A handover that no agent takes ends with a word to the user.
    WaitingLimit,
    /// A user whom the agent forgot is told so.
    UnansweredNotice,
    /// Control tasks go ahead of a message that cannot go out once their deadline has passed.
    ControlBypass,
    /// A second request attaches to the open handover.
    Attach,
    /// A request while the bot is being resumed proves that it speaks.
    RequestWhileClosing,
    /// Handovers of a desk that is gone from the configuration move on.
    DeskRemoved,
    /// A state written by a newer version is read as waiting, with its deadline now.
    UnknownState,
}
