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
    store::{self, Claim, Proof, Ticket},
};

pub(super) async fn claim(
    ground: &Arc<Ground>,
    destination: &Destination,
    limit: usize,
) -> Result<store::Claimed, Fault> {
    give_back_dropped(ground).await?;
    let now = ground.clock.now();
    let asked = Instant::now();
    let mut connection = ground.database.connection().await?;
    let given = connection
        .many(&[
            Statement::new(
                "WITH due AS (SELECT l.id, l.due_at FROM lanes l WHERE l.destination = $1 AND l.due_at <= $2 \
                  AND (l.owner IS NULL OR l.leased_until <= handover_clock()) \
                  AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.destination = $1 AND p.until > $2) \
                  ORDER BY l.due_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
                 UPDATE lanes l SET owner = $4, fence = nextval('lane_fences'), flying = l.head, \
                 leased_until = handover_clock() + 15000 FROM due WHERE l.id = due.id \
                 RETURNING l.id, l.fence, l.flying, due.due_at",
                values![destination, now, columns::limit(limit), ground.leases.owner],
            ),
            Statement::new(
                "SELECT greatest(l.due_at, (SELECT until FROM pauses WHERE destination = $1 AND until > $2)) \
                 FROM lanes l WHERE l.destination = $1 AND l.owner IS NULL AND l.due_at IS NOT NULL \
                 ORDER BY l.due_at LIMIT 1",
                values![destination, now],
            ),
        ])
        .await?;
    drop(connection);
    let mut given = given.into_iter();
    let mut claimed = given.next().unwrap_or_default();
    claimed.sort_by_key(|row| row.try_get::<_, i64>(3).unwrap_or_default());
    let holds = claimed
        .iter()
        .map(|row| held(ground, row, asked))
        .collect::<Result<Vec<_>, Fault>>()?;
    let next = given.next().unwrap_or_default();
    let next_due = match next.first() {
        Some(row) => row.try_get::<_, Option<Timestamp>>(0)?,
        None => None,
    };
    Ok(store::Claimed {
        claims: claims(ground, holds).await?,
        next_due,
    })
}

/// A lane in this process's hands, from a row of `id, fence, flying`.
pub(super) fn held(ground: &Ground, row: &Row, asked: Instant) -> Result<Hold, Fault> {
    let claimed = Claimed {
        lane: row.try_get(0)?,
        fence: row.try_get(1)?,
    };
    Ok(ground.leases.hold(claimed, row.try_get(2)?, asked))
}

/// Puts the work together that the held lanes have at their heads. What cannot be put together becomes a dead letter
/// instead of standing in everyone's way.
pub(super) async fn claims(ground: &Arc<Ground>, holds: Vec<Hold>) -> Result<Vec<Claim>, Fault> {
    if holds.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = holds.iter().map(|hold| hold.delivery.as_uuid()).collect();
    let mut loaded = match jobs::load(ground, ids).await {
        Ok(loaded) => loaded,
        Err(fault) => {
            // Nobody has acted on them yet.
            for hold in holds {
                drop(give_back(ground, hold.spend()).await);
            }
            return Err(fault);
        }
    };
    let mut claims = Vec::with_capacity(holds.len());
    for hold in holds {
        match loaded.remove(&hold.delivery.as_uuid()) {
            Some(Ok(loaded)) => claims.push(Claim {
                job: loaded.job,
                attempts: loaded.attempts,
                destination: loaded.destination,
                trace: loaded.trace,
                ticket: Ticket(Proof::Postgres(hold)),
            }),
            // Dropped, it is looked at again after a while; a replica that knows the task may be quicker.
            Some(Err(Unfit::Newer)) => {}
            broken => {
                if let Some(Err(Unfit::Broken(fault))) = &broken {
                    fault.log("a delivery cannot be read and is given up");
                }
                let delivery = hold.delivery;
                give_back(ground, hold.spend()).await?;
                giving_up::unreadable(ground, delivery).await?;
            }
        }
    }
    Ok(claims)
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

/// Whatever this process holds is anybody's.
pub(super) async fn give_all_back(ground: &Ground) -> Result<(), Fault> {
    give_back_dropped(ground).await?;
    ground
        .database
        .write(
            "UPDATE lanes SET owner = NULL, flying = NULL, leased_until = 0 WHERE owner = $1",
            values![ground.leases.owner],
        )
        .await?;
    Ok(())
}

async fn give_back(ground: &Ground, claimed: Claimed) -> Result<(), Fault> {
    give_back_until(ground, claimed, Timestamp::default()).await
}

async fn give_back_until(
    ground: &Ground,
    Claimed { lane, fence }: Claimed,
    not_before: Timestamp,
) -> Result<(), Fault> {
    let mut connection = ground.database.connection().await?;
    connection
        .transact(&[
            Statement::new(
                "UPDATE lanes SET owner = NULL, flying = NULL, leased_until = 0, not_before = $3, \
                 due_at = greatest(due_at, CASE WHEN $3 > 0 THEN $3 END) WHERE id = $1 AND fence = $2",
                values![lane, fence, not_before],
            ),
            Statement::new(
                "DELETE FROM lanes WHERE id = $1 AND head IS NULL AND owner IS NULL",
                values![lane],
            ),
        ])
        .await?;
    Ok(())
}

/// Goes on to the next head of a held lane if it is due and its destination may be called; else gives the lane back. The
/// hold has ended in either case, and its number with it: an outcome that is written again, since nobody heard that it had
/// been, is too late. It gives a row of `id, fence, flying, due_at`; none: it was another's, or has gone.
pub(super) fn advance(claimed: Claimed, now: Timestamp) -> Statement {
    let Claimed { lane, fence } = claimed;
    Statement::new(
        "SELECT * FROM handover_advance($1, $2, $3)",
        values![lane, fence, now],
    )
}
