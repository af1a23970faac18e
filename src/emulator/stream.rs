//! Server-sent events over something that only grows: a page that comes back says how far it has read.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Shorter than any proxy's patience.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Something with numbered items.
pub(super) trait Feed: Send + Sync + 'static {
    type Item: Serialize + Send;

    /// The first item after number `after`, with its own number.
    fn next(&self, after: usize) -> Option<(usize, Self::Item)>;
}

/// Tells every item after `from` and goes on until `closing`. `seen` changes whenever there is more.
pub(super) fn tell<F: Feed>(
    feed: F,
    from: usize,
    seen: watch::Receiver<usize>,
    closing: CancellationToken,
) -> Response {
    let state = (feed, from, seen, closing);
    let events = stream::unfold(state, |(feed, at, mut seen, closing)| async move {
        loop {
            seen.mark_unchanged();
            if let Some((number, item)) = feed.next(at) {
                let event = Event::default().id(number.to_string());
                let event = event.json_data(item).unwrap_or_default();
                return Some((Ok::<_, Infallible>(event), (feed, number, seen, closing)));
            }
            let changed = closing.run_until_cancelled(seen.changed()).await;
            if !matches!(changed, Some(Ok(()))) {
                return None;
            }
        }
    });
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

/// Where a page that lost its stream had got to.
pub(super) fn last_seen(headers: &HeaderMap) -> usize {
    headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}
