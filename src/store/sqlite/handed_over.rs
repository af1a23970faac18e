//! Which conversations agents have, had a moment ago, or may be about to get.

use std::{collections::HashMap, time::Duration};

use crate::domain::{conversation::ConversationKey, time::Timestamp};

/// Longer than a text of ours may take to come back from the platform: until then what is said may be an echo.
pub(super) const LATELY: Duration = Duration::from_mins(3);

#[derive(Debug, Default)]
pub(super) struct HandedOver {
    /// Each with when it was given back.
    until: HashMap<ConversationKey, Option<Timestamp>>,
    /// How many there were when those of long ago were last taken out.
    tidied: usize,
    /// Those of which a request waits for the writer, each with how many do.
    asked: HashMap<ConversationKey, usize>,
}

impl HandedOver {
    pub(super) fn put(&mut self, key: ConversationKey, until: Option<Timestamp>) {
        if let Some(now) = until
            && self.until.len() >= self.tidied.saturating_mul(2).max(1024)
        {
            self.until.retain(|_, until| !is_long_ago(*until, now));
            self.tidied = self.until.len();
        }
        self.until.insert(key, until);
    }

    pub(super) fn ask(&mut self, key: ConversationKey) {
        *self.asked.entry(key).or_default() += 1;
    }

    /// One request of it has been decided, or never will be.
    pub(super) fn decided(&mut self, key: &ConversationKey) {
        if let Some(waiting) = self.asked.get_mut(key) {
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                self.asked.remove(key);
            }
        }
    }

    pub(super) fn is_long_over(&self, key: &ConversationKey, now: Timestamp) -> bool {
        let until = self.until.get(key);
        until.is_none_or(|until| is_long_ago(*until, now)) && !self.asked.contains_key(key)
    }
}

fn is_long_ago(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| until.plus(LATELY) < now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{BotName, ExternalId};

    fn key(user: usize) -> ConversationKey {
        ConversationKey {
            bot: BotName::new("shop").unwrap(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new(format!("u{user}")).unwrap(),
        }
    }

    #[test]
    fn a_conversation_is_the_bots_again_a_while_after_it_was_given_back() {
        let (mut handed_over, now) = (HandedOver::default(), Timestamp::default());
        assert!(handed_over.is_long_over(&key(1), now));
        handed_over.put(key(1), None);
        assert!(!handed_over.is_long_over(&key(1), now.plus(LATELY * 100)));
        handed_over.put(key(1), Some(now));
        assert!(!handed_over.is_long_over(&key(1), now.plus(LATELY)));
        let later = now.plus(LATELY + Duration::from_millis(1));
        assert!(handed_over.is_long_over(&key(1), later));
    }

    #[test]
    fn a_conversation_is_not_the_bots_while_any_request_of_it_waits() {
        let (mut handed_over, now) = (HandedOver::default(), Timestamp::default());
        handed_over.ask(key(1));
        handed_over.ask(key(1));
        handed_over.decided(&key(1));
        assert!(!handed_over.is_long_over(&key(1), now));
        assert!(handed_over.is_long_over(&key(2), now));
        handed_over.decided(&key(1));
        assert!(handed_over.is_long_over(&key(1), now));
        assert!(handed_over.asked.is_empty());
    }

    #[test]
    fn what_is_long_over_is_forgotten_and_what_is_open_is_not() {
        let (mut handed_over, now) = (HandedOver::default(), Timestamp::default());
        handed_over.put(key(0), None);
        for user in 1..100_000 {
            handed_over.put(
                key(user),
                Some(now.plus(LATELY / 1000 * u32::try_from(user).unwrap())),
            );
        }
        assert!(
            handed_over.until.len() < 4096,
            "{}",
            handed_over.until.len()
        );
        assert!(!handed_over.is_long_over(&key(0), now.plus(LATELY * 1000)));
    }
}
