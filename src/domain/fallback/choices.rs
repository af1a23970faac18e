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
        let typed = plain(text);
        if typed.is_empty() {
            return None;
        }
        let same = |choice: &&Choice| plain(&choice.title) == typed;
        self.0
            .iter()
            .find(same)
            .or_else(|| self.0.get(number(&typed)?.checked_sub(1)?))
    }
}

/// A text as it is compared: without case, and without what nobody sees and keyboards add by themselves.
fn plain(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    seen.trim().to_lowercase()
}

/// Characters without width, marks of direction, and the frame and the style of an emoji.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{20e3}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}'
    )
}

/// A number of the list, as people type one: with a stop or a bracket behind it, and in the digits of their script.
fn number(typed: &str) -> Option<usize> {
    let digits = typed.strip_suffix(['.', ')', '\u{3002}', '\u{ff0e}', '\u{ff09}']);
    let digits = digits.unwrap_or(typed);
    if digits == "\u{1f51f}" {
        return Some(10);
    }
    let ascii: Option<String> = digits.chars().map(ascii_digit).collect();
    ascii?.parse().ok()
}

/// The same digit as ASCII has it.
fn ascii_digit(c: char) -> Option<char> {
    let zero = ZEROS.iter().rev().find(|zero| **zero <= c)?;
    char::from_digit(u32::from(c) - u32::from(*zero), 10)
}

/// The zeros of the scripts in Unicode's basic plane, each followed by its other nine digits, in their order.
const ZEROS: [char; 37] = [
    '0', '\u{0660}', // Arabic-Indic
    '\u{06f0}', // Persian and Urdu
    '\u{07c0}', // NKo
    '\u{0966}', // Devanagari
    '\u{09e6}', // Bengali
    '\u{0a66}', // Gurmukhi
    '\u{0ae6}', // Gujarati
    '\u{0b66}', // Oriya
    '\u{0be6}', // Tamil
    '\u{0c66}', // Telugu
    '\u{0ce6}', // Kannada
    '\u{0d66}', // Malayalam
    '\u{0de6}', // Sinhala Lith
    '\u{0e50}', // Thai
    '\u{0ed0}', // Lao
    '\u{0f20}', // Tibetan
    '\u{1040}', // Myanmar
    '\u{1090}', // Myanmar Shan
    '\u{17e0}', // Khmer
    '\u{1810}', // Mongolian
    '\u{1946}', // Limbu
    '\u{19d0}', // New Tai Lue
    '\u{1a80}', // Tai Tham Hora
    '\u{1a90}', // Tai Tham Tham
    '\u{1b50}', // Balinese
    '\u{1bb0}', // Sundanese
    '\u{1c40}', // Lepcha
    '\u{1c50}', // Ol Chiki
    '\u{a620}', // Vai
    '\u{a8d0}', // Saurashtra
    '\u{a900}', // Kayah Li
    '\u{a9d0}', // Javanese
    '\u{a9f0}', // Myanmar Tai Laing
    '\u{aa50}', // Cham
    '\u{abf0}', // Meetei Mayek
    '\u{ff10}', // full width
];

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
    fn digits_of_other_scripts_are_numbers() {
        let choices = offered(&["Yes", "No", "Later"]);
        let meant = |typed: &str| choices.meant_by(typed).map(|choice| choice.title.clone());
        for zero in ZEROS {
            let two = char::from_u32(u32::from(zero) + 2).unwrap();
            assert!(two.is_numeric(), "{two:?}");
            assert_eq!(meant(&format!("{two}.")).as_deref(), Some("No"), "{two:?}");
            let before = char::from_u32(u32::from(zero) - 1).unwrap();
            assert_eq!(meant(&before.to_string()), None, "{before:?}");
            let after = char::from_u32(u32::from(zero) + 10).unwrap();
            assert_eq!(ascii_digit(after), None, "{after:?}");
        }
        assert_eq!(meant("\u{ff12}\u{ff09}").as_deref(), Some("No"));
    }

    #[test]
    fn decoration_that_keyboards_add_counts_for_nothing() {
        let choices = offered(&[
            "Yes",
            "\u{200f}לא\u{200f}",
            "3",
            "4",
            "5",
            "6",
            "7",
            "8",
            "9",
            "Ten",
        ]);
        for (typed, meant) in [
            ("1\u{fe0f}\u{20e3}", Some("Yes")),
            ("1\u{20e3} ", Some("Yes")),
            ("\u{1f51f}", Some("Ten")),
            ("\u{200e}1\u{200f}", Some("Yes")),
            ("\u{2068}1\u{2069} .", None),
            ("\u{feff}y\u{200b}es", Some("Yes")),
            ("לא", Some("\u{200f}לא\u{200f}")),
            ("\u{20e3}", None),
            ("½", None),
            ("②", None),
        ] {
            let found = choices.meant_by(typed).map(|choice| choice.title.as_str());
            assert_eq!(found, meant, "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_means_nothing() {
        let choices = offered(&["Yes", "\u{200b}"]);
        assert!(choices.meant_by("\u{200f}").is_none());
        assert!(choices.meant_by("").is_none());
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
