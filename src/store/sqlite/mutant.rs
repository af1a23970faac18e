//! Ways in which the embedded store can be wrong on purpose: see `crate::mutant`.

#[cfg(feature = "mutants")]
use tokio::sync::oneshot;

#[cfg(feature = "mutants")]
use super::{apply, writer::Writer};
#[cfg(feature = "mutants")]
use crate::{
    domain::event::{Event, Incoming, Step},
    mutant::is,
    store::{Applied, Error, keyed::Keyed},
};

/// Which promise is broken, read once when the store is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mutant {
    #[cfg(feature = "mutants")]
    broken: Option<Broken>,
}

#[cfg(feature = "mutants")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    AckBeforeCommit,
    SynchronousNormal,
    NoDedupe,
    NoLaneOrder,
}

#[cfg(not(feature = "mutants"))]
#[expect(
    clippy::unused_self,
    reason = "with the feature the answer depends on the mutant"
)]
impl Mutant {
    pub(super) const fn from_environment() -> Self {
        Self {}
    }

    pub(super) const fn acks_before_commit(self) -> bool {
        false
    }

    pub(super) const fn synchronous(self) -> &'static str {
        "FULL"
    }

    pub(super) const fn forgets_keys(self) -> bool {
        false
    }

    /// What keeps a delivery apart from the others of its lane: nothing.
    pub(super) const fn apart(self, _order: u64) -> u64 {
        0
    }
}

#[cfg(feature = "mutants")]
impl Mutant {
    pub(super) fn from_environment() -> Self {
        let ways = [
            ("ack_before_commit", Broken::AckBeforeCommit),
            ("synchronous_normal", Broken::SynchronousNormal),
            ("no_dedupe", Broken::NoDedupe),
            ("no_lane_order", Broken::NoLaneOrder),
        ];
        let broken = ways.into_iter().find(|(name, _)| is(name));
        Self {
            broken: broken.map(|(_, broken)| broken),
        }
    }

    pub(super) fn acks_before_commit(self) -> bool {
        self.broken == Some(Broken::AckBeforeCommit)
    }

    /// What is said is acknowledged early. A request is not: what waits for its answer must find it.
    pub(super) fn tells_early(self, step: &Step) -> bool {
        let asks = |incoming: &Incoming| matches!(incoming.event, Event::HandoverRequested(_));
        self.acks_before_commit() && !step.events.iter().any(asks)
    }

    pub(super) fn synchronous(self) -> &'static str {
        if self.broken == Some(Broken::SynchronousNormal) {
            "NORMAL"
        } else {
            "FULL"
        }
    }

    pub(super) fn forgets_keys(self) -> bool {
        self.broken == Some(Broken::NoDedupe)
    }

    /// Every delivery is its own lane.
    pub(super) fn apart(self, order: u64) -> u64 {
        if self.broken == Some(Broken::NoLaneOrder) {
            order
        } else {
            0
        }
    }
}

/// Answers when the step has run, which is before its commit.
#[cfg(feature = "mutants")]
pub(super) async fn apply_early(writer: &Writer, mut step: Keyed) -> Result<Applied, Error> {
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let written = writer.try_step(move |work| {
        let applied = apply::apply(work, &mut step)?;
        if let Some(tell) = tell.take() {
            drop(tell.send(applied.clone()));
        }
        Ok(applied)
    });
    tokio::select! {
        biased;
        written = written => written,
        Ok(applied) = told => Ok(applied),
    }
}
