//! One desk's part in a handover.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{DeskName, LegId, MessageId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Leg {
    pub id: LegId,
    pub desk: DeskName,
    pub offer: Offer,
    /// The leg was opened anew after the desk had lost the conversation; that happens once.
    pub reopened: bool,
    /// Its desk was the console's when it was opened: nobody calls it.
    pub at_console: bool,
    /// What no desk had heard when this one was offered the conversation: it stands in the offer, and is heard once the desk
    /// has taken that, or speaks.
    pub offered: Option<MessageId>,
    /// The last call to the desk has failed, and waits to be made again.
    pub failing: bool,
    /// The desk's own id of the conversation.
    pub reference: Option<String>,
    pub position: Option<u64>,
}

/// What has become of the open call. `twice`: it may have been made again after it had arrived, so the desk may have two
/// conversations of this leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// The desk does not know of the leg: no call has reached it, or it has lost the conversation or turned it away.
    Unknown,
    /// The desk may know of it although no answer came back.
    InDoubt { twice: bool },
    /// The desk has said that it took the conversation.
    Taken { twice: bool },
}

impl Leg {
    /// Of a desk that has not been called.
    pub const fn new(id: LegId, desk: DeskName) -> Self {
        Self {
            id,
            desk,
            offer: Offer::Unknown,
            reopened: false,
            at_console: false,
            offered: None,
            failing: false,
            reference: None,
            position: None,
        }
    }
}

impl Offer {
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. })
    }

    /// Whether its desk has heard of it, or may have.
    pub const fn may_be_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }

    pub const fn may_be_twice(self) -> bool {
        matches!(
            self,
            Self::InDoubt { twice: true } | Self::Taken { twice: true }
        )
    }

    /// A call may have arrived, and will be made again.
    pub const fn unanswered(&mut self) {
        *self = match self {
            Self::Unknown | Self::InDoubt { .. } => Self::InDoubt { twice: true },
            Self::Taken { .. } => Self::Taken { twice: true },
        };
    }

    /// The desk speaks of the conversation before it has answered the call.
    pub const fn shown(&mut self) {
        if matches!(self, Self::Unknown) {
            *self = Self::InDoubt { twice: false };
        }
    }

    pub const fn taken(&mut self) {
        *self = Self::Taken {
            twice: self.may_be_twice(),
        };
    }

    /// The desk has nothing of it any more.
    pub const fn disowned(&mut self) {
        *self = Self::Unknown;
    }
}

/// As states have it, and have had it from the beginning: other versions read and write the same rows.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "three are one offer")]
struct Stored {
    id: LegId,
    desk: DeskName,
    opened: bool,
    maybe_opened: bool,
    #[serde(default)]
    maybe_twice: bool,
    reopened: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    at_console: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offered: Option<MessageId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    failing: bool,
    reference: Option<String>,
    position: Option<u64>,
}

impl From<Stored> for Leg {
    fn from(stored: Stored) -> Self {
        let twice = stored.maybe_twice;
        Self {
            id: stored.id,
            desk: stored.desk,
            offer: match (stored.opened, stored.maybe_opened) {
                (true, _) => Offer::Taken { twice },
                (false, true) => Offer::InDoubt { twice },
                (false, false) => Offer::Unknown,
            },
            reopened: stored.reopened,
            at_console: stored.at_console,
            offered: stored.offered,
            failing: stored.failing,
            reference: stored.reference,
            position: stored.position,
        }
    }
}

impl From<Leg> for Stored {
    fn from(leg: Leg) -> Self {
        let twice = leg.offer.may_be_twice();
        Self {
            id: leg.id,
            desk: leg.desk,
            opened: leg.offer.is_taken(),
            maybe_opened: twice || matches!(leg.offer, Offer::InDoubt { .. }),
            maybe_twice: twice,
            reopened: leg.reopened,
            at_console: leg.at_console,
            offered: leg.offered,
            failing: leg.failing,
            reference: leg.reference,
            position: leg.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_offer_is_stored_in_the_words_that_other_versions_know() {
        let offers = [
            (Offer::Unknown, [false, false, false]),
            (Offer::InDoubt { twice: false }, [false, true, false]),
            (Offer::InDoubt { twice: true }, [false, true, true]),
            (Offer::Taken { twice: false }, [true, false, false]),
            (Offer::Taken { twice: true }, [true, true, true]),
        ];
        for (offer, [opened, maybe_opened, maybe_twice]) in offers {
            let id = LegId::from_uuid(uuid::Uuid::nil());
            let leg = Leg {
                offer,
                ..Leg::new(id, DeskName::new("team").unwrap())
            };
            let stored = json!({
                "id": id, "desk": "team", "opened": opened, "maybe_opened": maybe_opened,
                "maybe_twice": maybe_twice, "reopened": false, "reference": null, "position": null,
            });
            assert_eq!(serde_json::to_value(&leg).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Leg>(stored).unwrap(), leg);
        }
    }

    #[test]
    fn a_desk_that_showed_that_it_has_it_and_answered_then_is_read_as_one_that_took_it() {
        let stored = json!({
            "id": uuid::Uuid::nil(), "desk": "team", "opened": true, "maybe_opened": true, "reopened": false,
            "reference": null, "position": null,
        });
        let leg: Leg = serde_json::from_value(stored).unwrap();
        assert_eq!(leg.offer, Offer::Taken { twice: false });
    }
}
