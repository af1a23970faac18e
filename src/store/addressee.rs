//! Whom a desk speaks of, whatever the database.

use crate::domain::{
    event::{LegTarget, NamedLeg},
    ids::{HandoverId, LegId},
};

#[derive(Debug)]
pub(super) enum Addressee {
    Leg(NamedLeg),
    Unknown,
    /// Two handovers.
    Contradiction,
}

/// A leg that is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredLeg {
    pub(super) id: LegId,
    pub(super) handover: HandoverId,
}

impl Addressee {
    /// The leg that is called so, else the one that was given.
    pub(super) fn of(
        target: &LegTarget,
        called: Option<StoredLeg>,
        given: Option<StoredLeg>,
    ) -> Self {
        if let (Some(called), Some(given)) = (called, given)
            && called.handover != given.handover
        {
            return Self::Contradiction;
        }
        match called.or(given) {
            Some(StoredLeg { id, handover }) => Self::Leg(NamedLeg {
                id,
                handover,
                desk: target.desk.clone(),
                reference: target.reference.clone(),
                is_new: called.is_none(),
            }),
            None => Self::Unknown,
        }
    }
}
