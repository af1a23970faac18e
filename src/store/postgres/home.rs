//! Where the database is, so that it is noticed when it is another one than before: restored from a backup, or a standby
//! that has taken over. Rows cannot tell by themselves that others, written later, are gone.

use super::{columns::values, database::Database, fault::Fault};
use crate::domain::time::Timestamp;

/// The cluster, its history, and the database in it. A restore or a failover changes one of the three, but for a plain
/// copy of the server's files, or of its disk, that is started as it is.
const HERE: &str = "SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), \
                    left(pg_walfile_name(pg_current_wal_lsn()), 8), \
                    (SELECT oid FROM pg_database WHERE datname = current_database()))";
/// Of several replicas that start one alone is given a row.
const MOVED: &str = "UPDATE meta SET value = convert_to($1, 'UTF8') \
                     WHERE name = 'home' AND value <> convert_to($1, 'UTF8') \
                     RETURNING (SELECT value FROM meta WHERE name = 'probed_at')";
const FIRST: &str = "INSERT INTO meta (name, value) VALUES ('home', convert_to($1, 'UTF8')) ON CONFLICT (name) DO NOTHING";
const COPIED: &str = "DELETE FROM meta WHERE name = 'backed_up_at' RETURNING value";

/// Says once what is to be known before anybody wonders at a repeat.
pub(super) async fn look(database: &Database) -> Result<(), Fault> {
    if let Some(row) = database.write(COPIED, values![]).await?.first() {
        tracing::warn!(
            backup.taken_at = written_at(row.try_get(0)?),
            "the store is a backup: what happened since is not in it, and what was delivered since goes out again under its old id"
        );
    }
    let here: String = match database.row(HERE, values![]).await {
        Ok(Some(row)) => row.try_get(0)?,
        Ok(None) => return Ok(()),
        // Servers that are others' may not tell.
        Err(Fault::Refused { code }) => {
            tracing::debug!(error.code = code, "the database does not tell where it is");
            return Ok(());
        }
        Err(fault) => return Err(fault),
    };
    let moved = database.write(MOVED, values![here.as_str()]).await?;
    if let Some(row) = moved.first() {
        tracing::warn!(
            store.probed_at = written_at(row.try_get(0)?),
            "the database is not where it was (restored, moved, or a standby took over): if it is older, what happened since is not in it, and what was delivered since goes out again under its old id"
        );
    }
    database.write(FIRST, values![here]).await?;
    Ok(())
}

/// A time as `meta` holds it.
fn written_at(value: &[u8]) -> Option<String> {
    let millis = i64::from_be_bytes(value.try_into().ok()?);
    Some(Timestamp::from_millis(millis).to_string())
}
