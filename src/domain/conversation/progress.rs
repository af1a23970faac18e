//! What moves with every message: a small part of a conversation's state, and most of the time all that has changed of it.

use serde::Serialize;

use super::Conversation;
use crate::domain::{ids::MessageId, time::Timestamp};

/// How much of a state is another than it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Changed {
    #[default]
    Nothing,
    /// What [`Progress`] holds, and nothing else.
    Progress,
    More,
}

/// How far a conversation with an open handover has come. Its JSON is a merge patch (RFC 7396) of the state's. A field more
/// comes with a migration: a version that does not know it would leave an older one in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    version: u64,
    next_seq: u64,
    next_order: u64,
    handover: Spoken,
}

/// Who waits for whom to say or to hear something. A patch takes away what it says `null` of, so each is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Spoken {
    unanswered_since: Option<Timestamp>,
    unheard: Option<MessageId>,
    last_said_at: Timestamp,
    stalled_since: Option<Timestamp>,
}

impl Progress {
    /// None while the bot has the user.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let open = conversation.handover.as_ref()?;
        Some(Self {
            version: conversation.version,
            next_seq: conversation.next_seq,
            next_order: conversation.next_order,
            handover: Spoken {
                unanswered_since: open.unanswered_since,
                unheard: open.unheard,
                last_said_at: open.last_said_at,
                stalled_since: open.stalled_since,
            },
        })
    }
}

impl Conversation {
    /// How much of this is another than it was `before`.
    pub fn changed_since(&self, mut before: Self) -> Changed {
        let (progress_before, progress) = (Progress::of(&before), Progress::of(self));
        if let Some(progress) = progress {
            before.apply(progress);
        }
        if *self != before {
            Changed::More
        } else if progress_before != progress {
            Changed::Progress
        } else {
            Changed::Nothing
        }
    }

    fn apply(&mut self, progress: Progress) {
        let Some(open) = &mut self.handover else {
            return;
        };
        self.version = progress.version;
        self.next_seq = progress.next_seq;
        self.next_order = progress.next_order;
        open.unanswered_since = progress.handover.unanswered_since;
        open.unheard = progress.handover.unheard;
        open.last_said_at = progress.handover.last_said_at;
        open.stalled_since = progress.handover.stalled_since;
    }
}
