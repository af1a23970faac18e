//! What an answer gave that later calls need: a token, a ticket, a queue's number.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values by the names that a vendor's folder gave them. They may be secrets, so only the names are ever shown.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taken(Map<String, Value>);

/// Stands for an answer that told nothing. No name in a template has a space.
const NOTHING_TOLD: &str = "nothing told";

impl Taken {
    /// Of an offer that a desk has taken by an answer that cannot be read, or had before. As it is stored: adapters see
    /// [`Standing`](super::delivery::Standing).
    pub(crate) fn nothing_told() -> Self {
        Self::from_iter([(NOTHING_TOLD.to_owned(), Value::Bool(true))])
    }

    /// What was told, and whether an offer was taken so, whatever was told later.
    pub(super) fn split(mut self) -> (Self, bool) {
        let was_told_nothing = self.0.remove(NOTHING_TOLD).is_some();
        (self, was_told_nothing)
    }

    /// As many bytes are kept of a leg or of a handover, written as JSON.
    pub const MOST: usize = 16 * 1024;

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn values(&self) -> &Map<String, Value> {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With what a later answer gave, which counts where both know a name. None: more than is kept.
    #[must_use]
    pub fn with(mut self, later: &Self) -> Option<Self> {
        for (name, value) in &later.0 {
            self.0.insert(name.clone(), value.clone());
        }
        let size = serde_json::to_string(&self).map_or(usize::MAX, |written| written.len());
        (size <= Self::MOST).then_some(self)
    }
}

impl From<Map<String, Value>> for Taken {
    fn from(values: Map<String, Value>) -> Self {
        Self(values)
    }
}

impl FromIterator<(String, Value)> for Taken {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(name: &str, value: &str) -> Taken {
        Taken::from_iter([(name.to_owned(), json!(value))])
    }

    #[test]
    fn the_later_answer_counts_and_the_others_stay() {
        let both = taken("token", "a").with(&taken("ticket", "1")).unwrap();
        let later = both.with(&taken("token", "b")).unwrap();
        assert_eq!(later.get("token"), Some(&json!("b")));
        assert_eq!(later.get("ticket"), Some(&json!("1")));
    }

    #[test]
    fn as_much_is_kept_as_fits() {
        let around = r#"{"token":""}"#.len();
        let most = "x".repeat(Taken::MOST - around);
        assert!(Taken::default().with(&taken("token", &most)).is_some());
        let more = format!("{most}x");
        assert!(Taken::default().with(&taken("token", &more)).is_none());
    }

    #[test]
    fn what_is_told_later_does_not_hide_that_nothing_was_told_at_first() {
        let known = taken("token", "a");
        assert_eq!(known.clone().split(), (known.clone(), false));
        let later = Taken::nothing_told().with(&known).unwrap();
        assert_eq!(later.split(), (known, true));
    }

    #[test]
    fn nobody_sees_the_values() {
        assert_eq!(format!("{:?}", taken("token", "s3cret")), r#"{"token"}"#);
    }
}
