//! Names and ids. A value of one of these types has passed its rule; nothing else can make one.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

uuid_newtype! {
    /// One user's thread with one bot.
    ConversationId,
    /// One passage from bot to agent and back.
    HandoverId,
    /// One desk's part in a handover.
    LegId,
    /// One message of a transcript.
    MessageId,
    /// One call that the bridge owes; the `webhook-id` of a webhook desk, the same over all attempts.
    DeliveryId,
    /// One call of an operator to have a user erased.
    ErasureId,
}

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident: $rule:path => $error:ident $message:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $error;

        impl $name {
            /// # Errors
            /// The text breaks the rule of this type.
            pub fn new(text: impl Into<Arc<str>>) -> Result<Self, $error> {
                let text = text.into();
                if $rule(&text) { Ok(Self(text)) } else { Err($error) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }
    )+};
}

text_newtype! {
    /// The configured name of a bot, `[bots.NAME]`.
    BotName: is_name => NotABotName "a bot's name is a-z, then a-z, 0-9 and _, at most 32, no double underscore",
    /// The configured name of a desk, `[desks.NAME]`.
    DeskName: is_name => NotADeskName "a desk's name is a-z, then a-z, 0-9 and _, at most 32, no double underscore",
    /// The configured name of opening hours, `[hours.NAME]`.
    HoursName: is_name => NotAnHoursName "a name of hours is a-z, then a-z, 0-9 and _, at most 32, no double underscore",
    /// The name of somebody who works at the console, `[admin.users.NAME]`.
    OperatorName: is_name => NotAnOperatorName "an operator's name is a-z, then a-z, 0-9 and _, at most 32, no double underscore",
    /// An id that a vendor made up and that may go into an outgoing path.
    ExternalId: is_external_id => NotAnExternalId "an id is 1 to 256 bytes without control characters, and neither . nor ..",
}

impl DeskName {
    /// Stands where older versions look for the name of a desk although none has been asked.
    pub(crate) fn stand_in() -> Self {
        Self(Arc::from("none"))
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && text.len() <= 32
        && !text.contains("__")
}

/// PostgreSQL has no NUL in a text, so ids that differ by one could not be told apart there.
fn is_external_id(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && !matches!(text, "." | "..")
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_the_configuration() {
        for good in ["a", "web_shop2", &"a".repeat(32)] {
            assert!(BotName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "a-b", "a__b", "_a", &"a".repeat(33)] {
            assert!(BotName::new(bad).is_err(), "{bad}");
        }
        assert!(is_name(DeskName::stand_in().as_str()));
    }

    #[test]
    fn external_ids_have_no_control_characters() {
        for bad in ["a\0", "\u{1}", "a\nb", "a\tb", "\u{7f}", "a\u{85}"] {
            assert!(ExternalId::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a b", "é", "a\u{200d}b", "\u{fffd}"] {
            assert!(ExternalId::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn external_ids_cannot_climb_out_of_a_path() {
        for bad in ["", ".", "..", &"x".repeat(257)] {
            assert!(ExternalId::new(bad).is_err(), "{bad}");
        }
        assert!(
            ExternalId::new("../x").is_ok(),
            "one segment once it is percent-encoded"
        );
    }
}
