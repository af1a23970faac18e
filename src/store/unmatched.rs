//! What is kept of a conversation that is not known to be ours yet, whatever the database: events with their keys, few and
//! small.

use std::time::Duration;

use super::{columns::number, hashing::Hashed, keyed::KeyedEvent};
use crate::domain::{
    event::{DeskEvent, Event, LegTarget},
    ids::DeskName,
};

/// As many events are kept of one desk. More than that come of conversations that are none of ours.
const MOST_EVENTS: i64 = 1000;
/// As many bytes of events are kept of one desk.
const MOST_BYTES: i64 = 4 * 1024 * 1024;

/// An event with its keys.
#[derive(Debug)]
pub(super) struct Unmatched {
    pub(super) event: DeskEvent,
    pub(super) keys: Vec<Hashed>,
}

/// Events that name a conversation which is not known, and may wait for it.
#[derive(Debug)]
pub(super) struct Early<'t> {
    pub(super) desk: &'t DeskName,
    pub(super) reference: &'t str,
    pub(super) span: Duration,
    pub(super) events: Vec<Unmatched>,
}

/// One as it is written.
pub(super) struct Fresh {
    pub(super) size: i64,
    pub(super) event: String,
    pub(super) keys: String,
}

impl<'t> Early<'t> {
    pub(super) fn of(target: &'t LegTarget, events: &[KeyedEvent]) -> Option<Self> {
        let LegTarget {
            desk,
            reference: Some(reference),
            // One that is none of this desk's will not become one.
            leg: None,
            keep_unmatched: Some(span),
        } = target
        else {
            return None;
        };
        let unmatched = |incoming: &KeyedEvent| match &incoming.event {
            Event::FromLeg { event, .. } => Some(Unmatched {
                event: event.clone(),
                keys: incoming.keys.clone(),
            }),
            _ => None,
        };
        Some(Self {
            desk,
            reference,
            span: *span,
            events: events.iter().filter_map(unmatched).collect(),
        })
    }
}

/// Those of the events that are no repeats of what waits, nor of each other.
pub(super) fn fresh(
    waiting: impl Iterator<Item = Unmatched>,
    events: &[Unmatched],
) -> serde_json::Result<Vec<Fresh>> {
    let mut known: Vec<Hashed> = waiting.flat_map(|kept| kept.keys).collect();
    let mut fresh = Vec::new();
    for Unmatched { event, keys } in events {
        let is_known = |key: &Hashed| known.iter().any(|known| known.hash == key.hash);
        if !keys.iter().any(is_known) {
            known.extend(keys);
            let event = serde_json::to_string(event)?;
            fresh.push(Fresh {
                size: number(event.len()),
                event,
                keys: serde_json::to_string(keys)?,
            });
        }
    }
    Ok(fresh)
}

/// Whether there is room for them beside so many events of the desk, of so many bytes.
pub(super) fn have_room(desk: &DeskName, (count, bytes): (i64, i64), fresh: &[Fresh]) -> bool {
    let more: i64 = fresh.iter().map(|fresh| fresh.size).sum();
    let room = count + number(fresh.len()) <= MOST_EVENTS && bytes + more <= MOST_BYTES;
    if !room {
        tracing::warn!(%desk, "too much waits of conversations that are not known, more is not kept");
    }
    room
}
