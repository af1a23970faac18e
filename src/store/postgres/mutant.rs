//! Ways in which the store for many replicas can be wrong on purpose: see `crate::mutant`.

#[cfg(feature = "mutants")]
use std::{sync::Arc, time::Duration};

#[cfg(feature = "mutants")]
use super::{
    database::Database,
    fault::Fault,
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

#[cfg(feature = "mutants")]
pub(super) fn acks_before_commit() -> bool {
    is("ack_before_commit")
}

/// Tells when all is decided, which is before it is written.
#[cfg(feature = "mutants")]
pub(super) async fn write_early<A: Attempt>(
    ground: &Arc<Ground>,
    mut attempt: A,
    tell: impl FnOnce(A::Done) + Send,
) {
    let mut work = Work::new(Arc::clone(ground));
    let Ok(done) = attempt.attempt(&mut work).await else {
        return;
    };
    tell(done);
    // As long as a very slow disk would take, so that a kill finds the window open.
    tokio::time::sleep(Duration::from_millis(100)).await;
    if matches!(work.commit().await, Err(Fault::Raced)) {
        drop(ground.run(attempt).await);
    }
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
