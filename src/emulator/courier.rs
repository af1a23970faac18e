//! Brings what is owed to the bridge to it: of each conversation one call at a time, in order, unless a fault says
//! otherwise.
//!
//! A call that fails is not made again: no vendor documents that it would be, and a bridge that lives with no retries
//! lives with some. The page says so where it happens.

use std::{
    sync::{Arc, MutexGuard},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::faults::FaultInjector;

/// The way to the bridge that all conversations take.
pub(super) trait Way: Send + Sync + 'static {
    type Load: Load;
    type Answer: Send;

    fn faults(&self) -> MutexGuard<'_, FaultInjector>;

    /// Makes the call once. Nothing: no answer came, or none that means anything.
    fn post(
        &self,
        conversation: &str,
        load: &Self::Load,
        again: bool,
    ) -> impl Future<Output = Option<Self::Answer>> + Send;

    /// The call was not made, or its answer not heard, as `what` says.
    fn lost(&self, conversation: &str, load: &Self::Load, what: &'static str);

    /// What came of a call that asks.
    fn answered(&self, conversation: &str, answer: Option<Self::Answer>);

    /// Ends the pages' live streams, which would else hold the listener open.
    fn close(&self);
}

/// One call.
pub(super) trait Load: Send + Sync + 'static {
    fn body(&mut self) -> &mut Value;

    /// Whether somebody waits for the answer.
    fn asks(&self) -> bool {
        false
    }
}

/// The calls of one conversation, until somebody carries them.
pub(super) struct Courier<L> {
    conversation: String,
    ordinal: u64,
    queue: mpsc::Receiver<L>,
}

/// The conversations whose calls nobody carries yet.
pub(super) type Couriers<L> = mpsc::Receiver<Courier<L>>;

/// How one call is to be carried.
struct CallOptions {
    delay: Duration,
    repeats: u8,
    dropped: bool,
    answer_lost: bool,
    unknown_fields: bool,
}

/// Far more than a person or a test opens; a loop that never ends should not eat the machine.
pub(super) const MOST_CONVERSATIONS: usize = 20_000;
/// Calls that may wait in one conversation, for a bridge that is slow or away.
const QUEUE: usize = 512;
/// How long a call that is to change places waits for the one behind it.
const SWAP_WAIT: Duration = Duration::from_secs(2);

/// Carries until `shutdown`; what is queued by then is dropped, and pages are told to come back.
pub(super) async fn run<W: Way>(
    way: Arc<W>,
    mut couriers: Couriers<W::Load>,
    shutdown: CancellationToken,
) {
    let tracker = TaskTracker::new();
    while let Some(Some(courier)) = shutdown.run_until_cancelled(couriers.recv()).await {
        let (shutdown, way) = (shutdown.clone(), Arc::clone(&way));
        tracker.spawn(async move {
            shutdown.run_until_cancelled(courier.run(&*way)).await;
        });
    }
    way.close();
    tracker.close();
    tracker.wait().await;
}

impl<L: Load> Courier<L> {
    /// With the queue that it empties.
    pub(super) fn of(conversation: &str, ordinal: u64) -> (mpsc::Sender<L>, Self) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let courier = Self {
            conversation: conversation.to_owned(),
            ordinal,
            queue,
        };
        (sender, courier)
    }

    async fn run(mut self, way: &impl Way<Load = L>) {
        while let Some(load) = self.queue.recv().await {
            let swap = {
                let mut injector = way.faults();
                injector.strikes(self.ordinal, |faults| &mut faults.webhook_swap)
            };
            if swap && let Ok(Some(later)) = timeout(SWAP_WAIT, self.queue.recv()).await {
                self.carry(way, later).await;
            }
            self.carry(way, load).await;
        }
    }

    async fn carry(&self, way: &impl Way<Load = L>, mut load: L) {
        let options = self.call_options(way, load.asks());
        let mut first = None;
        if options.dropped {
            way.lost(&self.conversation, &load, "dropped on purpose");
        } else {
            if options.unknown_fields
                && let Some(body) = load.body().as_object_mut()
            {
                let future = json!({"nested": [1, null, "later"]});
                body.insert("futureField".to_owned(), future);
            }
            sleep(options.delay).await;
            for attempt in 0..options.repeats {
                let answer = way.post(&self.conversation, &load, attempt > 0).await;
                if attempt == 0 {
                    first = answer;
                }
            }
            if options.answer_lost {
                way.lost(&self.conversation, &load, "answer lost on purpose");
                first = None;
            }
        }
        if load.asks() {
            way.answered(&self.conversation, first);
        }
    }

    fn call_options(&self, way: &impl Way<Load = L>, asks: bool) -> CallOptions {
        let mut injector = way.faults();
        CallOptions {
            dropped: injector.strikes(self.ordinal, |faults| &mut faults.webhook_drop),
            answer_lost: asks
                && injector.strikes(self.ordinal, |faults| &mut faults.offload_answer_lost),
            delay: injector.faults().webhook_delay(),
            repeats: injector.faults().repeats.get(),
            unknown_fields: injector.faults().unknown_fields,
        }
    }
}

/// A desk tells, and does not ask.
impl Load for Value {
    fn body(&mut self) -> &mut Value {
        self
    }
}
