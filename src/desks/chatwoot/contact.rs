//! Who the user is, as a contact of Chatwoot.

use serde_json::{Map, Value};

use crate::{
    desks::known::{Details, Known},
    domain::delivery::About,
};

/// What is known of the user that Chatwoot has a place for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The bridge's id of the conversation: the same for every handover of this user, and nothing that a user can claim.
    pub(super) identifier: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// As Chatwoot takes it, `+` and up to 15 digits.
    pub(super) phone_number: Option<String>,
}

/// For the agent's list, where nothing is known.
const NOBODY: &str = "Visitor";
/// As many characters of a name stand in Chatwoot's list.
const LONGEST_NAME: usize = 200;

impl Person {
    pub(super) fn of(about: &About) -> Self {
        let Details {
            first_name,
            last_name,
            email,
            phone,
        } = Known::of(about).details(about);
        let name = [first_name, last_name].into_iter().flatten();
        let name = name.collect::<Vec<_>>().join(" ");
        let name: String = name.trim().chars().take(LONGEST_NAME).collect();
        Self {
            identifier: about.conversation.to_string(),
            name: if name.is_empty() {
                NOBODY.to_owned()
            } else {
                name
            },
            email: email
                .map(|email| email.trim().to_owned())
                .filter(|email| is_email(email)),
            phone_number: phone.and_then(|number| international(&number)),
        }
    }

    /// The two by which Chatwoot may have somebody else already.
    pub(super) fn addresses(&self) -> Map<String, Value> {
        let told = [("email", &self.email), ("phone_number", &self.phone_number)];
        let told = told.into_iter();
        told.filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())))
            .collect()
    }
}

/// Chatwoot refuses a contact for what is none.
fn is_email(text: &str) -> bool {
    let is_plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let parts = text.split_once('@');
    is_plain && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// E.164. A number without its country is nobody's.
fn international(number: &str) -> Option<String> {
    let kept: String = number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'))
        .collect();
    let digits = kept.strip_prefix('+')?;
    let is_number = (5..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_only_where_its_country_is_known() {
        assert_eq!(
            international("+31 (20) 123-4567").as_deref(),
            Some("+31201234567")
        );
        for number in [
            "0201234567",
            "31201234567",
            "+0201234567",
            "+31x",
            "+",
            "+1234567890123456",
        ] {
            assert_eq!(international(number), None, "{number}");
        }
    }

    #[test]
    fn an_email_has_somebody_and_a_host() {
        assert!(is_email("ada@example.com"));
        for text in ["ada", "@example.com", "ada@example", "a da@example.com", ""] {
            assert!(!is_email(text), "{text}");
        }
    }
}
