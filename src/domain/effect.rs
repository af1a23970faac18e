//! What a decision asks the store to write, together with the new state and in the same transaction.

use serde::{Deserialize, Serialize};

use super::{
    conversation::{Answer, Leg, Phase},
    dedupe::Fingerprint,
    delivery::{HandoverFacts, Lane, NewDelivery},
    ids::{DeliveryId, DeskName, HandoverId, LegId, MessageId, OperatorName},
    message::Message,
    reason::Reason,
    taken::Taken,
    time::Timestamp,
    words::words,
};

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A transcript row.
    Record(Message),
    /// Messages that were recorded last stand before some that are older in the transcript.
    MoveUp(MoveUp),
    /// This message of an agent has not reached the user, not even in part. A desk that is asked later does not read it.
    Unsaid {
        message: MessageId,
    },
    /// A delivery row. Nothing is ever sent that was not first one of these.
    Deliver(NewDelivery),
    /// What waits in this lane and is not on its way is not sent any more, but for what the platform is to delete.
    CancelUnsent {
        lane: Lane,
        only: Cancelled,
    },
    /// The delivery that was just settled as delayed is not tried again: what it was for is over.
    Withdraw,
    /// The delivery that was just settled as delayed is not tried again before this.
    PutOff {
        until: Timestamp,
    },
    /// The control tasks that wait in this lane go ahead of the messages before them.
    Hurry {
        lane: Lane,
    },
    /// The text of this delivery may come back from the bot platform, until a while after it was delivered.
    ExpectEcho {
        fingerprint: Fingerprint,
        delivery: DeliveryId,
    },
    /// The platform may tell of a message once more, by its other way, until then.
    ExpectCopy {
        fingerprint: Fingerprint,
        /// None: that way brings no transcripts, which may be old, so nothing of it is wanted afterwards.
        message: Option<MessageId>,
        until: Timestamp,
    },
    /// An expected echo has come, the oldest equal one; the next equal one is no echo.
    ConsumeEcho {
        fingerprint: Fingerprint,
        /// Also one whose time is over.
        however_old: bool,
    },
    /// A row of the handover: opened, moved on, or ended.
    Handover(HandoverRow),
    /// A leg was opened, or the desk told its id of it.
    Leg(LegRow),
    /// The desk's id of a leg. One that named another leg before names this one from now on.
    Name(LegName),
    /// What an answer gave that later calls in this lane need: kept with the leg, or of a bot's with the handover.
    Take {
        lane: Lane,
        handover: HandoverId,
        taken: Taken,
    },
    Journal(JournalEntry),
    /// An operator should know.
    Warn(Warning),
    /// An event that the bridge does not know, kept as it came.
    KeepUnknown {
        raw: String,
    },
}

/// Within a transcript, by `seq`: those that they are moved over come right behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveUp {
    /// The first of them.
    pub from: u64,
    pub count: u64,
    /// Before which one they come.
    pub before: u64,
}

/// Which of the waiting deliveries of a lane are cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    All,
    /// The resume steps: the bot has shown that it speaks.
    Resumes,
    /// What the platform was to be asked: it is not waited for any more.
    LookUps,
    /// The offer: the desk has shown that it has it.
    Opens,
    /// The pause steps: the bot is about to be resumed, and one that is tried after that would silence it.
    Pauses,
    /// What an agent wanted to tell before the resume of this order went ahead of it: the user is with the bot by
    /// now. These become dead letters.
    SaysBefore(u64),
    /// What the bridge itself was about to tell the user before this order: it is about a handover before the one that has
    /// begun.
    NoticesBefore(u64),
    /// What the bridge itself was about to tell the user with this message.
    Notice(MessageId),
    /// The later parts of a message of which one was given up: what is left of it has a hole. These become dead letters,
    /// so that an operator can have it said to its end.
    PartsOf(MessageId),
}

impl Cancelled {
    /// Whether what is on its way is cancelled as well: it is settled as it comes, and is not sent again should its claim be
    /// lost.
    pub const fn also_flying(self) -> bool {
        matches!(self, Self::Opens | Self::Resumes | Self::Pauses)
    }
}

