//! Whoever waits for the answer to a request, whichever replica decides it.

use std::time::Duration;

use super::{fault::Fault, views, work::Ground};
use crate::domain::{conversation::Answer, ids::HandoverId};

/// A hint that was lost must not cost a platform its answer: whoever waits looks so often by itself.
const LOOK_EACH: Duration = Duration::from_millis(250);

pub(super) async fn wait(
    ground: &Ground,
    handover: HandoverId,
    within: Duration,
) -> Result<Answer, Fault> {
    let wait = ground.memory.bells.wait_for_answer(handover);
    let decided = async {
        loop {
            let rung = wait.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let answer = views::answer(ground, handover).await?;
            if answer != Answer::Pending {
                return Ok(answer);
            }
            // Rung or not, it is looked.
            drop(tokio::time::timeout(LOOK_EACH, rung).await);
        }
    };
    match tokio::time::timeout(within, decided).await {
        Ok(answer) => answer,
        Err(_) => views::answer(ground, handover).await,
    }
}
