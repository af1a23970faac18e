//! Lanes: claimed by whoever is first, held by a lease, given back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{self, values},
    database::Statement,
    fault::Fault,
    giving_up,
    jobs::{self, Unfit},
    leases::{Claimed, Dropped, Hold},
    memory::Change,
    work::Ground,
};
use crate::{
    domain::{delivery::Destination, time::Timestamp},
    store::{self, Claim, Error, Proof, Ticket, claim::DROPPED_FOR, given_up::GivenUp},
};

/// While it is not certain which lanes this process holds.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn claim(
    ground: &Arc<Ground>,
    destination: &Destination,
    limit: usize,
) -> Result<store::Claimed, Error> {
    give_back_dropped(ground).await?;
    let in_doubt = ground.leases.is_in_doubt();
    if in_doubt {
        give_back_unknown(ground, destination).await?;
    }
    let asked = Instant::now();
    let (now, most) = (ground.clock.now(), columns::number(limit));
    let (left, again) = ground.newer.left(destination, now);
    let claimed = ground
        .database
        .write(
            "SELECT c.*, p.until AS paused_until FROM (VALUES (1)) AS once \
             LEFT JOIN pauses p ON p.destination = $1 AND p.until > $2 \
             LEFT JOIN handover_claim($1, $2, $3, $4, $5) c ON TRUE",
            values![destination, now, most, ground.leases.owner, left],
        )
        .await;
    if claimed.is_err() {
        ground.leases.doubt();
    }
    let rows = claimed?;
    // Of those that land late nobody else tells.
    let look_again = in_doubt.then(|| now.plus(LOOK_AGAIN));
    let (mut heads, mut next_due, mut paused_until) = (Vec::new(), None, None);
    for row in rows {
        paused_until = row.try_get("paused_until").map_err(Fault::from)?;
        let lane = row.try_get::<_, Option<Uuid>>(0).map_err(Fault::from)?;
        if lane.is_some() {
            heads.extend(held(ground, row, asked)?);
        } else {
            let due = row.try_get::<_, Option<Timestamp>>(3);
            next_due = due.map_err(Fault::from)?;
        }
    }
    Ok(store::Claimed {
        claims: claims(ground, heads).await?,
        next_due: [next_due, again, look_again].into_iter().flatten().min(),
        paused_until,
    })
}

/// Lanes of this process that it does not know to hold: a statement has claimed them, or was to give them back, and its answer
/// did not come. Nobody is calling. By the number of the claim, as ever, since this may come late as well.
async fn give_back_unknown(ground: &Ground, destination: &Destination) -> Result<(), Fault> {
    let known = ground.leases.known();
    let rows = ground
        .database
        .rows(
            "SELECT id, fence FROM lanes WHERE owner = $1 AND destination = $2 AND id <> ALL ($3)",
            values![ground.leases.owner, destination, known],
        )
        .await?;
    for row in rows {
        let claimed = Claimed {
            lane: row.try_get(0)?,
            fence: row.try_get(1)?,
        };
        give_back(ground, claimed).await?;
    }
    Ok(())
}

/// What stands at the head of a lane that this process holds.
#[derive(Debug)]
pub(super) struct Head {
    hold: Hold,
    row: Row,
}

/// From a row of `lane, fence, flying, due_at` and of the job. None: nothing flies in it, it was given back.
pub(super) fn held(ground: &Ground, row: Row, asked: Instant) -> Result<Option<Head>, Fault> {
    let Some(flying) = row.try_get(2)? else {
        return Ok(None);
    };
    let claimed = Claimed {
        lane: row.try_get(0)?,
        fence: row.try_get(1)?,
    };
    let hold = ground.leases.hold(claimed, flying, asked);
    Ok(Some(Head { hold, row }))
}

/// Where in such a row the job begins.
const JOB: usize = 4;

/// Puts the work together that the held lanes have at their heads. What cannot be put together becomes a dead letter
/// instead of standing in everyone's way.
pub(super) async fn claims(ground: &Arc<Ground>, heads: Vec<Head>) -> Result<Vec<Claim>, Error> {
    let mut claims = Vec::with_capacity(heads.len());
    let mut heads = heads.into_iter();
    while let Some(Head { hold, row }) = heads.next() {
        let unfit = match jobs::load(ground, &row, JOB, hold.claimed.lane).await {
            Ok(loaded) => {
                claims.push(Claim {
                    job: loaded.job,
                    attempts: loaded.attempts,
                    destination: loaded.destination,
                    trace: loaded.trace,
                    ticket: Ticket(Proof::Postgres(hold)),
                });
                continue;
            }
            Err(unfit) => unfit,
        };
        if let Err(error) = put_aside(ground, hold, unfit).await {
            // Nobody has acted on them yet.
            let begun = claims
                .into_iter()
                .filter_map(|claim| claim.ticket.into_postgres());
            for hold in begun.chain(heads.map(|head| head.hold)) {
                drop(give_back(ground, hold.spend()).await);
            }
            return Err(error);
        }
    }
    Ok(claims)
}

