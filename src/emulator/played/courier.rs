//! Brings one conversation's events to the bridge: one at a time, in order, unless a fault says otherwise.
//!
//! An event that fails is not sent again: a bridge that lives with no retries lives with some. The page says so where it
//! happens.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::Played;

/// The events of one conversation, until somebody carries them.
pub(in crate::emulator) struct Events {
    conversation: String,
    ordinal: u64,
    queue: mpsc::Receiver<Value>,
}

/// The conversations whose events nobody carries yet.
pub(in crate::emulator) type Couriers = mpsc::Receiver<Events>;

/// How one event is to be carried.
struct CallOptions {
    delay: Duration,
    repeats: u8,
    dropped: bool,
    unknown_fields: bool,
}

/// Events that may wait in one conversation, for a bridge that is slow or away.
const QUEUE: usize = 512;
/// How long an event that is to change places waits for the one behind it.
const SWAP_WAIT: Duration = Duration::from_secs(2);

pub(super) fn queue(conversation: &str, ordinal: u64) -> (mpsc::Sender<Value>, Events) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let events = Events {
        conversation: conversation.to_owned(),
        ordinal,
        queue,
    };
    (sender, events)
}

impl Events {
    pub(super) async fn carry(mut self, played: &impl Played) {
        while let Some(event) = self.queue.recv().await {
            let mut events = vec![event];
            let swap = {
                let mut injector = played.stage().injector();
                injector.strikes(self.ordinal, |faults| &mut faults.webhook_swap)
            };
            if swap && let Ok(Some(later)) = timeout(SWAP_WAIT, self.queue.recv()).await {
                events.insert(0, later);
            }
            for event in events {
                self.tell(played, event).await;
            }
        }
    }

    async fn tell(&self, played: &impl Played, mut event: Value) {
        let options = self.call_options(played);
        if options.dropped {
            let text = "An event was dropped on purpose";
            return played.stage().note(&self.conversation, text);
        }
        if options.unknown_fields
            && let Some(event) = event.as_object_mut()
        {
            let future = json!({"nested": [1, null, "later"]});
            event.insert("futureField".to_owned(), future);
        }
        sleep(options.delay).await;
        for _ in 0..options.repeats {
            let answer = played.telling(&event).send().await;
            let text = match answer {
                Ok(answer) if answer.status().is_success() => continue,
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    format!("The bridge refused an event with {status}")
                }
                Err(_) => "The bridge did not answer an event".to_owned(),
            };
            played.stage().note(&self.conversation, &text);
        }
    }

    fn call_options(&self, played: &impl Played) -> CallOptions {
        let mut injector = played.stage().injector();
        CallOptions {
            dropped: injector.strikes(self.ordinal, |faults| &mut faults.webhook_drop),
            delay: injector.faults().webhook_delay(),
            repeats: injector.faults().repeats.get(),
            unknown_fields: injector.faults().unknown_fields,
        }
    }
}
