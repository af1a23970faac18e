//! The conversations that have changed lately, and whoever wants to hear of the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use tokio::sync::broadcast;

use super::Changing;
use crate::domain::{ids::ConversationId, time::Timestamp};

/// As many conversations are known to have changed. Enough for a console that was away for some minutes on a busy day.
const KEPT: usize = 16_384;
/// As many changes wait for a listener; one that is slower asks what it has missed.
const WAITING: usize = 4096;

#[derive(Debug)]
pub(super) struct Feed {
    lately: Mutex<Lately>,
}

#[derive(Debug)]
struct Lately {
    sender: broadcast::Sender<Changing>,
    /// The last change of each, in order.
    newest: LruCache<ConversationId, Changing>,
    /// The last that is not among them any more.
    forgotten: Option<Changing>,
    /// Every change from then on is among the newest.
    complete_since: Timestamp,
}

impl Feed {
    /// Nothing is known of what was before.
    pub(super) fn since(at: Timestamp) -> Self {
        Self {
            lately: Mutex::new(Lately::since(at)),
        }
    }

    /// Something may have been missed. Whoever listens hears nothing more, and is to listen anew and read all.
    pub(super) fn begin_anew(&self, at: Timestamp) {
        *self.lock() = Lately::since(at);
    }

    /// What is not newer than what is known of its conversation is told to nobody.
    pub(super) fn tell(&self, changes: impl IntoIterator<Item = Changing>) {
        let mut lately = self.lock();
        for changing in changes {
            if lately.take(changing) && lately.sender.receiver_count() > 0 {
                // Whoever listened may just have gone.
                drop(lately.sender.send(changing));
            }
        }
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Changing> {
        self.lock().sender.subscribe()
    }

    /// The last change of this conversation that is known; else the last of those that are forgotten.
    pub(super) fn last(&self, of: ConversationId) -> Option<Changing> {
        let lately = self.lock();
        lately.newest.peek(&of).copied().or(lately.forgotten)
    }

    /// None: not all of it is known any more.
    pub(super) fn from(&self, at: Timestamp) -> Option<Vec<Changing>> {
        let lately = self.lock();
        if at < lately.complete_since {
            return None;
        }
        let in_order = lately.newest.iter().map(|(_, last)| *last);
        Some(in_order.filter(|last| last.at >= at).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lately {
    fn since(at: Timestamp) -> Self {
        Self {
            sender: broadcast::Sender::new(WAITING),
            newest: LruCache::new(KEPT),
            forgotten: None,
            complete_since: at,
        }
    }

    /// Says whether it is news.
    fn take(&mut self, changing: Changing) -> bool {
        let known = self.newest.peek(&changing.conversation);
        if known.is_some_and(|last| last.version >= changing.version) {
            return false;
        }
        if known.is_none() && self.newest.len() >= KEPT {
            self.forget_oldest();
        }
        self.newest.insert(changing.conversation, changing);
        true
    }

    fn forget_oldest(&mut self) {
        if let Some((_, oldest)) = self.newest.remove_lru() {
            self.forgotten = Some(oldest);
            let after = Timestamp::from_millis(oldest.at.as_millis() + 1);
            self.complete_since = self.complete_since.max(after);
        }
    }
}
