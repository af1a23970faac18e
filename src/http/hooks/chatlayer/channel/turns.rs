//! The order in which messages of one user are taken, where the platform counts them and calls for several at once.
//!
//! A message whose predecessor has not come yet waits for it a little: what is missing may never come, and what the counter
//! does in the long run is not documented. Order is a courtesy here, to a transcript; nothing hangs on it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use crate::domain::ids::ExternalId;

/// Those of one bot. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last: Mutex<HashMap<ExternalId, Last>>,
    moved: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    counter: u64,
    at: Instant,
}

/// The turn of one message; its successors may go on when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    taken: Option<(ExternalId, u64)>,
}

/// Calls that were made at once arrive within this.
const PATIENCE: Duration = Duration::from_millis(300);
/// After so long a silence the counter is taken to have begun anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);
/// So many users at once are remembered; more wait for nobody.
const MOST_USERS: usize = 10_000;

impl Turns {
    /// Waits for the message before this one, if one is missing.
    pub(super) async fn wait(&self, user: &ExternalId, counter: Option<u64>) -> Turn {
        if let Some(counter) = counter {
            let come = async {
                loop {
                    let moved = self.0.moved.notified();
                    tokio::pin!(moved);
                    moved.as_mut().enable();
                    if self.is_next(user, counter) {
                        return;
                    }
                    moved.await;
                }
            };
            // One that is missing for longer is not waited for.
            let _ = timeout(PATIENCE, come).await;
        }
        Turn {
            turns: self.clone(),
            taken: counter.map(|counter| (user.clone(), counter)),
        }
    }

    fn is_next(&self, user: &ExternalId, counter: u64) -> bool {
        let last = self.last();
        let Some(last) = last.get(user) else {
            return counter <= 1;
        };
        let follows = last.counter.checked_add(1) == Some(counter);
        follows || counter <= last.counted().saturating_add(1)
    }

    fn last(&self) -> MutexGuard<'_, HashMap<ExternalId, Last>> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Last {
    /// How far the counter has come, 0 if it has begun anew since.
    fn counted(&self) -> u64 {
        if self.at.elapsed() < FORGOTTEN_AFTER {
            self.counter
        } else {
            0
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some((user, counter)) = self.taken.take() else {
            return;
        };
        let mut last = self.turns.last();
        if last.len() >= MOST_USERS {
            last.retain(|_, last| last.at.elapsed() < FORGOTTEN_AFTER);
        }
        if last.len() < MOST_USERS || last.contains_key(&user) {
            // One that comes late does not set it back.
            let counter = last.get(&user).map_or(0, Last::counted).max(counter);
            let at = Instant::now();
            last.insert(user, Last { counter, at });
        }
        drop(last);
        self.turns.0.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn user(name: &str) -> ExternalId {
        ExternalId::new(name).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn messages_that_come_in_any_order_are_taken_in_theirs() {
        let turns = Turns::default();
        let (note, noted) = mpsc::channel();
        let calls = [3, 1, 2].map(|counter| {
            let (turns, note) = (turns.clone(), note.clone());
            tokio::spawn(async move {
                let turn = turns.wait(&user("u"), Some(counter)).await;
                note.send(counter).unwrap();
                drop(turn);
            })
        });
        for call in calls {
            call.await.unwrap();
        }
        drop(note);
        assert_eq!(noted.iter().collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_comes_late_has_nobody_wait_for_what_was_taken() {
        let turns = Turns::default();
        for counter in [1, 3, 2] {
            drop(turns.wait(&user("u"), Some(counter)).await);
        }
        let began = Instant::now();
        drop(turns.wait(&user("u"), Some(4)).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_silence_nobody_waits_for_what_was_taken_before_it() {
        let turns = Turns::default();
        drop(turns.wait(&user("u"), Some(57)).await);
        for (counter, waits) in [(58, Duration::ZERO), (60, PATIENCE), (1, Duration::ZERO)] {
            tokio::time::advance(FORGOTTEN_AFTER).await;
            let began = Instant::now();
            drop(turns.wait(&user("u"), Some(counter)).await);
            assert_eq!(began.elapsed(), waits, "{counter}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_is_waited_for_a_little_and_others_not_at_all() {
        let turns = Turns::default();
        let began = Instant::now();
        drop(turns.wait(&user("u"), Some(1)).await);
        drop(turns.wait(&user("other"), None).await);
        drop(turns.wait(&user("u"), Some(1)).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(turns.wait(&user("u"), Some(3)).await);
        assert_eq!(began.elapsed(), PATIENCE);
        drop(turns.wait(&user("u"), Some(4)).await);
        assert_eq!(began.elapsed(), PATIENCE);
    }
}
