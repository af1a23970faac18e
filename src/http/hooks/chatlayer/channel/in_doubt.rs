//! Calls that were answered 503 although the store may have kept what they brought. The platform calls again, with nothing
//! that would tell a repeat from another message, so it is recognised here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use crate::bots::chatlayer::hook::channel::CallMark;

/// Those of one bot. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct InDoubt(Arc<Mutex<HashMap<CallMark, Refused>>>);

#[derive(Clone, Copy, Debug)]
struct Refused {
    call: Uuid,
    at: Instant,
}

/// The platform tries three times; how far apart is not documented.
const REPEATED_WITHIN: Duration = Duration::from_mins(10);
/// As many are remembered. The repeats of others are taken for messages of their own.
const MOST: usize = 10_000;

impl InDoubt {
    /// The call that this one repeats. Whatever comes after it is another message.
    pub(super) fn repeated(&self, mark: &CallMark) -> Option<Uuid> {
        let refused = self.refused().remove(mark)?;
        refused.is_repeated_yet().then_some(refused.call)
    }

    pub(super) fn refuse(&self, mark: CallMark, call: Uuid) {
        let mut all = self.refused();
        if all.len() >= MOST {
            all.retain(|_, refused| refused.is_repeated_yet());
        }
        if all.len() < MOST {
            let at = Instant::now();
            all.insert(mark, Refused { call, at });
        }
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<CallMark, Refused>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    fn is_repeated_yet(&self) -> bool {
        self.at.elapsed() < REPEATED_WITHIN
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{bots::chatlayer::hook::channel::Call, clock::new_id};

    fn mark(text: &str, counter: u64) -> CallMark {
        let body = json!({"senderId": "u", "message": {"text": text}, "messageCounter": counter});
        let body = body.to_string();
        let call = Call::read(body.as_bytes()).unwrap();
        call.parse(&"webshop".parse().unwrap()).unwrap().mark
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_call_is_a_repeat_once_and_for_a_while() {
        let (doubts, call) = (InDoubt::default(), new_id());
        doubts.refuse(mark("hello", 1), call);
        assert_eq!(doubts.repeated(&mark("hello", 2)), None);
        assert_eq!(doubts.repeated(&mark("hallo", 1)), None);
        assert_eq!(doubts.repeated(&mark("hello", 1)), Some(call));
        assert_eq!(doubts.repeated(&mark("hello", 1)), None);
        doubts.refuse(mark("hello", 1), call);
        tokio::time::advance(REPEATED_WITHIN).await;
        assert_eq!(doubts.repeated(&mark("hello", 1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_are_remembered_and_old_ones_make_room() {
        let (doubts, call) = (InDoubt::default(), new_id());
        let most = u64::try_from(MOST).unwrap();
        (0..=most).for_each(|counter| doubts.refuse(mark("hello", counter), call));
        assert_eq!(doubts.repeated(&mark("hello", most)), None);
        assert_eq!(doubts.repeated(&mark("hello", 0)), Some(call));
        tokio::time::advance(REPEATED_WITHIN).await;
        doubts.refuse(mark("hello", 0), call);
        doubts.refuse(mark("hello", most), call);
        assert_eq!(doubts.repeated(&mark("hello", most)), Some(call));
    }
}
