//! Destinations that nobody calls for a while. Rows, so that a restart does not run into the same wall at once.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{fault::Fault, memory::Change, work::Work};
use crate::{
    domain::{delivery::Destination, policy::PausedBecause, retry},
    store::Pause,
};

pub(super) fn set(
    work: &mut Work<'_>,
    destination: &Destination,
    pause: Option<Pause>,
) -> Result<(), Fault> {
    let pause = if let Some(pause) = pause {
        Some(keep(work, destination, pause)?)
    } else {
        work.execute("DELETE FROM pauses WHERE destination = ?1", [destination])?;
        None
    };
    work.change(Change::Paused {
        destination: destination.clone(),
        pause,
    });
    Ok(())
}

/// Gives the one that counts. Calls that were under way side by side may each bring a pause, in any order.
fn keep(work: &Work<'_>, destination: &Destination, pause: Pause) -> Result<Pause, Fault> {
    let before = work
        .prepare("SELECT until, because FROM pauses WHERE destination = ?1")?
        .query_row([destination], |row| read(row, 0))
        .optional()?;
    let longer =
        before.filter(|it| it.until > pause.until && !retry::is_too_far(it.until, work.now));
    if let Some(longer) = longer {
        return Ok(longer);
    }
    work.execute(
        "INSERT OR REPLACE INTO pauses (destination, until, because) VALUES (?1, ?2, ?3)",
        params![destination, pause.until, pause.because],
    )?;
    Ok(pause)
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
            pause: Some(read(row, 1)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Pause> {
    Ok(Pause {
        until: row.get(from)?,
        because: row.get(from + 1)?,
    })
}
