//! What is done leaves its trace, also where a browser hangs up in the middle of it or the store fails for a while.

use std::{collections::BTreeMap, future::poll_fn, pin::pin, task::Poll, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
};
use handover_bridge::{
    domain::{retry::ErrorClass, time::Timestamp},
    store::DeliveryState,
};
use tokio::time::sleep;

use crate::{
    conversation::waiting,
    owed::{failed, state},
    world::{Browser, TOKEN, World},
};

/// More steps than any of these acts takes until it is answered.
const STEPS: usize = 12;

fn form(path: &str, form: &str) -> Request<Body> {
    Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

/// Waits for the answer for so many steps, hangs up, and waits until the bridge has ended what it has begun.
async fn hangs_up(world: &World, browser: &Browser, request: Request<Body>, after: usize) {
    {
        let mut call = pin!(world.call(browser, request));
        let mut left = after;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            call.as_mut().poll(cx).map(drop)
        })
        .await;
    }
    while !world.tasks.is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn sessions(world: &World) -> usize {
    use handover_bridge::store::ConsoleStore as _;
    world
        .store
        .sessions_since(Timestamp::default())
        .await
        .unwrap()
        .len()
}

async fn traces(world: &World, act: &str) -> usize {
    let audited = world.audited().await;
    audited.iter().filter(|(_, action)| action == act).count()
}

#[tokio::test]
async fn whoever_comes_in_has_left_a_trace_wherever_the_browser_hung_up() {
    for after in 0..STEPS {
        let world = World::with(BTreeMap::new(), None);
        let right = form("/console/sign-in", &format!("password={TOKEN}"));
        hangs_up(&world, &Browser::here(), right, after).await;
        let (begun, traced) = (sessions(&world).await, traces(&world, "sign_in").await);
        assert_eq!(begun, traced, "hung up after {after} steps");
    }
}

#[tokio::test]
async fn whoever_ends_sessions_has_left_a_trace_wherever_the_browser_hung_up() {
    for (path, act) in [
        ("/console/sign-out", "sign_out"),
        ("/console/sign-out/everywhere", "sign_out.everywhere"),
        ("/console/people/sign-out", "sessions.end_all"),
    ] {
        for after in 0..STEPS {
            let world = World::with(BTreeMap::new(), None);
            let browser = Browser::here();
            let password = format!("password={TOKEN}");
            let begun = world.post(&browser, "/console/sign-in", &password).await;
            let browser = browser.keeping(&begun);
            hangs_up(&world, &browser, form(path, ""), after).await;
            let ended = 1 - sessions(&world).await;
            let traced = traces(&world, act).await;
            assert_eq!(ended, traced, "{path}, hung up after {after} steps");
        }
    }
}

#[tokio::test]
async fn all_of_a_destination_is_tried_again_if_it_was_begun_wherever_the_browser_hung_up() {
    for after in 0..STEPS {
        let world = World::with(BTreeMap::new(), None);
        let password = format!("password={TOKEN}");
        let begun = world
            .post(&Browser::here(), "/console/sign-in", &password)
            .await;
        let browser = Browser::here().keeping(&begun);
        let dead = failed(&world, "u1", ErrorClass::Rejected, true).await;
        let all = form("/console/deliveries/retry-all", "destination=bot%3Awebshop");
        hangs_up(&world, &browser, all, after).await;
        let begun = traces(&world, "deliveries.retry_all").await > 0;
        let retried = state(&world, dead).await != DeliveryState::Dead;
        assert_eq!(begun, retried, "hung up after {after} steps");
    }
}

#[tokio::test]
async fn a_look_whose_trace_was_not_kept_is_traced_the_next_time() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    world.change("ALTER TABLE audit RENAME TO elsewhere");
    assert_eq!(world.get(&ann, &page).await.status, 200);
    world.change("ALTER TABLE elsewhere RENAME TO audit");
    assert_eq!(traces(&world, "transcript.view").await, 0);
    for _ in 0..2 {
        assert_eq!(world.get(&ann, &page).await.status, 200);
    }
    assert_eq!(traces(&world, "transcript.view").await, 1);
}
