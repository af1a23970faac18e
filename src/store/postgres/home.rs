//! Where the database is, so that it is noticed when it is another one than before: restored from a backup, or a standby
//! that has taken over. Rows cannot tell by themselves that others, written later, are gone.

use super::{columns::values, database::Database, fault::Fault};
use crate::domain::{effect::WarningKind, time::Timestamp};

/// The cluster, its history, and the database in it. A restore or a failover changes one of the three, but for a plain
/// copy of the server's files, or of its disk, that is started as it is.
const HERE: &str = "SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), \
                    left(pg_walfile_name(pg_current_wal_lsn()), 8), \
                    (SELECT oid FROM pg_database WHERE datname = current_database()))";
const TIMES: &str = "SELECT (SELECT value FROM meta WHERE name = 'backed_up_at'), \
                     (SELECT value FROM meta WHERE name = 'probed_at')";
const FIRST: &str = "INSERT INTO meta (name, value) VALUES ('home', convert_to($1, 'UTF8')) ON CONFLICT (name) DO NOTHING";

/// Whom nobody has asked whether it is ready does not know.
const UNKNOWN: &str = "unknown";

/// Together with the warning that takes its place. Of several replicas that start one alone is given a row.
macro_rules! warned {
    ($change:literal) => {
        concat!(
            "WITH noticed AS (",
            $change,
            " RETURNING 1) INSERT INTO warnings AS w (kind, subject, count, first_at, last_at) \
             SELECT $2, $3, 1, $4::bigint, $4 FROM noticed \
             ON CONFLICT (kind, subject) DO UPDATE SET count = w.count + 1, last_at = excluded.last_at RETURNING 1"
        )
    };
}
const COPIED: &str = warned!("DELETE FROM meta WHERE name = $1");
const MOVED: &str = warned!(
    "UPDATE meta SET value = convert_to($1, 'UTF8') WHERE name = 'home' AND value <> convert_to($1, 'UTF8')"
);

/// Says once what is to be known before anybody wonders at a repeat. Gives how many warnings it has raised.
pub(super) async fn look(database: &Database, now: Timestamp) -> Result<usize, Fault> {
    let times = database
        .row(TIMES, values![])
        .await?
        .ok_or(Fault::Missing)?;
    let (taken_at, probed_at) = (written_at(times.try_get(0)?), written_at(times.try_get(1)?));
    let kind = serde_json::to_value(WarningKind::Restored)?;
    let up_to = |at: &Option<String>| at.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let mut raised = 0;
    if taken_at.is_some() {
        let values = values!["backed_up_at", kind.as_str(), up_to(&taken_at), now];
        if !database.write(COPIED, values).await?.is_empty() {
            raised += 1;
            tracing::warn!(
                backup.taken_at = taken_at,
                "the store is a backup: what happened since is not in it, and what was delivered since goes out again under its old id"
            );
        }
    }
    let here: String = match database.row(HERE, values![]).await {
        Ok(Some(row)) => row.try_get(0)?,
        Ok(None) => return Ok(raised),
        // Servers that are others' may not tell.
        Err(Fault::Refused { code }) => {
            tracing::debug!(error.code = code, "the database does not tell where it is");
            return Ok(raised);
        }
        Err(fault) => return Err(fault),
    };
    let values = values![here.as_str(), kind.as_str(), up_to(&probed_at), now];
    if !database.write(MOVED, values).await?.is_empty() {
        raised += 1;
        tracing::warn!(
            store.probed_at = probed_at,
            "the database is not where it was (restored, moved, or a standby took over): if it is older, what happened since is not in it, and what was delivered since goes out again under its old id"
        );
    }
    database.write(FIRST, values![here]).await?;
    Ok(raised)
}

/// A time as `meta` holds it.
fn written_at(value: Option<&[u8]>) -> Option<String> {
    let millis = i64::from_be_bytes(value?.try_into().ok()?);
    Some(Timestamp::from_millis(millis).to_string())
}
