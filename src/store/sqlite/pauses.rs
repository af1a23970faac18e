//! Destinations that nobody calls for a while. Rows, so that a restart does not run into the same wall at once.

use rusqlite::{Connection, params};

use super::{fault::Fault, memory::Change, work::Work};
use crate::{
    domain::{delivery::Destination, policy::PausedBecause},
    store::Pause,
};

pub(super) fn set(
    work: &mut Work<'_>,
    destination: &Destination,
    pause: Option<Pause>,
) -> Result<(), Fault> {
    if let Some(Pause { until, because }) = pause {
        work.execute(
            "INSERT INTO pauses (destination, until, because) VALUES (?1, ?2, ?3) \
             ON CONFLICT (destination) DO UPDATE SET until = excluded.until, because = excluded.because",
            params![destination, until, because],
        )?;
    } else {
        work.execute("DELETE FROM pauses WHERE destination = ?1", [destination])?;
    }
    work.change(Change::Paused {
        destination: destination.clone(),
        pause,
    });
    Ok(())
}

/// Somebody has mended what was refused: it shows at the next call. What asked to be left alone for a while still is.
pub(super) fn end_if_refused(work: &mut Work<'_>, destination: &Destination) -> Result<(), Fault> {
    let ended = work.execute(
        "DELETE FROM pauses WHERE destination = ?1 AND because = ?2",
        params![destination, PausedBecause::Refused],
    )?;
    if ended > 0 {
        work.change(Change::Paused {
            destination: destination.clone(),
            pause: None,
        });
    }
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Change>, Fault> {
    let mut statement = connection.prepare("SELECT destination, until, because FROM pauses")?;
    let rows = statement.query_map([], |row| {
        Ok(Change::Paused {
            destination: row.get(0)?,
            pause: Some(Pause {
                until: row.get(1)?,
                because: row.get(2)?,
            }),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
