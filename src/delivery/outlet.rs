//! One destination with all that its lanes share, and the life of a lane: attempt, settle, on to the next head.
//!
//! A call has its slot until it has ended. What came of it is written afterwards, and the next call of another lane does
//! not wait for that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::{Attempt, Outcome, Plan},
    endpoint::Endpoint,
    health::{Begun, Health, Permit},
    meter::{Call, Ended, Meter},
    slots::{Slot, Slots},
};
use crate::{
    domain::{
        breaker::Report,
        delivery::{Destination, Done, Failure, Task},
        effect::{Warning, WarningKind},
        retry::{self, ErrorClass, Window},
        time::{Clock, Timestamp},
    },
    store::{Claim, Error, Pause, RowOutcome, Settlement, Store},
    telemetry::{
        Instruments,
        traces::{Side, Span},
    },
};

#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) destination: Destination,
    pub(super) shared: Shared,
    /// Rings when the dispatcher should look again: a lane waits once more, or calls may be made at another time.
    pub(super) stirred: Notify,
    pub(super) slots: Slots,
    endpoint: Endpoint,
    health: Health,
    meter: Arc<Meter>,
    /// What is owed for longer may have been tried by a process before this one.
    since: Timestamp,
}

/// What all outlets share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jitter: fn() -> f64,
    pub(super) window: Window,
    pub(super) instruments: Instruments,
    /// No new call is begun.
    pub(super) stop: CancellationToken,
}

/// An adapter's call is given up after ten seconds, and the clocks of two machines may run apart a little.
const HELD_FOR: Duration = Duration::from_secs(12);
/// As long a lane waits for its slot with the next call in hand; then it is anybody's again. What waits here is neither
/// called off nor changed any more, and no other replica has it.
const SLOT_WITHIN: Duration = Duration::from_secs(1);
/// No lane is taken over sooner from a process that died in a call: it was held for longer when the call began.
const TAKEN_OVER_AFTER: Duration = Duration::from_secs(10);

impl Outlet {
    pub(super) fn new(destination: Destination, endpoint: Endpoint, shared: Shared) -> Self {
        let meter = Arc::new(Meter::new(&shared.instruments.metrics, &destination));
        let health = Health::new(
            destination.clone(),
            Arc::clone(&shared.store),
            Arc::clone(&meter),
        );
        Self {
            destination,
            since: shared.clock.now(),
            shared,
            stirred: Notify::new(),
            slots: Slots::new(),
            endpoint,
            health,
            meter,
        }
    }

    /// Asks to make up to `most` calls. What is not begun is given back.
    pub(super) fn permit(&self, most: usize) -> Permit {
        self.health.permit(self.shared.clock.now(), most)
    }

    pub(super) fn give_back(&self, calls: usize) {
        self.health.give_back(calls);
    }

    pub(super) fn forgo(&self) {
        self.health.forgo();
    }

    /// Works a lane off, for as long as calls may be made. Slot and permit for the first one have been given.
    pub(super) async fn work(&self, first: Claim, slot: Slot) {
        if self.shared.stop.is_cancelled() {
            return self.release(first).await;
        }
        let mut next = Some((first, slot));
        while let Some((claim, slot)) = next {
            if !self.holds(&claim).await {
                self.health.forgo();
                return self.release(claim).await;
            }
            let settlement = self.attempt(&claim).await;
            drop(slot);
            next = self.go_on(claim, settlement).await;
        }
    }

    /// Writes what came of a call, and waits until the lane's next one may be made.
    async fn go_on(&self, claim: Claim, settlement: Settlement) -> Option<(Claim, Slot)> {
        let (stop, pauses) = (&self.shared.stop, self.health.pauses());
        let next = self.settle(claim, settlement).await?;
        let slot = timeout(SLOT_WITHIN, self.slots.wait());
        let slot = stop.run_until_cancelled(slot).await;
        if let Some(Ok(Some(slot))) = slot
            && !stop.is_cancelled()
            && self.health.pauses() == pauses
            && self.take_permit()
        {
            return Some((next, slot));
        }
        self.release(next).await;
        None
    }

    /// Finds out by the vendor's cheapest call whether the destination is back.
    pub(super) async fn ping(&self) {
        let call = self.health.begin(self.shared.clock.now());
        let began = Instant::now();
        let result = self.endpoint.probe().await;
        // Nobody else finds out: one that is not unwell gets its deliveries, and what is wrong besides shows by them.
        let unwell = matches!(&result, Err(failure) if failure.class.trips_breaker());
        let report = if unwell { Report::Unwell } else { Report::Well };
        self.record(call, self.shared.clock.now(), report);
        let outcome = match result {
            Ok(()) => Outcome::Delivered,
            Err(failure) => Outcome::Failed(failure.class),
        };
        self.meter.ended(Ended {
            call: Call::Ping,
            outcome,
            took: began.elapsed(),
            age: None,
            first: true,
        });
    }

    /// Whether nobody else can have the lane before a call that begins now has ended.
    async fn holds(&self, claim: &Claim) -> bool {
        let held = self.shared.store.hold(claim, HELD_FOR).await;
        let held = self.done(held).unwrap_or(false);
        if !held {
            tracing::info!(destination = %self.destination, delivery.id = %claim.job.about.delivery, "a lane is not held for certain, nothing is sent in it");
        }
        held
    }

    async fn attempt(&self, claim: &Claim) -> Settlement {
        let span = self.span(claim);
        let attempt = self.call(claim).await;
        self.hear(&attempt);
        self.account(&attempt, span);
        let (begun_at, ended_at) = (attempt.begun.at, attempt.ended_at);
        let jitter = (self.shared.jitter)();
        let Plan { settlement, pause } = attempt.plan(&self.shared.window, jitter);
        if let Some(pause) = pause {
            self.health.pause(begun_at, ended_at, pause);
            self.keep(pause).await;
        }
        settlement
    }

