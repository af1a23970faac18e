//! Legs by what their desks call them, and what was taken from the answers of a leg or of a handover.

use tokio_postgres::Row;

use super::{
    columns::{self, values},
    fault::Fault,
    work::Work,
};
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
pub(super) async fn find(work: &mut Work, target: &LegTarget) -> Result<Addressee, Fault> {
    let LegTarget {
        desk,
        reference,
        leg,
        keep_unmatched: _,
    } = target;
    let called = match reference {
        Some(reference) => by_name(work, desk, reference).await?,
        None => None,
    };
    let given = match leg {
        Some(leg) => by_id(work, desk, *leg).await?,
        None => None,
    };
    Ok(Addressee::of(target, called, given))
}

/// What is kept until this name is known must not come in between.
pub(super) fn name(work: &mut Work, name: &LegName) {
    let of = (name.desk.clone(), columns::storable(&name.reference));
    work.writes.names.insert(of);
    work.write(
        "INSERT INTO leg_names (desk, reference, leg) VALUES ($1, $2, $3) \
         ON CONFLICT (desk, reference) DO UPDATE SET leg = excluded.leg",
        values![&name.desk, &name.reference, name.leg],
    );
}

/// Adds to what was taken before, as far as there is room. What is gone by now needs nothing.
pub(super) async fn take(
    work: &mut Work,
    lane: Lane,
    handover: HandoverId,
    taken: &Taken,
) -> Result<(), Fault> {
    let (read, write, id) = match lane {
        Lane::Leg(leg) => (
            "SELECT taken FROM legs WHERE id = $1",
            "UPDATE legs SET taken = $2 WHERE id = $1",
            leg.as_uuid(),
        ),
        Lane::Bot(_) => (
            "SELECT taken FROM handovers WHERE id = $1",
            "UPDATE handovers SET taken = $2 WHERE id = $1",
            handover.as_uuid(),
        ),
    };
    let kept = match work.taken.get(&id) {
        Some(kept) => Some(kept.clone()),
        None => match work.row(read, values![id]).await? {
            Some(row) if row.try_get::<_, Option<&str>>(0)?.is_some() => {
                Some(columns::json(&row, 0)?)
            }
            Some(_) => Some(Taken::default()),
            None => None,
        },
    };
    let Some(kept) = kept else { return Ok(()) };
    match kept.with(taken) {
        Some(all) => {
            work.write(write, values![id, serde_json::to_string(&all)?]);
            work.taken.insert(id, all);
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

async fn by_name(
    work: &mut Work,
    desk: &DeskName,
    reference: &str,
) -> Result<Option<StoredLeg>, Fault> {
    let sql = "SELECT l.id, l.handover FROM leg_names n JOIN legs l ON l.id = n.leg \
               WHERE n.desk = $1 AND n.reference = $2";
    leg(work.row(sql, values![desk, reference]).await?)
}

async fn by_id(work: &mut Work, desk: &DeskName, id: LegId) -> Result<Option<StoredLeg>, Fault> {
    let sql = "SELECT id, handover FROM legs WHERE id = $1 AND desk = $2";
    leg(work.row(sql, values![id, desk]).await?)
}

fn leg(row: Option<Row>) -> Result<Option<StoredLeg>, Fault> {
    let leg = |row: Row| {
        Ok(StoredLeg {
            id: row.try_get(0)?,
            handover: row.try_get(1)?,
        })
    };
    row.map(leg).transpose()
}
