//! The verify token in the query of a Chatlayer call.
//!
//! The documents show `challenge.verifyToken=`; what a query builder makes of that object differs, so four spellings
//! are read. Exactly one of them may stand there, once: a second token must not hide behind a first.

use serde::Deserialize;

/// What the query says about the token.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Presented {
    Nothing,
    Token(String),
    /// Repeated, or in a form that holds no token. Never accepted.
    Unusable,
}

#[derive(Deserialize)]
struct Challenge {
    #[serde(rename = "verifyToken")]
    verify_token: String,
}

impl Presented {
    pub(super) fn in_query(query: &str) -> Self {
        let mut found =
            form_urlencoded::parse(query.as_bytes()).filter_map(|(name, value)| match &*name {
                "challenge.verifyToken" | "challenge[verifyToken]" | "verifyToken" => {
                    Some(Some(value.into_owned()))
                }
                "challenge" => Some(
                    serde_json::from_str::<Challenge>(&value)
                        .ok()
                        .map(|challenge| challenge.verify_token),
                ),
                _ => None,
            });
        match (found.next(), found.next()) {
            (None, _) => Self::Nothing,
            (Some(Some(token)), None) => Self::Token(token),
            _ => Self::Unusable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(query: &str) -> Option<String> {
        match Presented::in_query(query) {
            Presented::Token(token) => Some(token),
            Presented::Nothing | Presented::Unusable => None,
        }
    }

    #[test]
    fn each_spelling_is_form_decoded() {
        for query in [
            "challenge.verifyToken=a+b%2Fc",
            "challenge%2EverifyToken=a%20b/c",
            "challenge[verifyToken]=a+b/c",
            "challenge%5BverifyToken%5D=a+b/c",
            "challenge=%7B%22verifyToken%22%3A%22a+b%2Fc%22%7D",
            r#"challenge={"verifyToken":"a%20b/c"}"#,
            "verifyToken=a+b/c",
            "other=1&verifyToken=a+b/c&more=2",
        ] {
            assert_eq!(token(query).as_deref(), Some("a b/c"), "{query}");
        }
    }

    #[test]
    fn nothing_is_not_the_same_as_something_unusable() {
        for query in ["", "other=1", "verifytoken=a", "challenge.other=a"] {
            assert!(Presented::in_query(query) == Presented::Nothing, "{query}");
        }
        for query in [
            "verifyToken=a&verifyToken=a",
            "verifyToken=a&challenge.verifyToken=a",
            "challenge=a",
            "challenge=%7B%7D",
            r#"challenge={"verifyToken":1}"#,
            r#"challenge={"verifyToken":"a","verifyToken":"a"}"#,
            "challenge=x&verifyToken=a",
        ] {
            assert!(Presented::in_query(query) == Presented::Unusable, "{query}");
        }
        assert_eq!(token("verifyToken=").as_deref(), Some(""));
    }
}
