//! The answer to an offload. It is the transfer of control, so it says what is stored, and `false` where nothing is.
//!
//! A bot is never left waiting: whatever happens to the store, it hears within `decide_within` and a little, and what
//! it hears when the bridge could not take the user is that it keeps the user.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::{
    domain::{conversation::Answer, event::Step, handover::Outcome},
    http::State,
    store::{Applied, Error},
};

/// For the timer that decides an undecided request to fire and commit.
const GRACE: Duration = Duration::from_millis(400);

pub(super) async fn answer(state: &State, step: Step) -> Value {
    let until = Instant::now() + state.decide_within() + GRACE;
    let taken = match timeout_at(until, decided(state, step, until)).await {
        Ok(Ok(answer)) => answer == Answer::Accepted,
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "a handover was declined since the store did not take it");
            false
        }
        Err(_) => {
            tracing::warn!("a handover was declined since nothing was decided in time");
            false
        }
    };
    json!({"offloadSuccess": taken, "pauseBot": taken})
}

async fn decided(state: &State, step: Step, until: Instant) -> Result<Answer, Error> {
    let Applied::Done { outcomes, .. } = state.store().apply(step).await? else {
        return Ok(Answer::Declined);
    };
    let requested = outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Requested { handover, answer } => Some((handover, answer)),
        _ => None,
    });
    match requested {
        Some((handover, Answer::Pending)) => {
            state
                .store()
                .answer(handover, until.saturating_duration_since(Instant::now()))
                .await
        }
        Some((_, answer)) => Ok(answer),
        None => Ok(Answer::Declined),
    }
}
