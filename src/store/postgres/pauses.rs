//! Destinations that nobody calls for a while. Rows, so that every replica keeps away, also after a restart.

use tokio_postgres::Row;

use super::{
    columns::values,
    database::Statement,
    fault::Fault,
    memory::Change,
    work::{Ground, Work},
};
use crate::{
    domain::{
        delivery::Destination,
        policy::{ClosedBecause, Conditions, PausedBecause},
        time::Timestamp,
    },
    store::Pause,
};

pub(super) async fn set(
    ground: &Ground,
    destination: &Destination,
    pause: Option<Pause>,
) -> Result<(), Fault> {
    if let Some(Pause { until, because }) = pause {
        // Calls that were under way side by side, at any replica, may each bring a pause, in any order.
        let sql = "INSERT INTO pauses AS p (destination, until, because) VALUES ($1, $2, $3) \
                   ON CONFLICT (destination) DO UPDATE SET until = excluded.until, because = excluded.because \
                   WHERE p.until <= excluded.until";
        let values = values![destination, until, because];
        ground.database.write(sql, values).await?;
    } else {
        let sql = "DELETE FROM pauses WHERE destination = $1";
        ground.database.write(sql, values![destination]).await?;
    }
    let rings = vec![Change::Due(destination.clone())];
    ground.memory.apply(rings, Vec::new());
    Ok(())
}

/// Somebody has mended what was refused: it shows at the next call. What asked to be left alone for a while still is.
pub(super) fn end_if_refused(work: &mut Work, destination: &Destination) {
    work.write(
        "DELETE FROM pauses WHERE destination = $1 AND because = $2",
        values![destination, PausedBecause::Refused],
    );
    work.change(Change::Due(destination.clone()));
}

/// What `decide` may know of bots and desks: what it was told, and which of them are paused.
pub(super) async fn conditions(work: &mut Work) -> Result<Conditions, Fault> {
    if let Some(conditions) = &work.conditions {
        return Ok(conditions.clone());
    }
    let rows = work.run(&statement(work.now)).await?;
    read(work, &rows, 0)
}

pub(super) fn statement(now: Timestamp) -> Statement {
    Statement::new(
        "SELECT destination, because FROM pauses WHERE until > $1",
        values![now],
    )
}

/// From rows in which destination and cause stand from this column on.
pub(super) fn read(work: &Work, rows: &[Row], from: usize) -> Result<Conditions, Fault> {
    let mut conditions = work.ground.memory.bells.conditions();
    for row in rows {
        let because = ClosedBecause::Paused(row.try_get(from + 1)?);
        let destination = row.try_get(from)?;
        conditions.closed.entry(destination).or_insert(because);
    }
    Ok(conditions)
}
