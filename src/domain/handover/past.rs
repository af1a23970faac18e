//! What was said before an agent was asked for, as the platform tells it with its request.
//!
//! Most of it has come before. What has not, or has been removed since, is recorded now and stands where the platform has
//! it: an agent reads what was said in the order in which it was said.

use super::turn::Turn;
use crate::domain::{
    effect::{Effect, MoveUp},
    event::{Seen, TranscriptItem},
    ids::MessageId,
    message::Actor,
};

/// In so many places what is recorded now is put before what has come before. Each moves all that stands behind it, and a
/// platform that leaves out every other message is none that one could wait for: what is missing elsewhere stands at the
/// end, with the time at which it was said.
const GAPS: usize = 16;

impl Turn<'_> {
    /// Before a handover begins.
    pub(super) fn record_past(&mut self, transcript: &[TranscriptItem]) {
        let mut gaps = Vec::new();
        let mut from = self.conversation.next_seq;
        for item in transcript {
            match item.seen {
                None => _ = self.record_item(item),
                Some(Seen::At(seq)) if gaps.len() < GAPS => {
                    let count = self.conversation.next_seq - from;
                    if count > 0 {
                        let before = gaps.iter().fold(seq, |seq, gap| pushed(gap, seq));
                        let gap = MoveUp {
                            from,
                            count,
                            before,
                        };
                        self.push(Effect::MoveUp(gap));
                        gaps.push(gap);
                    }
                    from = self.conversation.next_seq;
                }
                Some(Seen::At(_) | Seen::Apart) => {}
            }
        }
    }

    /// While a desk has the user: it is told what it has not been told yet, and the transcript grows at its end. What the
    /// user has said is known from now on, so nothing else would have it count.
    pub(super) fn record_missed(&mut self, transcript: &[TranscriptItem]) {
        for item in transcript.iter().filter(|item| item.seen.is_none()) {
            match item.actor {
                Actor::User => _ = self.hear_user(&item.said),
                _ => _ = self.record_item(item),
            }
        }
    }

    /// What we had the bot say is no news.
    fn record_item(&mut self, item: &TranscriptItem) -> Option<MessageId> {
        if item.actor == Actor::Bot && self.is_known(&item.said, true) {
            return None;
        }
        let message = self.record_said(item.actor, &item.said);
        if item.actor == Actor::Bot {
            self.expect_copy(&item.said, message);
        }
        Some(message)
    }
}

/// Where a message stands when others have been put before it, or before one that is older.
const fn pushed(gap: &MoveUp, seq: u64) -> u64 {
    if seq < gap.before {
        seq
    } else {
        seq + gap.count
    }
}
