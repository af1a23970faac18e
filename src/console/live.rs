//! Tells open pages what has changed: an event names a conversation and the version that it is at, and the page fetches
//! what it shows of it.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{extract::Query, faults::Fault, session::SignedIn, state::State};
use crate::{domain::time::Timestamp, store::Changing};

/// So much before what a page has seen last may still be on its way to it.
const OVERLAP: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COME_BACK: Duration = Duration::from_secs(2);
/// A stream ends then, and the page comes back with its session, if that is still good.
const LONGEST: Duration = Duration::from_mins(1);

/// When the page was made that opens the stream: what has changed until now is not in it.
#[derive(Debug, Deserialize)]
struct Params {
    since: Option<i64>,
}

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/events", get(events))
}

async fn events(
    _: SignedIn,
    Shared(state): Shared<State>,
    Query(since): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    // Before it is asked what was missed, so that nothing falls in between.
    let changes = state.store().changes();
    let now = state.now();
    let loaded = since.since.map(Timestamp::from_millis);
    let seen = last_seen(&headers).or(loaded).unwrap_or(now);
    let missed = state.store().changed_since(seen.minus(OVERLAP)).await?;
    let mut first: Vec<Event> = match missed {
        Some(missed) => missed.into_iter().map(changed).collect(),
        None => vec![reset(now)],
    };
    first.push(up_to(now));
    let stopping = state.stopping().clone();
    let until = async move {
        let _ = tokio::time::timeout(LONGEST, stopping.cancelled()).await;
    };
    let events = stream::iter(first)
        .chain(stream::unfold((changes, state), |(changes, state)| {
            next(changes, state)
        }))
        .map(|event| Ok::<_, Infallible>(event.retry(COME_BACK)))
        .take_until(until);
    let answer = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let as_it_comes = [
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((as_it_comes, answer).into_response())
}

/// Who lags has missed something, and reads all anew.
async fn next(
    mut changes: Receiver<Changing>,
    state: State,
) -> Option<(Event, (Receiver<Changing>, State))> {
    let event = match changes.recv().await {
        Ok(change) => changed(change),
        Err(RecvError::Lagged(_)) => reset(state.now()),
        Err(RecvError::Closed) => return None,
    };
    Some((event, (changes, state)))
}

fn changed(change: Changing) -> Event {
    let Changing {
        conversation,
        version,
        at,
    } = change;
    let data = format!(r#"{{"conversation":"{conversation}","version":{version}}}"#);
    Event::default()
        .event("changed")
        .id(at.as_millis().to_string())
        .data(data)
}

fn reset(now: Timestamp) -> Event {
    up_to(now).event("reset").data("{}")
}

/// Nothing to do for a page, but where it resumes even if nothing follows.
fn up_to(now: Timestamp) -> Event {
    Event::default().id(now.as_millis().to_string())
}

fn last_seen(headers: &HeaderMap) -> Option<Timestamp> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    id.parse().ok().map(Timestamp::from_millis)
}
