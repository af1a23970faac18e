//! Bots and desks of every kind in one bridge: each pair carries a conversation there and back, and none has to do with
//! another's secrets, limits or troubles.
//!
//! A new bot platform is a variant of `platform::Platform`, a new kind of desk one of `desk::Kind`; everything here then
//! runs with it as well.

#![cfg(test)]

mod bridge;
mod console;
mod desk;
mod emulated;
mod examples;
mod fallback;
#[path = "../console/form.rs"]
mod form;
mod isolation;
mod matrix;
mod person;
mod platform;
mod stub;
mod transfer;

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Longer than anything takes in these tests on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
}
