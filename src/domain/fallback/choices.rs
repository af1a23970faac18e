//! Choices that a user was given as a numbered list, and the way back from what the user typed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of a numbered list. The payload is whatever the sender put there, and goes back untouched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub title: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub payload: Value,
}

/// The newest list, in the order of its numbers. Bounded, since it is part of the conversation's state: what goes beyond
/// is listed all the same, and a number typed for it reaches the agent as the text that it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Choices(Vec<Choice>);

const MOST: usize = 50;
const MOST_BYTES: usize = 16 * 1024;

impl Choices {
    pub fn remember(offered: Vec<Choice>) -> Self {
        let mut bytes = 0_usize;
        let small = |choice: &Choice| {
            bytes = bytes
                .saturating_add(choice.title.len())
                .saturating_add(choice.payload.to_string().len());
            bytes <= MOST_BYTES
        };
        Self(offered.into_iter().take(MOST).take_while(small).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The choice that a user means who typed this. A title counts before a number, for titles can be numbers:
    /// who is asked "how many?" and types 2 wants two, whatever stands second.
    pub fn meant_by(&self, text: &str) -> Option<&Choice> {
        let typed = text.trim();
        let same = |choice: &&Choice| choice.title.to_lowercase() == typed.to_lowercase();
        self.0.iter().find(same).or_else(|| {
            let digits = typed.strip_suffix(['.', ')']).unwrap_or(typed);
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let number: usize = digits.parse().ok().filter(|_| plain)?;
            self.0.get(number.checked_sub(1)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offered(titles: &[&str]) -> Choices {
        let choice = |title: &&str| Choice {
            title: (*title).to_owned(),
            payload: json!({"for": title}),
        };
        Choices::remember(titles.iter().map(choice).collect())
    }

    #[test]
    fn a_number_or_a_title_means_its_choice() {
        let choices = offered(&["Yes", "No, thanks"]);
        for (typed, meant) in [
            ("1", Some("Yes")),
            (" 2. ", Some("No, thanks")),
            ("2)", Some("No, thanks")),
            ("02", Some("No, thanks")),
            ("yes ", Some("Yes")),
            ("NO, THANKS", Some("No, thanks")),
            ("0", None),
            ("3", None),
            ("+1", None),
            ("1 or 2", None),
            ("99999999999999999999999", None),
            ("", None),
            (".", None),
            ("maybe", None),
        ] {
            let found = choices.meant_by(typed).map(|choice| choice.title.as_str());
            assert_eq!(found, meant, "{typed:?}");
        }
    }

    #[test]
    fn a_title_counts_before_a_number() {
        let choices = offered(&["2", "4"]);
        let title = |typed| choices.meant_by(typed).map(|choice| choice.title.as_str());
        assert_eq!(title("2"), Some("2"));
        assert_eq!(title("1"), Some("2"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let many = vec!["x"; 1000];
        assert_eq!(offered(&many).0.len(), MOST);
        let large = Choice {
            title: "large".to_owned(),
            payload: json!("p".repeat(MOST_BYTES)),
        };
        let small = offered(&["small"]).0;
        let choices = Choices::remember(small.into_iter().chain([large]).collect());
        assert_eq!(choices.0.len(), 1);
        assert!(choices.meant_by("2").is_none());
    }
}
