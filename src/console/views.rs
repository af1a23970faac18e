//! Which looks at transcripts have been written down: one an hour for each operator and conversation.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::domain::{
    ids::{ConversationId, OperatorName},
    time::Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Views(Mutex<HashMap<(OperatorName, ConversationId), Timestamp>>);

const HOLDS_FOR: Duration = Duration::from_hours(1);
const MOST: usize = 10_000;

impl Views {
    pub(super) fn is_new(
        &self,
        operator: &OperatorName,
        conversation: ConversationId,
        now: Timestamp,
    ) -> bool {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if views.len() >= MOST {
            views.retain(|_, seen| now.since(*seen) < HOLDS_FOR);
        }
        let key = (operator.clone(), conversation);
        let is_new = views
            .get(&key)
            .is_none_or(|seen| now.since(*seen) >= HOLDS_FOR);
        // Rather one line too many than memory without bound.
        if is_new && views.len() < MOST {
            views.insert(key, now);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_look_is_new_once_an_hour() {
        let (views, now) = (Views::default(), Timestamp::default());
        let ann = OperatorName::new("ann").unwrap();
        let one = ConversationId::from_uuid(Uuid::from_u128(1));
        assert!(views.is_new(&ann, one, now));
        assert!(!views.is_new(&ann, one, now));
        assert!(views.is_new(&OperatorName::new("ben").unwrap(), one, now));
        assert!(views.is_new(&ann, one, now.plus(HOLDS_FOR)));
    }
}
