//! What a desk's words lead to, whatever the database.

use crate::domain::{
    event::{LegTarget, NamedLeg},
    ids::{HandoverId, LegId},
};

#[derive(Debug)]
pub(super) enum Found {
    Leg(NamedLeg),
    Nothing,
    /// Two handovers.
    Contradiction,
}

pub(super) type Leg = (LegId, HandoverId);

impl Found {
    /// The leg that is called so, else the one that was given.
    pub(super) fn of(target: &LegTarget, called: Option<Leg>, given: Option<Leg>) -> Self {
        let is_new = called.is_none();
        match (called, given) {
            (Some((_, called)), Some((_, given))) if called != given => Self::Contradiction,
            (Some((id, handover)), _) | (None, Some((id, handover))) => Self::Leg(NamedLeg {
                id,
                handover,
                desk: target.desk.clone(),
                reference: target.reference.clone(),
                is_new,
            }),
            (None, None) => Self::Nothing,
        }
    }
}
