//! What the bridge tells about itself: metrics, logs and traces, and that nobody's words or secrets are among it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code"
)]

mod bridge;
mod canary;
mod collector;
mod declined;
mod deployment;
mod documents;
mod exposition;
#[path = "../delivery/free_port.rs"]
mod free_port;
mod fuzzed_log;
mod metrics;
#[path = "../delivery/process.rs"]
#[expect(dead_code, reason = "the deliveries' tests need more of it")]
mod process;
mod traces;
#[path = "../delivery/vendors.rs"]
#[expect(dead_code, reason = "the tests of deliveries use the rest")]
mod vendors;

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Longer than anything takes in these tests on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(PATIENCE, waiting).await.is_ok(), "it never came");
}
