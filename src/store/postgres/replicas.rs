//! Which replicas live, and which bots and desks each of them has in its configuration.
//!
//! While a new configuration is rolled out replicas have different ones. What is owed to a bot or a desk that a replica
//! does not know is left to those that know it, and is gone only when none of them lives. So each has a row with its names,
//! and says by the database's clock that it is there.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{background::Background, columns::values, fault::Fault, work::Ground};
use crate::{
    domain::{
        ids::{BotName, DeskName},
        policy::Policy,
    },
    store::Names,
};

const SAY_EVERY: Duration = Duration::from_secs(10);
/// Who has not said so for as many milliseconds counts as gone. Shorter than upkeep waits before it first looks for names
/// that are gone: who starts again with another configuration finds the replica gone that it was.
pub(super) const LIVES: i64 = 45_000;
/// Rows of those that are gone are kept for as long as that.
const KEPT: i64 = 3_600_000;
/// `since` goes back to when the replica began to be heard without a gap. Of a clock that was set back it is known all the
/// same who has spoken lately.
const SAY: &str = "WITH gone AS (DELETE FROM replicas WHERE id <> $1 AND seen_at < handover_clock() - $5) \
     INSERT INTO replicas AS r (id, bots, desks, since, seen_at) \
     VALUES ($1, $2, $3, handover_clock(), handover_clock()) \
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, \
         since = CASE WHEN abs(excluded.seen_at - r.seen_at) < $4 THEN least(r.since, excluded.seen_at) \
             ELSE excluded.seen_at END";
const LIVING: &str = "SELECT id = $1, bots, desks, since <= handover_clock() - $2 FROM replicas \
     WHERE abs(handover_clock() - seen_at) < $2";

/// Has the others know what this replica knows, from now on until the store is closed. Its row stays behind for as long as
/// a restart takes.
pub(super) async fn tell(ground: &Arc<Ground>, background: &Background) -> Result<(), Fault> {
    say(ground).await?;
    let ground = Arc::clone(ground);
    background.run(async move {
        loop {
            sleep(SAY_EVERY).await;
            // Said again before the others take this one for gone.
            if let Err(fault) = say(&ground).await {
                tracing::debug!(error = %fault, "the other replicas could not be told that this one lives");
            }
        }
    });
    Ok(())
}

async fn say(ground: &Ground) -> Result<(), Fault> {
    let desks = ground.policy.desks.keys().map(ToString::to_string);
    let desks: Vec<String> = desks.collect();
    let bots = bots(&ground.policy);
    let values = values![ground.leases.owner, bots, desks, LIVES, KEPT];
    ground.database.write(SAY, values).await?;
    Ok(())
}

/// None where this replica has not been heard for long enough itself: whatever has kept it from the database may have kept
/// the others as well, and they are given the time to say that they live.
pub(super) async fn names_of_others(ground: &Ground) -> Result<Option<Names>, Fault> {
    let values = values![ground.leases.owner, LIVES];
    let (mut names, mut certain) = (Names::default(), false);
    for row in ground.database.rows(LIVING, values).await? {
        if row.try_get(0)? {
            certain = row.try_get(3)?;
            continue;
        }
        names.bots.extend(row.try_get::<_, Vec<BotName>>(1)?);
        names.desks.extend(row.try_get::<_, Vec<DeskName>>(2)?);
    }
    Ok(certain.then_some(names))
}

/// Those that this replica knows, as statements are given them.
pub(super) fn bots(policy: &Policy) -> Vec<String> {
    policy.bots.keys().map(ToString::to_string).collect()
}
