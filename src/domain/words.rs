//! Closed lists of which each member has a word: in the store, on the wire, in metrics and in the log it is the same one.
//! It stands beside its member, and nowhere else.

use std::fmt;

use serde::de;

/// `words! { pub enum Name { Member = "word", … } }` makes the type and all that goes by its words. A word that is not
/// among them is a newer version's, and none of these; `else Member` behind the list says as which one it is read.
macro_rules! words {
    (
        $(#[$about:meta])*
        $seen:vis enum $name:ident {
            $($(#[$of:meta])* $member:ident = $word:literal),+ $(,)?
        }
        $(else $other:ident)?
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $seen enum $name {
            $($(#[$of])* $member,)+
        }

        impl $name {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$member),+];

            /// Its word. Stored, so it must not change.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }

            pub fn from_label(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$member),)+
                    _ => $crate::domain::words::words!(@other $(Self::$other)?),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.label())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.label())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str($crate::domain::words::OneOf {
                    read: Self::from_label,
                    known: &[$($word),+],
                })
            }
        }
    };
    (@other) => { None };
    (@other $other:expr) => { Some($other) };
}

pub(crate) use words;

/// What a word is read by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneOf<T> {
    pub(crate) read: fn(&str) -> Option<T>,
    pub(crate) known: &'static [&'static str],
}

impl<T> de::Visitor<'_> for OneOf<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.known.join(", "))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
        (self.read)(word).ok_or_else(|| E::unknown_variant(word, self.known))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    words! {
        enum Weather {
            Fair = "fair",
            Wet = "wet_and_windy",
        }
    }

    words! {
        enum Guess {
            Sure = "sure",
            Unknown = "unknown",
        }
        else Unknown
    }

    #[test]
    fn a_member_goes_by_its_word_everywhere() {
        for weather in Weather::ALL {
            assert_eq!(Weather::from_label(weather.label()), Some(weather));
            assert_eq!(weather.to_string(), weather.label());
            assert_eq!(json!(weather), json!(weather.label()));
            let read: Weather = serde_json::from_value(json!(weather)).unwrap();
            assert_eq!(read, weather);
        }
        assert_eq!(Weather::ALL, [Weather::Fair, Weather::Wet]);
        assert_eq!(Weather::Wet.label(), "wet_and_windy");
    }

    #[test]
    fn a_newer_versions_word_is_refused_or_read_as_the_one_that_is_meant_for_it() {
        assert_eq!(Weather::from_label("Fair"), None);
        let refused = serde_json::from_value::<Weather>(json!("snow")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "unknown variant `snow`, expected `fair` or `wet_and_windy`"
        );
        assert!(serde_json::from_value::<Weather>(json!(1)).is_err());
        assert_eq!(Guess::from_label("certain"), Some(Guess::Unknown));
        let read: Guess = serde_json::from_value(json!("certain")).unwrap();
        assert_eq!((read, json!(read)), (Guess::Unknown, json!("unknown")));
        for guess in Guess::ALL {
            assert_eq!(Guess::from_label(guess.label()), Some(guess));
        }
    }
}