/// The handover as reads and late events see it, also after its end.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoverRow {
    pub facts: HandoverFacts,
    pub requested_at: Timestamp,
    pub phase_since: Timestamp,
    /// None: it is over.
    pub phase: Option<Phase>,
    pub answer: Answer,
    /// None: none has been asked.
    pub desk: Option<DeskName>,
    /// Whoever has it, at the console.
    pub operator: Option<OperatorName>,
    pub ended: Option<Ended>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegRow {
    pub id: LegId,
    pub handover: HandoverId,
    pub desk: DeskName,
    pub reference: Option<String>,
    /// The desk has been told, or need not be told, that its part is over.
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegName {
    pub leg: LegId,
    pub handover: HandoverId,
    pub desk: DeskName,
    pub reference: String,
}

impl LegRow {
    pub fn of(handover: HandoverId, leg: &Leg, closed: bool) -> Self {
        Self {
            id: leg.id,
            handover,
            desk: leg.desk.clone(),
            reference: leg.reference.clone(),
            closed,
        }
    }
}

/// One transition with its cause, for people. Never replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub at: Timestamp,
    pub handover: Option<HandoverId>,
    pub from: Option<Phase>,
    pub to: Option<Phase>,
    pub cause: Cause,
    /// A reason, a desk, an agent's name: whatever the cause needs to be understood.
    pub detail: Option<String>,
    /// Who did it, at the console.
    pub by: Option<OperatorName>,
}

words! {
    pub enum Cause {
        Requested = "requested",
        Attached = "attached",
        /// The platform was asked what it knows.
        LookedUp = "looked_up",
        /// A desk that could not be asked at this moment.
        PassedOver = "passed_over",
        Accepted = "accepted",
        AcceptedInDoubt = "accepted_in_doubt",
        Declined = "declined",
        Refused = "refused",
        FellBack = "fell_back",
        Joined = "joined",
        Transferred = "transferred",
        Closed = "closed",
        TimedOut = "timed_out",
        Notified = "notified",
        Paused = "paused",
        BotSpokeOver = "bot_spoke_over",
        LateMessage = "late_message",
        /// The desk ended or moved the one of its two conversations of a leg in which the user is not.
        OtherConversation = "other_conversation",
        DeskLost = "desk_lost",
        DeskRemoved = "desk_removed",
        BotRemoved = "bot_removed",
        ResumeLate = "resume_late",
        Resumed = "resumed",
        BotSpeaksAgain = "bot_speaks_again",
        DeadLetter = "dead_letter",
        UnknownState = "unknown_state",
        /// The user's data are to go.
        Erased = "erased",
        /// Somebody at the console took it.
        Claimed = "claimed",
        /// Somebody at the console gave it to a colleague, or back to those who wait.
        Assigned = "assigned",
        /// Somebody at the console gave it to another desk.
        SentOn = "sent_on",
        /// Somebody at the console took it from the bot.
        TakenOver = "taken_over",
        /// A colleague's note; the detail is its text.
        Noted = "noted",
    }
}

/// Something an operator should look at. Raised again it counts up, it does not pile up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Warning {
    pub kind: WarningKind,
    /// What it is about: a bot, a desk, a handover's id, a time.
    pub subject: String,
}

words! {
    pub enum WarningKind {
        /// The bot spoke while an agent had the user; or, of a handover, its pause steps have not succeeded yet.
        BotNotPaused = "bot_not_paused",
        /// The platform checked the URL without the hook key; requests for an agent are refused there unless it sends its token.
        UnkeyedHook = "unkeyed_hook",
        /// The platform told something of a user whom the bot has not, or has in several realms.
        UnmatchedMessage = "unmatched_message",
        /// No route leads from this bot to a desk.
        NoRoute = "no_route",
        ResumeLate = "resume_late",
        ResumeFailed = "resume_failed",
        DeadLetter = "dead_letter",
        DestinationPaused = "destination_paused",
        DeskRemoved = "desk_removed",
        BotRemoved = "bot_removed",
        /// The state was written by a newer version.
        UnknownState = "unknown_state",
        /// A desk's event names two handovers; nobody was told.
        ContradictingEvent = "contradicting_event",
        /// A desk was sent events of a bot that is not its own; they are passed over.
        OtherBotsEvent = "other_bots_event",
        /// A desk sent an event that the bridge does not know; it is passed over.
        UnknownEvent = "unknown_event",
        /// The platform did not delete what it keeps of a user who is being erased; somebody has to see to it there.
        NotErased = "not_erased",
        /// The bridge has started from a backup, or its database is elsewhere than before: what happened since is not known. About the
        /// moment up to which it is.
        Restored = "restored",
    }
}
