//! Brings one room's events to the bridge: one at a time, in order, unless a fault says otherwise.
//!
//! An event that fails is not sent again: nothing is documented about retries, and a bridge that lives with none lives with
//! some. The page says so where it happens.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{Shared, event::Event};

/// How long an event that is to change places waits for the one behind it.
const SWAP_WAIT: Duration = Duration::from_secs(2);

/// The one who carries the events of a room.
pub(super) struct Courier {
    pub(super) shared: Arc<Shared>,
    pub(super) room: String,
    pub(super) ordinal: u64,
    pub(super) queue: mpsc::Receiver<Event>,
}

/// How one event is to be carried.
struct CallOptions {
    delay: Duration,
    repeats: u8,
    dropped: bool,
    unknown_fields: bool,
}

impl Courier {
    pub(super) async fn run(mut self) {
        let mut nth = 0;
        while let Some(event) = self.queue.recv().await {
            let mut bodies = vec![self.body(&event, &mut nth)];
            let swap = {
                let mut state = self.shared.state();
                let injector = &mut state.injector;
                injector.strikes(self.ordinal, |faults| &mut faults.webhook_swap)
            };
            if swap && let Ok(Some(later)) = timeout(SWAP_WAIT, self.queue.recv()).await {
                bodies.insert(0, self.body(&later, &mut nth));
            }
            for body in bodies {
                self.carry(body).await;
            }
        }
    }

    /// The time of an event is that of when it happened, not of when it is brought.
    fn body(&self, event: &Event, nth: &mut u64) -> Value {
        *nth += 1;
        let now = self.shared.now();
        event.body(&self.room, self.shared.bot_id, now, *nth)
    }

    async fn carry(&self, mut body: Value) {
        let options = self.call_options();
        if options.dropped {
            return self.note("An event was dropped on purpose");
        }
        if options.unknown_fields
            && let Some(body) = body.as_object_mut()
        {
            body.insert(
                "futureField".to_owned(),
                json!({"nested": [1, null, "later"]}),
            );
        }
        sleep(options.delay).await;
        for _ in 0..options.repeats {
            self.post(&body).await;
        }
    }

    fn call_options(&self) -> CallOptions {
        let injector = &mut self.shared.state().injector;
        CallOptions {
            dropped: injector.strikes(self.ordinal, |faults| &mut faults.webhook_drop),
            delay: injector.faults().webhook_delay(),
            repeats: injector.faults().repeats.get(),
            unknown_fields: injector.faults().unknown_fields,
        }
    }

    async fn post(&self, body: &Value) {
        let url = self.shared.hook_url.clone();
        match self.shared.client.post(url).json(body).send().await {
            Ok(response) if response.status().is_success() => {}
            Ok(response) => self.note(&format!(
                "The bridge refused an event with {}",
                response.status().as_u16()
            )),
            Err(_) => self.note("The bridge did not answer an event"),
        }
    }

    fn note(&self, text: &str) {
        let now = self.shared.now();
        self.shared.state().board.note(&self.room, text, now);
    }
}
