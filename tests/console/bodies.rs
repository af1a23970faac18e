//! Forms that are too large or do not come.

use axum::{
    body::{Body, Bytes},
    http::{Request, header},
};
use futures_util::stream;

use crate::{
    conversation::waiting,
    form,
    world::{Answer, Browser, World},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// What is announced and never comes to its end.
fn unfinished(path: &str) -> Request<Body> {
    let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"name=ann"))]);
    let body = futures_util::StreamExt::chain(first, stream::pending());
    Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, FORM)
        .body(Body::from_stream(body))
        .unwrap()
}

fn is_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains("This form cannot be read"));
}

/// The clock goes on by itself when nothing else is left to do.
#[tokio::test]
async fn a_form_that_does_not_come_is_given_up() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    tokio::time::pause();
    let stranger = Browser::here();
    is_refused(
        &world.call(&stranger, unfinished("/console/sign-in")).await,
        408,
    );
    let reply = unfinished(&format!("{page}/reply"));
    is_refused(&world.call(&ann, reply).await, 408);
}

#[tokio::test]
async fn strangers_have_little_room_for_a_form_and_nobody_has_more_than_a_mebibyte() {
    let world = World::new();
    let stranger = Browser::here();
    let right = form::sign_in("ann");
    let large = format!("{right}&to={}", "x".repeat(16 << 10));
    is_refused(
        &world.post(&stranger, "/console/sign-in", &large).await,
        413,
    );
    let ann = world.signed_in(stranger, "ann").await;
    let page = waiting(&world).await;
    let unseen = form::unseen(&world.get(&ann, &page).await.body);
    let reply = format!("{page}/reply");
    // It comes back with what is wrong with it.
    let long = format!("{unseen}&text={}", "%D0%96".repeat(100_000));
    assert_eq!(world.post(&ann, &reply, &long).await.status, 422);
    let too_long = format!("{unseen}&text={}", "x".repeat(1 << 20));
    is_refused(&world.post(&ann, &reply, &too_long).await, 413);
}
