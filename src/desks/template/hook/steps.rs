//! What a call has told, as steps of the store.

use std::time::Duration;

use super::{About, Told};
use crate::domain::{
    dedupe::DedupeKey,
    event::{Event, Incoming, LegTarget, Step, Target},
    ids::DeskName,
};

/// An event may come before the answer that tells whose it is.
const KEEP_UNMATCHED: Duration = Duration::from_mins(1);

/// In the order in which they came. What is told of one conversation in a row is one step: it is all stored or, if the desk
/// has to send its call again, none of it.
pub fn steps(desk: &DeskName, told: &[Told]) -> Vec<Step> {
    let rows = told.chunk_by(|told, next| told.about == next.about);
    rows.filter_map(|row| step(desk, row)).collect()
}

fn step(desk: &DeskName, row: &[Told]) -> Option<Step> {
    let first = row.first()?;
    Some(Step {
        target: target(desk, &first.about),
        profile: None,
        events: row.iter().map(|told| incoming(desk, told)).collect(),
    })
}

fn target(desk: &DeskName, about: &About) -> Target {
    let desk = desk.clone();
    match about {
        About::Handover(id) => Target::Handover { id: *id, desk },
        About::Reference(reference) => Target::Leg(LegTarget {
            desk,
            reference: Some(reference.clone()),
            leg: None,
            keep_unmatched: Some(KEEP_UNMATCHED),
        }),
    }
}

fn incoming(desk: &DeskName, told: &Told) -> Incoming {
    let event = told.event.clone();
    let event = match told.about {
        About::Handover(handover) => Event::FromDesk {
            handover,
            desk: desk.clone(),
            event,
        },
        About::Reference(_) => Event::FromLeg { event, leg: None },
    };
    let key = told.key.as_ref();
    let key = key.map(|[key, number]| DedupeKey::desk_event(desk, &[key, number]));
    Incoming {
        event,
        keys: key.into_iter().collect(),
    }
}
