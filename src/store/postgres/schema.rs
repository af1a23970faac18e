//! The schema's migrations.

use tokio_postgres::{Client, GenericClient};

use super::{
    OpenError,
    fault::{Fault, NO_SCHEMA},
    rights,
};
use crate::{
    domain::time::Timestamp,
    store::{
        Migrated,
        migrations::{Unknown, been_through, checksum},
    },
};

/// Embedded, numbered from 1, never changed once released: the database remembers what each looked like.
const MIGRATIONS: [&str; 2] = [
    concat!(
        include_str!("migrations/0001_ground.sql"),
        include_str!("migrations/0001_functions.sql")
    ),
    include_str!("migrations/0002_lost.sql"),
];

/// Nobody else migrates this database meanwhile, and no replica starts on one that is half migrated.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('handover bridge: migrations', 0))";

/// Brings the schema up to date, if it may; refuses what this version does not know.
pub(in crate::store) async fn migrate(
    client: &mut Client,
    allowed: bool,
    now: Timestamp,
) -> Result<Migrated, OpenError> {
    // Most starts find nothing to do, and need not wait for whoever holds the lock.
    let migrated = found(client).await?;
    if migrated.found == migrated.now {
        return Ok(migrated);
    }
    let transaction = client.transaction().await.map_err(Fault::from)?;
    transaction.batch_execute(LOCK).await.map_err(Fault::from)?;
    let migrated = found(&transaction).await?;
    if migrated.found == migrated.now {
        return Ok(migrated);
    }
    if !allowed {
        return Err(OpenError::NotMigrated {
            found: migrated.found,
            needed: migrated.now,
        });
    }
    if migrated.found == 0 {
        transaction
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS migrations \
                 (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
            )
            .await
            .map_err(Fault::from)?;
    }
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(migrated.found) {
        transaction
            .batch_execute(migration)
            .await
            .map_err(|error| OpenError::Migration {
                number: at + 1,
                source: Box::new(error),
            })?;
        // Written by the program alone: a number, hexadecimal digits, a number.
        let row = format!(
            "INSERT INTO migrations (number, checksum, applied_at) VALUES ({}, '{}', {})",
            at + 1,
            checksum(migration),
            now.as_millis()
        );
        transaction.batch_execute(&row).await.map_err(Fault::from)?;
    }
    transaction.commit().await.map_err(Fault::from)?;
    Ok(migrated)
}

/// What the database has of the migrations, and what it should have. Refuses what this version does not know.
async fn found(client: &impl GenericClient) -> Result<Migrated, OpenError> {
    refuse_other_encodings(client).await?;
    let applied = applied(client).await?;
    Ok(Migrated {
        found: been_through(&applied, &MIGRATIONS)?,
        now: MIGRATIONS.len(),
    })
}

/// Others have no character for much that is said, and with `SQL_ASCII` nothing sees to it that bytes are text.
async fn refuse_other_encodings(client: &impl GenericClient) -> Result<(), OpenError> {
    let rows = client
        .query_typed("SELECT current_setting('server_encoding')", &[])
        .await
        .map_err(Fault::from)?;
    let found = rows.first().ok_or(Fault::Missing)?;
    let found: String = found.try_get(0).map_err(Fault::from)?;
    match found.as_str() {
        "UTF8" => Ok(()),
        _ => Err(OpenError::Encoding { found }),
    }
}

async fn applied(client: &impl GenericClient) -> Result<Vec<String>, OpenError> {
    let there = client
        .query_typed(
            "SELECT to_regclass('migrations') IS NOT NULL, current_schema() IS NULL, \
             has_table_privilege(to_regclass('migrations'), 'SELECT')",
            &[],
        )
        .await
        .map_err(Fault::from)?;
    let there = there.first().ok_or(Fault::Missing)?;
    // To a role that may not look, nothing is there.
    if there.try_get(1).map_err(Fault::from)? {
        let code = NO_SCHEMA.to_owned();
        return Err(Fault::Refused { code }.into());
    }
    if !there.try_get::<_, bool>(0).map_err(Fault::from)? {
        return Ok(Vec::new());
    }
    if !there.try_get(2).map_err(Fault::from)? {
        rights::refuse_without(client).await?;
    }
    let rows = client
        .query_typed("SELECT checksum FROM migrations ORDER BY number", &[])
        .await
        .map_err(Fault::from)?;
    let checksums = rows.iter().map(|row| row.try_get(0).map_err(Fault::from));
    Ok(checksums.collect::<Result<_, _>>()?)
}

/// The names of all tables, sequences or functions that the migrations make.
pub(super) fn made(kind: &str) -> impl Iterator<Item = &'static str> {
    let lines = MIGRATIONS.iter().flat_map(|migration| migration.lines());
    lines.filter_map(move |line| {
        let created = line.strip_prefix("CREATE ")?.strip_prefix(kind)?;
        created.strip_prefix(' ')?.split(['(', ' ', ';']).next()
    })
}

impl From<Unknown> for OpenError {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Newer { found, known } => Self::Newer { found, known },
            Unknown::Changed { number } => Self::Changed { number },
        }
    }
}