/// A lane with nothing at its head that could be called is held no longer. An error is everyone's.
async fn put_aside(ground: &Arc<Ground>, hold: Hold, unfit: Unfit) -> Result<(), Error> {
    match unfit {
        Unfit::Newer(destination) => {
            let newer = &ground.newer;
            newer.leave(hold.delivery, destination.clone(), ground.clock.now());
            give_back(ground, hold.spend()).await?;
            // A replica that knows the task may have found the lane held.
            let waits = Change::Due(destination);
            ground.memory.apply(vec![waits], Vec::new());
            Ok(())
        }
        Unfit::Broken(fault) if fault.concerns_everyone() => {
            drop(give_back(ground, hold.spend()).await);
            Err(fault.into())
        }
        Unfit::Broken(fault) => {
            fault.log("a delivery cannot be read and is given up");
            give_up(ground, hold).await
        }
        Unfit::Gone => give_up(ground, hold).await,
    }
}

/// A lane that cannot be rid of its head waits, and the others do not wait for it.
async fn give_up(ground: &Arc<Ground>, hold: Hold) -> Result<(), Error> {
    let (delivery, claimed) = (hold.delivery, hold.spend());
    give_back(ground, claimed).await?;
    let given_up = giving_up::give_up(ground, delivery, GivenUp::Unreadable).await;
    let Err(Error::Corrupt(error)) = given_up else {
        return given_up.map(drop);
    };
    tracing::error!(
        error = &*error,
        delivery.id = %delivery,
        "a delivery cannot be given up, its lane waits"
    );
    let later = ground.clock.now().plus(DROPPED_FOR);
    Ok(give_back_until(ground, claimed, later).await?)
}

/// Renewed only if its lease would be over before: a holder that was frozen learns here that it was deposed.
pub(super) async fn hold(ground: &Ground, claim: &Claim, span: Duration) -> Result<bool, Fault> {
    let Some(hold) = claim.ticket.as_postgres() else {
        return Ok(false);
    };
    let leases = &ground.leases;
    if leases.remaining(hold.claimed) < span {
        renew_these(ground, &[hold.claimed]).await?;
    }
    Ok(leases.remaining(hold.claimed) >= span)
}

/// Gives a lane back unattempted.
pub(super) async fn release(ground: &Ground, claim: Claim) -> Result<(), Fault> {
    let destination = claim.destination;
    if let Some(hold) = claim.ticket.into_postgres() {
        give_back(ground, hold.spend()).await?;
        ground
            .memory
            .apply(vec![Change::Due(destination)], Vec::new());
    }
    Ok(())
}

/// Dropped claims come back when their time has come.
pub(super) async fn give_back_dropped(ground: &Ground) -> Result<(), Fault> {
    let _turn = ground.leases.giving_back.lock().await;
    let dropped = ground.leases.take_dropped();
    for (at, one) in dropped.iter().enumerate() {
        let Dropped {
            claimed,
            not_before,
        } = one;
        let given = give_back_until(ground, *claimed, *not_before).await;
        if let Err(fault) = given {
            ground
                .leases
                .put_back(dropped.get(at..).unwrap_or_default().to_vec());
            return Err(fault);
        }
    }
    Ok(())
}

/// Renews the leases of what is held. One whose row is locked just now is renewed the next time.
pub(super) async fn renew(ground: &Ground) -> Result<(), Fault> {
    let held = ground.leases.held();
    if held.is_empty() {
        return Ok(());
    }
    renew_these(ground, &held).await
}

