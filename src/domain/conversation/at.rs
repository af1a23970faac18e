//! Where a handover is.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Leg;
use crate::domain::{
    ids::{DeskName, LegId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub enum At {
    /// It has just begun: within the same step somebody is asked, or it ends.
    Nobody,
    /// No desk has been asked yet: the platform is asked first.
    Platform(LookUp),
    /// The desk has it, or is asked to take it; if it closes, had it last.
    Desk(Leg),
}

/// What the platform is asked before a desk is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    /// What was said before. Whatever is said meanwhile leaves room for it in the transcript.
    pub history: bool,
    /// From then on it goes on without.
    pub until: Timestamp,
}

/// As states have it, and have had it from the beginning: other versions read and write the same rows. There is a leg
/// also where no desk has been asked, of which they make nothing while `look_up` is there.
#[derive(Serialize, Deserialize)]
struct Stored {
    leg: Leg,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look_up: Option<LookUp>,
}

impl From<Stored> for At {
    fn from(Stored { leg, look_up }: Stored) -> Self {
        match look_up {
            Some(look_up) => Self::Platform(look_up),
            None if leg.id == stand_in().id => Self::Nobody,
            None => Self::Desk(leg),
        }
    }
}

impl From<At> for Stored {
    fn from(at: At) -> Self {
        let (leg, look_up) = match at {
            At::Nobody => (stand_in(), None),
            At::Platform(look_up) => (stand_in(), Some(look_up)),
            At::Desk(leg) => (leg, None),
        };
        Self { leg, look_up }
    }
}

fn stand_in() -> Leg {
    Leg::new(LegId::from_uuid(Uuid::nil()), DeskName::stand_in())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wherever_it_is_is_stored_in_the_words_that_other_versions_know() {
        let id = LegId::from_uuid(Uuid::from_u128(7));
        let leg = Leg::new(id, DeskName::new("team").unwrap());
        let look_up = LookUp {
            history: true,
            until: Timestamp::from_millis(1),
        };
        for (at, known) in [
            (At::Nobody, None),
            (At::Platform(look_up), Some(look_up)),
            (At::Desk(leg), None),
        ] {
            let stored = serde_json::to_value(&at).unwrap();
            assert_eq!(serde_json::from_value::<At>(stored.clone()).unwrap(), at);
            // An older version cannot do without a leg.
            let older: Stored = serde_json::from_value(stored).unwrap();
            assert_eq!(older.look_up, known);
        }
    }

    #[test]
    fn the_leg_that_an_older_version_writes_while_the_platform_is_asked_is_none() {
        let until = Timestamp::from_millis(1);
        let stored = json!({
            "leg": Leg::new(LegId::from_uuid(Uuid::from_u128(7)), DeskName::new("team").unwrap()),
            "look_up": {"history": false, "until": until},
        });
        let look_up = LookUp {
            history: false,
            until,
        };
        let read: At = serde_json::from_value(stored).unwrap();
        assert_eq!(read, At::Platform(look_up));
    }
}
