//! Where the database is, so that it is noticed when it is another one than before: restored from a backup, or a standby
//! that has taken over. Rows cannot tell by themselves that others, written later, are gone.

use super::{columns::values, database::Database, fault::Fault, work::Ground};
use crate::domain::{effect::WarningKind, time::Timestamp};

/// The cluster, its history, and the database in it. A restore or a failover changes one of the three, but for a plain
/// copy of the server's files, or of its disk, that is started as it is.
macro_rules! here {
    () => {
        "concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), \
         left(pg_walfile_name(pg_current_wal_lsn()), 8), \
         (SELECT oid FROM pg_database WHERE datname = current_database()))"
    };
}
const HERE: &str = concat!("SELECT ", here!());
const TIMES: &str = "SELECT (SELECT value FROM meta WHERE name = 'backed_up_at'), \
                     (SELECT value FROM meta WHERE name = 'probed_at')";
const FIRST: &str = "INSERT INTO meta (name, value) VALUES ('home', convert_to($1, 'UTF8')) ON CONFLICT (name) DO NOTHING";
const PROBED: &str = "UPDATE meta SET value = int8send($1) WHERE name = 'probed_at'";
const PROBED_HERE: &str = concat!(
    "UPDATE meta SET value = int8send($1) WHERE name = 'probed_at' \
     AND EXISTS (SELECT FROM meta WHERE name = 'home' AND value = convert_to(",
    here!(),
    ", 'UTF8')) RETURNING 1"
);

/// Whom nobody has asked whether it is ready does not know.
const UNKNOWN: &str = "unknown";

/// Together with the warning that takes its place. Of several replicas one alone is given a row.
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

/// What a look at it came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    /// So many warnings.
    pub(super) raised: usize,
    /// Whether the server tells where it is.
    pub(super) is_told: bool,
}

/// Writes that somebody asked whether this replica is ready. Where the database is not where it was any more, that one was
/// the last time at which it was, and is what the warning names: so it is looked at first.
pub(super) async fn probe(ground: &Ground) -> Result<(), Fault> {
    let (database, now) = (&ground.database, ground.clock.now());
    if ground.tells_its_home {
        if !database.write(PROBED_HERE, values![now]).await?.is_empty() {
            return Ok(());
        }
        let looked = look(database, now).await?;
        ground.meter.count_restored(looked.raised);
    }
    database.write(PROBED, values![now]).await?;
    Ok(())
}

/// Says once what is to be known before anybody wonders at a repeat.
pub(super) async fn look(database: &Database, now: Timestamp) -> Result<Looked, Fault> {
    let times = database
        .row(TIMES, values![])
        .await?
        .ok_or(Fault::Missing)?;
    let (taken_at, probed_at) = (written_at(times.try_get(0)?), written_at(times.try_get(1)?));
    let kind = WarningKind::Restored;
    let up_to = |at: &Option<String>| at.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let mut raised = 0;
    if taken_at.is_some() {
        let values = values!["backed_up_at", kind, up_to(&taken_at), now];
        if !database.write(COPIED, values).await?.is_empty() {
            raised += 1;
            tracing::warn!(
                backup.taken_at = taken_at,
                "the store is a backup: what happened since is not in it, and what was delivered since goes out again under its old id"
            );
        }
    }
    let here: String = match database.row(HERE, values![]).await {
        Ok(row) => row.ok_or(Fault::Missing)?.try_get(0)?,
        // Servers that are others' may not tell.
        Err(Fault::Refused { code }) => {
            tracing::debug!(error.code = code, "the database does not tell where it is");
            return Ok(Looked {
                raised,
                is_told: false,
            });
        }
        Err(fault) => return Err(fault),
    };
    let values = values![here.as_str(), kind, up_to(&probed_at), now];
    if !database.write(MOVED, values).await?.is_empty() {
        raised += 1;
        tracing::warn!(
            store.probed_at = probed_at,
            "the database is not where it was (restored, moved, or a standby took over): if it is older, what happened since is not in it, and what was delivered since goes out again under its old id"
        );
    }
    database.write(FIRST, values![here]).await?;
    Ok(Looked {
        raised,
        is_told: true,
    })
}

/// A time as `meta` holds it.
fn written_at(value: Option<&[u8]>) -> Option<String> {
    let millis = i64::from_be_bytes(value?.try_into().ok()?);
    Some(Timestamp::from_millis(millis).to_string())
}