async fn renew_these(ground: &Ground, held: &[Claimed]) -> Result<(), Fault> {
    let lanes: Vec<Uuid> = held.iter().map(|claimed| claimed.lane).collect();
    let fences: Vec<i64> = held.iter().map(|claimed| claimed.fence).collect();
    let asked = Instant::now();
    let rows = ground
        .database
        .write(
            "WITH mine AS (SELECT l.id FROM lanes l JOIN unnest($1, $2) AS g (id, fence) \
              ON l.id = g.id AND l.fence = g.fence ORDER BY l.id FOR UPDATE OF l SKIP LOCKED) \
             UPDATE lanes l SET leased_until = handover_clock() + 15000 FROM mine WHERE l.id = mine.id \
             RETURNING l.id, l.fence",
            values![lanes, fences],
        )
        .await?;
    let renewed = rows.iter().map(|row| {
        Ok(Claimed {
            lane: row.try_get(0)?,
            fence: row.try_get(1)?,
        })
    });
    let renewed = renewed.collect::<Result<Vec<_>, Fault>>()?;
    ground.leases.renewed(&renewed, asked);
    Ok(())
}

/// No lease ends later than one that is taken now, unless the database's clock was set back: it is cut to that, whoever
/// holds it. A holder that is gone is rid of the lane a lease later, and none loses it before its own clock says so.
pub(super) async fn shorten(ground: &Ground) -> Result<(), Fault> {
    ground
        .database
        .write(
            "WITH long AS (SELECT id FROM lanes WHERE owner IS NOT NULL AND leased_until > handover_clock() + 15000 \
              ORDER BY id FOR UPDATE SKIP LOCKED) \
             UPDATE lanes l SET leased_until = handover_clock() + 15000 FROM long WHERE l.id = long.id",
            Vec::new(),
        )
        .await?;
    Ok(())
}

/// A lane in which nothing waits any more goes when it is given back. One that nobody has come to give back goes when its lease
/// has been over for so long that what came of a call would have been told.
pub(super) async fn sweep(ground: &Ground) -> Result<(), Fault> {
    ground
        .database
        .write(
            "WITH over AS (SELECT id FROM lanes WHERE owner IS NOT NULL AND head IS NULL \
              AND leased_until < handover_clock() - 60000 ORDER BY id FOR UPDATE SKIP LOCKED) \
             DELETE FROM lanes l USING over WHERE l.id = over.id",
            Vec::new(),
        )
        .await?;
    Ok(())
}

/// Whatever this process holds is anybody's. A call that it has not heard the end of may have arrived: it counts as an
/// attempt, so that whoever makes it next knows.
pub(super) async fn give_all_back(ground: &Ground) -> Result<(), Fault> {
    give_back_dropped(ground).await?;
    ground
        .database
        .write(
            "WITH cut_off AS (UPDATE deliveries SET attempts = attempts + 1 WHERE settled_at IS NULL \
              AND id IN (SELECT flying FROM lanes WHERE owner = $1)), \
             empty AS (DELETE FROM lanes WHERE owner = $1 AND head IS NULL) \
             UPDATE lanes SET owner = NULL, flying = NULL, leased_until = 0 WHERE owner = $1 AND head IS NOT NULL",
            values![ground.leases.owner],
        )
        .await?;
    Ok(())
}

pub(super) async fn give_back(ground: &Ground, claimed: Claimed) -> Result<(), Fault> {
    give_back_until(ground, claimed, Timestamp::default()).await
}

/// What is not surely given back is in doubt.
async fn give_back_until(
    ground: &Ground,
    Claimed { lane, fence }: Claimed,
    not_before: Timestamp,
) -> Result<(), Fault> {
    let statements = [
        Statement::new(
            "UPDATE lanes SET owner = NULL, flying = NULL, leased_until = 0, not_before = $3, \
             due_at = greatest(due_at, CASE WHEN $3 > 0 THEN $3 END) WHERE id = $1 AND fence = $2",
            values![lane, fence, not_before],
        ),
        Statement::new(
            "DELETE FROM lanes WHERE id = $1 AND head IS NULL AND owner IS NULL",
            values![lane],
        ),
    ];
    let given = match ground.database.connection().await {
        Ok(mut connection) => connection.transact(&statements).await,
        Err(away) => Err(away),
    };
    if given.is_err() {
        ground.leases.doubt();
    }
    given.map(drop)
}

#[cfg(test)]
mod tests {
    use super::{super::arguments::declared::gives, *};

    #[test]
    fn what_is_claimed_stands_where_the_functions_have_it() {
        for function in ["handover_claim", "handover_go_on"] {
            let columns = gives(function);
            let (lane, job) = columns.split_at(JOB);
            let held = ["lane UUID", "fence BIGINT", "flying UUID", "due_at BIGINT"];
            assert_eq!(lane, held, "{function}");
            assert_eq!(job, gives("handover_jobs"), "{function}");
        }
    }
}
