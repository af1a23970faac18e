//! The stream that keeps open pages up to date.

use std::time::Duration;

use axum::http::{StatusCode, header};
use serde_json::Value;

use crate::{
    conversation::{says, waiting},
    world::{Browser, World},
};

/// A world that has run for a while, and Ann in it.
async fn running() -> (World, Browser) {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    world.wait(Duration::from_mins(1));
    (world, ann)
}

fn field<'a>(event: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = event.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn a_change_is_heard_as_it_is_committed_with_a_version_that_grows() {
    let (world, ann) = running().await;
    let mut events = world.events(&ann, None).await;
    events.next().await;
    let page = waiting(&world).await;
    let mut last = 0;
    for _ in 0..2 {
        let event = events.next().await;
        assert_eq!(field(&event, "event"), Some("changed"));
        let data: Value = serde_json::from_str(field(&event, "data").unwrap()).unwrap();
        assert!(page.ends_with(data["conversation"].as_str().unwrap()));
        let version = data["version"].as_u64().unwrap();
        assert!(version > last, "{version} after {last}");
        last = version;
    }
}

#[tokio::test]
async fn a_page_that_has_heard_nothing_yet_can_still_resume() {
    let (world, ann) = running().await;
    let mut events = world.events(&ann, None).await;
    let opening = events.next().await;
    assert_eq!(field(&opening, "event"), None, "nothing to do: {opening}");
    assert_eq!(field(&opening, "retry"), Some("2000"));
    let seen = field(&opening, "id").unwrap();
    drop(events);
    world.wait(Duration::from_secs(30));
    let page = waiting(&world).await;
    world.wait(Duration::from_secs(30));
    let mut again = world.events(&ann, Some(seen)).await;
    let event = again.next().await;
    assert_eq!(field(&event, "event"), Some("changed"));
    assert!(event.contains(page.rsplit('/').next().unwrap()), "{event}");
    let rest = again.next().await;
    assert_eq!(field(&rest, "event"), None, "once: {rest}");
}

#[tokio::test]
async fn what_changed_between_a_page_and_its_stream_is_told() {
    let (world, ann) = running().await;
    world.get(&ann, "/console").await;
    let page = waiting(&world).await;
    world.wait(Duration::from_secs(2));
    let mut events = world.events(&ann, None).await;
    let event = events.next().await;
    assert!(event.contains(page.rsplit('/').next().unwrap()), "{event}");
}

#[tokio::test]
async fn who_was_away_for_too_long_reads_all_anew_and_goes_on_from_there() {
    let (world, ann) = running().await;
    let mut events = world.events(&ann, Some("1000")).await;
    let event = events.next().await;
    assert_eq!(field(&event, "event"), Some("reset"));
    let seen = field(&event, "id").unwrap().to_owned();
    drop(events);
    world.wait(Duration::from_mins(1));
    let mut again = world.events(&ann, Some(&seen)).await;
    assert_eq!(field(&again.next().await, "event"), None);
}

#[tokio::test]
async fn who_is_too_slow_reads_all_anew() {
    let (world, ann) = running().await;
    waiting(&world).await;
    world.wait(Duration::from_mins(1));
    let mut events = world.events(&ann, None).await;
    events.next().await;
    for number in 0..4100 {
        says(&world, &number.to_string()).await;
    }
    let event = events.next().await;
    assert_eq!(field(&event, "event"), Some("reset"), "{event}");
}

#[tokio::test]
async fn a_stream_ends_each_minute_and_is_not_opened_to_who_has_left() {
    let (world, ann) = running().await;
    let mut events = world.events(&ann, None).await;
    tokio::time::pause();
    while !events.next().await.is_empty() {}
    tokio::time::resume();
    let left = world.post(&ann, "/console/sign-out", "").await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    let refused = world.get(&ann, "/console/events").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert!(refused.location().unwrap().starts_with("/console/sign-in"));
}

#[tokio::test]
async fn nothing_between_keeps_or_holds_back_a_stream() {
    let (world, ann) = running().await;
    let events = world.events(&ann, None).await;
    let headers = events.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
}
