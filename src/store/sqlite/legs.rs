//! Legs by what their desks call them, and what was taken from the answers of a leg or of a handover.

use rusqlite::{OptionalExtension, Row, params};

use super::{fault::Fault, jobs, work::Work};
use crate::{
    domain::{
        delivery::Lane,
        effect::LegName,
        event::LegTarget,
        ids::{DeskName, HandoverId, LegId},
        taken::Taken,
    },
    store::addressee::{Addressee, StoredLeg},
};

/// By the reference, else by the leg.
pub(super) fn find(work: &Work<'_>, target: &LegTarget) -> Result<Addressee, Fault> {
    let LegTarget {
        desk,
        reference,
        leg,
        keep_unmatched: _,
    } = target;
    let called = match reference {
        Some(reference) => by_name(work, desk, reference)?,
        None => None,
    };
    let given = match leg {
        Some(leg) => by_id(work, desk, *leg)?,
        None => None,
    };
    Ok(Addressee::of(target, called, given))
}

pub(super) fn name(work: &Work<'_>, name: &LegName) -> Result<(), Fault> {
    work.execute(
        "INSERT INTO leg_names (desk, reference, leg) VALUES (?1, ?2, ?3) \
         ON CONFLICT (desk, reference) DO UPDATE SET leg = excluded.leg",
        params![name.desk, name.reference, name.leg],
    )?;
    Ok(())
}

/// Adds to what was taken before, as far as there is room. What is gone by now needs nothing.
pub(super) fn take(
    work: &Work<'_>,
    lane: Lane,
    handover: HandoverId,
    taken: &Taken,
) -> Result<(), Fault> {
    let (read, write, id) = match lane {
        Lane::Leg(leg) => (
            "SELECT taken FROM legs WHERE id = ?1",
            "UPDATE legs SET taken = ?2 WHERE id = ?1",
            leg.as_uuid(),
        ),
        Lane::Bot(_) => (
            "SELECT taken FROM handovers WHERE id = ?1",
            "UPDATE handovers SET taken = ?2 WHERE id = ?1",
            handover.as_uuid(),
        ),
    };
    let id = id.as_bytes().as_slice();
    let kept = work
        .prepare(read)?
        .query_row([id], |row| jobs::taken(row, 0))
        .optional()?;
    let Some(kept) = kept else { return Ok(()) };
    match kept.with(taken) {
        Some(all) => {
            work.execute(write, params![id, serde_json::to_string(&all)?])?;
        }
        None => {
            tracing::warn!(
                handover.id = %handover,
                most.bytes = Taken::MOST,
                "what an answer gave for later calls is too much to be kept"
            );
        }
    }
    Ok(())
}

fn by_name(work: &Work<'_>, desk: &DeskName, reference: &str) -> Result<Option<StoredLeg>, Fault> {
    Ok(work
        .prepare(
            "SELECT l.id, l.handover FROM leg_names n JOIN legs l ON l.id = n.leg \
             WHERE n.desk = ?1 AND n.reference = ?2",
        )?
        .query_row(params![desk, reference], leg)
        .optional()?)
}

fn by_id(work: &Work<'_>, desk: &DeskName, id: LegId) -> Result<Option<StoredLeg>, Fault> {
    Ok(work
        .prepare("SELECT id, handover FROM legs WHERE id = ?1 AND desk = ?2")?
        .query_row(params![id, desk], leg)
        .optional()?)
}

fn leg(row: &Row<'_>) -> rusqlite::Result<StoredLeg> {
    Ok(StoredLeg {
        id: row.get(0)?,
        handover: row.get(1)?,
    })
}
