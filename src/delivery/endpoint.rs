//! Either kind of destination behind one face, with a belt around the adapters: a call ends, whatever they do.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, TryFutureExt as _};
use tokio::time::timeout;

use crate::{
    bots::BotPlatform,
    desks::Desk,
    domain::{
        delivery::{Done, Failure, Job},
        retry::ErrorClass,
    },
};

/// Who is called.
#[derive(Clone, Debug)]
pub(super) enum Endpoint {
    Bot(Arc<dyn BotPlatform>),
    Desk(Arc<dyn Desk>),
}

/// Longer than any adapter's own time-out. As long as the breaker waits for its probe.
const CALL_LIMIT: Duration = Duration::from_secs(15);

impl Endpoint {
    pub(super) async fn perform(&self, job: &Job) -> Result<Done, Failure> {
        match self {
            Self::Bot(bot) => guarded(bot.perform(job.for_bot()?)).await,
            Self::Desk(desk) => guarded(desk.perform(job.for_desk()?)).await,
        }
    }

    /// What an earlier call may have brought already.
    pub(super) async fn perform_again(&self, job: &Job) -> Result<Done, Failure> {
        match self {
            Self::Bot(_) => self.perform(job).await,
            Self::Desk(desk) => guarded(desk.perform_again(job.for_desk()?)).await,
        }
    }

    pub(super) async fn probe(&self) -> Result<(), Failure> {
        match self {
            Self::Bot(bot) => guarded(bot.probe().map_ok(drop).map_err(Failure::from)).await,
            Self::Desk(desk) => guarded(desk.probe().map_ok(drop).map_err(Failure::from)).await,
        }
    }
}

/// A panic would leave its lane claimed for good, so it counts as a message that cannot be sent.
async fn guarded<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match timeout(CALL_LIMIT, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => {
            tracing::error!("an adapter panicked; its message is given up");
            Err(Failure::of(ErrorClass::Unsupported))
        }
        Err(_elapsed) => Err(Failure::of(ErrorClass::Ambiguous)),
    }
}
