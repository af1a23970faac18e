//! Ways in which the store for many replicas can be wrong on purpose: see `crate::mutant`.

#[cfg(feature = "mutants")]
use std::{sync::Arc, time::Duration};

#[cfg(feature = "mutants")]
use super::{
    batch::{Batch, Part},
    database::Database,
    fault::Fault,
    intake::Waiting,
    work::{Attempt, Ground, Work},
};
use crate::mutant::is;

/// What a former holder of a lane has to say is taken.
pub(super) fn ignores_fences() -> bool {
    is("no_fence")
}

/// A peer that is gone without a word is noticed.
pub(super) fn notices_silence() -> bool {
    !is("no_time_outs")
}

/// The database is believed to sync whatever it says that it has.
pub(super) fn trusts_the_database() -> bool {
    is("synchronous_commit_off")
}

/// What is written is there after a crash some moments later.
#[cfg(feature = "mutants")]
pub(super) fn weaken(config: &mut tokio_postgres::Config) {
    if trusts_the_database() {
        config.options("-c synchronous_commit=off");
    }
}

/// Tells what comes of what was said when it is decided, which is before it is written, and gives back the rest. Only whoever
/// said something outside is told early: of what the process itself has done it goes on from what is there.
#[cfg(feature = "mutants")]
pub(super) async fn write_early(ground: &Arc<Ground>, batch: Vec<Waiting>) -> Vec<Waiting> {
    if !is("ack_before_commit") {
        return batch;
    }
    let (said, rest): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|waiting| matches!(waiting.part, Part::Said(..)));
    if said.is_empty() {
        return rest;
    }
    let (parts, callers): (Vec<_>, Vec<_>) = said
        .into_iter()
        .map(|Waiting { part, tell }| (part, tell))
        .unzip();
    let mut batch = Batch::of(parts, ground);
    let mut work = Work::new(Arc::clone(ground));
    let Ok(done) = batch.attempt(&mut work).await else {
        return rest;
    };
    for (came, tell) in done.into_iter().zip(callers) {
        drop(tell.send(Ok(came)));
    }
    // As long as a very slow disk would take, so that a kill finds the window open.
    tokio::time::sleep(Duration::from_millis(100)).await;
    if matches!(work.commit().await, Err(Fault::Raced)) {
        drop(ground.run(batch).await);
    }
    rest
}

/// Leases are never over: by this clock no time passes.
#[cfg(feature = "mutants")]
pub(super) async fn stop_the_clock(database: &Database) -> Result<(), Fault> {
    if is("no_takeover") {
        let sql = "CREATE OR REPLACE FUNCTION handover_clock() RETURNS BIGINT LANGUAGE sql VOLATILE \
                   AS $$ SELECT 0::BIGINT $$";
        database.write(sql, Vec::new()).await?;
    }
    Ok(())
}