    async fn call<'c>(&self, claim: &'c Claim) -> Attempt<'c> {
        let begun = self.health.begin(self.shared.clock.now());
        let start = Instant::now();
        let result = if self.may_be_a_repeat(claim) {
            self.endpoint.perform_again(&claim.job).await
        } else {
            self.endpoint.perform(&claim.job).await
        };
        Attempt {
            claim,
            begun,
            result,
            ended_at: self.shared.clock.now(),
            took: start.elapsed(),
        }
    }

    /// Keeps what the call says of the destination.
    fn hear(&self, attempt: &Attempt<'_>) {
        self.record(attempt.begun, attempt.ended_at, attempt.report());
        if let Ok(Done {
            quiet_for: Some(asked),
            ..
        }) = attempt.result
        {
            let until = attempt.ended_at.plus(retry::clamp(asked));
            tracing::info!(destination = %self.destination, %until, "destination has taken its last call for now, the others wait");
            self.health.quiet_until(until);
        }
    }

    /// Tells metrics, trace and log of the call.
    fn account(&self, attempt: &Attempt<'_>, span: Option<Span>) {
        let outcome = attempt.outcome();
        self.meter.ended(Ended {
            call: Call::Delivery(attempt.task().kind()),
            outcome,
            took: attempt.took,
            age: Some(attempt.age()),
            first: attempt.claim.attempts == 0,
        });
        end(span, outcome);
        self.log(attempt);
    }

    /// Whether an earlier call may have brought it: one that failed, or one of a process that died in it. What is owed from
    /// later than now on was so by a clock that has been set back since.
    fn may_be_a_repeat(&self, claim: &Claim) -> bool {
        let (now, owed_since) = (self.shared.clock.now(), claim.job.about.created_at);
        claim.attempts > 0
            || owed_since < self.since
            || owed_since > now
            || now.since(owed_since) >= TAKEN_OVER_AFTER
    }

    /// In the trace of what brought the delivery about.
    fn span(&self, claim: &Claim) -> Option<Span> {
        let kind = claim.job.task.kind().label();
        let traces = &self.shared.instruments.traces;
        let mut span = traces.begin(|| format!("deliver {kind}"), Side::Calling, claim.trace)?;
        span.set("handover.destination", self.destination.to_string());
        span.set("handover.delivery.id", claim.job.about.delivery.to_string());
        span.set("handover.delivery.kind", kind);
        span.set("handover.delivery.attempts", i64::from(claim.attempts) + 1);
        Some(span)
    }

    fn take_permit(&self) -> bool {
        !matches!(self.permit(1), Permit::Wait(_))
    }

    fn record(&self, call: Begun, ended_at: Timestamp, report: Report) {
        if self.health.record(call, ended_at, report) {
            self.stirred.notify_one();
        }
    }

    /// The pause is kept by the store, so that a restart does not run into the same wall at once.
    async fn keep(&self, pause: Pause) {
        let (store, destination) = (&self.shared.store, &self.destination);
        tracing::warn!(%destination, pause.until = %pause.until, "destination takes no calls, they wait");
        if self
            .done(store.pause(destination, Some(pause)).await)
            .is_some()
        {
            self.health.pause_is_kept(pause);
            self.stirred.notify_one();
        }
        let (kind, subject) = (WarningKind::DestinationPaused, destination.to_string());
        self.done(store.warn(Warning { kind, subject }).await);
    }

    async fn settle(&self, claim: Claim, settlement: Settlement) -> Option<Claim> {
        let again = matches!(settlement.row, RowOutcome::Retry { .. });
        let next = self
            .done(self.shared.store.settle(claim, settlement).await)
            .flatten();
        if again {
            self.stirred.notify_one();
        }
        next
    }

    async fn release(&self, claim: Claim) {
        self.done(self.shared.store.release(claim).await);
        self.stirred.notify_one();
    }

    fn done<T>(&self, result: Result<T, Error>) -> Option<T> {
        result
            .inspect_err(|error| tracing::error!(destination = %self.destination, error = error.told(), "the store failed a delivery"))
            .ok()
    }

    fn log(&self, attempt: &Attempt<'_>) {
        let (destination, delivery) = (&self.destination, attempt.claim.job.about.delivery);
        let kind = attempt.task().kind().label();
        match &attempt.result {
            Ok(_) => {
                tracing::debug!(%destination, delivery.id = %delivery, delivery.kind = kind, "delivered");
            }
            // What waits for the bot besides is not made any more, so nothing but this line tells of it.
            Err(failure) if is_lost(attempt.task(), failure) => tracing::warn!(
                %destination,
                delivery.id = %delivery,
                http.status = failure.status,
                "the bot to be resumed does not know the conversation any more, so the handover is over"
            ),
            Err(failure) => tracing::info!(
                %destination,
                delivery.id = %delivery,
                delivery.kind = kind,
                delivery.attempts = attempt.number(),
                error.class = failure.class.label(),
                http.status = failure.status,
                "a delivery was not taken"
            ),
        }
    }
}

/// Whether the platform has said that there is nobody to be resumed.
fn is_lost(task: &Task, failure: &Failure) -> bool {
    matches!(task, Task::Resume { .. }) && failure.class == ErrorClass::Gone
}

fn end(span: Option<Span>, outcome: Outcome) {
    let Some(mut span) = span else { return };
    span.set("handover.delivery.outcome", outcome.label());
    if let Outcome::Failed(class) = outcome {
        span.failed(class.label());
    }
}
