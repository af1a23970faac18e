//! Tells this replica's console what has changed, whichever replica changed it.
//!
//! Every step that a person sees writes a row of `changes`, in its own transaction. A replica tells of its own steps as
//! soon as they are committed, and of all the others' when it has read their rows. Numbers are given out before commits
//! and commits come in any order, so rows are read from the oldest transaction that was not over at the last reading:
//! some come twice, and are dropped by their version, none is passed over.

use std::time::Duration;

use tokio_postgres::{GenericClient, types::Type};

use super::{columns::count, fault::Fault};
use crate::{domain::time::Timestamp, store::Changing};

/// Longer than a replica may be without the database and still hear of all it has missed.
pub(super) const KEPT: Duration = Duration::from_mins(5);

/// The transaction from which on rows have not been read, or may not all have been there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(i64);

/// What is committed from now on comes after this.
pub(super) async fn end(client: &impl GenericClient) -> Result<Place, Fault> {
    let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    let row = client.query_typed_one(sql, &[]).await?;
    Ok(Place(row.try_get(0)?))
}

/// What was committed since, in order, and where to go on.
pub(super) async fn after(
    client: &impl GenericClient,
    place: Place,
) -> Result<(Vec<Changing>, Place), Fault> {
    let sql = "SELECT s.xmin, c.conversation, c.version, c.at \
               FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin) s \
               LEFT JOIN changes c ON c.transaction >= $1 ORDER BY c.at, c.version";
    let rows = client.query_typed(sql, &[(&place.0, Type::INT8)]).await?;
    let mut next = place;
    let mut changes = Vec::new();
    for row in &rows {
        next = Place(row.try_get(0)?);
        if let Some(conversation) = row.try_get(1)? {
            changes.push(Changing {
                conversation,
                version: count(row.try_get(2)?),
                at: row.try_get(3)?,
            });
        }
    }
    Ok((changes, next))
}

/// Every replica has read these long ago.
pub(super) async fn forget(client: &impl GenericClient, now: Timestamp) -> Result<(), Fault> {
    let sql = "DELETE FROM changes WHERE at < $1";
    let before = now.minus(KEPT).as_millis();
    client.execute_typed(sql, &[(&before, Type::INT8)]).await?;
    Ok(())
}
