//! Waiting for what a page comes to.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

use crate::webdriver::Browser;

/// Waits until a script gives that: a busy machine does much first.
pub async fn until(browser: &Browser, (script, wanted): (&str, Value)) {
    let asked = Instant::now();
    loop {
        let now = browser.script(script).await;
        if now == wanted {
            return;
        }
        let elapsed = asked.elapsed();
        assert!(elapsed < Duration::from_mins(1), "{now}, not {wanted}");
        sleep(Duration::from_millis(50)).await;
    }
}
