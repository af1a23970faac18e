//! Which looks at transcripts have been written down: one an hour for each operator and conversation.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::domain::{
    ids::{ConversationId, OperatorName},
    time::Timestamp,
};

/// Whose, and at what.
pub(super) type Look = (OperatorName, ConversationId);

#[derive(Debug, Default)]
pub(super) struct Views(Mutex<HashMap<Look, Timestamp>>);

const HOLDS_FOR: Duration = Duration::from_hours(1);
const MOST: usize = 10_000;

impl Views {
    pub(super) fn is_new(&self, look: &Look, now: Timestamp) -> bool {
        let views = self.lock();
        let seen = views.get(look);
        seen.is_none_or(|seen| now.since(*seen) >= HOLDS_FOR)
    }

    /// To be called once it is written down: one that could not be is as new as before.
    pub(super) fn remember(&self, look: Look, now: Timestamp) {
        let mut views = self.lock();
        if views.len() >= MOST {
            views.retain(|_, seen| now.since(*seen) < HOLDS_FOR);
        }
        // Rather one line too many than memory without bound.
        if views.len() < MOST {
            views.insert(look, now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Look, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_look_that_is_kept_is_new_once_an_hour() {
        let (views, now) = (Views::default(), Timestamp::default());
        let one = ConversationId::from_uuid(Uuid::from_u128(1));
        let [ann, ben] = ["ann", "ben"].map(|name| (OperatorName::new(name).unwrap(), one));
        assert!(views.is_new(&ann, now));
        assert!(views.is_new(&ann, now), "nobody has kept it");
        views.remember(ann.clone(), now);
        assert!(!views.is_new(&ann, now));
        assert!(views.is_new(&ben, now));
        assert!(views.is_new(&ann, now.plus(HOLDS_FOR)));
    }
}
