//! The table of the keys under which events were taken.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{columns::AnyId, fault::Fault, key_index::Hash, work::Work};
use crate::{
    domain::time::Timestamp,
    store::hashing::{Hashed, Hasher, Known, day},
};

/// With the secret that was made with the file.
pub(super) fn hasher(connection: &Connection) -> Result<Hasher, Fault> {
    let sql = "SELECT value FROM meta WHERE name = 'key_secret'";
    let secret: Vec<u8> = connection.query_row(sql, [], |row| row.get(0))?;
    Hasher::new(&secret).ok_or(Fault::Missing)
}

pub(super) fn find(work: &Work<'_>, keys: &[Hashed]) -> Result<Option<Known>, Fault> {
    if work.settings.mutant.forgets_keys() {
        return Ok(None);
    }
    for key in keys {
        if let Some(row) = work.key_index.find(work.connection, &key.hash)? {
            return known(work, row, key).map(Some);
        }
    }
    Ok(None)
}

fn known(work: &Work<'_>, row: i64, key: &Hashed) -> Result<Known, Fault> {
    let mut statement = work.prepare("SELECT reference, body FROM keys WHERE row = ?1")?;
    let known = statement.query_row([row], |row| {
        let body: Option<[u8; 16]> = row.get(1)?;
        Ok(Known {
            reference: row.get::<_, Option<AnyId>>(0)?.map(AnyId::as_uuid),
            same_body: body == key.body,
        })
    })?;
    Ok(known)
}

/// Of keys that are not known.
pub(super) fn store(
    work: &mut Work<'_>,
    keys: &[Hashed],
    reference: Option<Uuid>,
) -> Result<(), Fault> {
    for key in keys {
        let Some(row) = work.key_index.add(key.hash) else {
            continue;
        };
        work.execute(
            "INSERT INTO keys (row, hash, day, reference, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                row,
                key.hash,
                day(work.now),
                reference.map(AnyId::from_uuid),
                key.body
            ],
        )?;
    }
    Ok(())
}

/// A key that is known already is one of a message that has been removed since and is kept anew.
pub(super) fn store_anew(
    work: &mut Work<'_>,
    keys: &[Hashed],
    reference: Option<Uuid>,
) -> Result<(), Fault> {
    for key in keys {
        match work.key_index.find(work.connection, &key.hash)? {
            Some(row) => {
                let sql = "UPDATE keys SET reference = ?2 WHERE row = ?1";
                work.execute(sql, params![row, reference.map(AnyId::from_uuid)])?;
            }
            None => store(work, std::slice::from_ref(key), reference)?,
        }
    }
    Ok(())
}

/// Oldest first, so only the front of the table is looked at.
pub(super) fn purge(work: &mut Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let old = work
        .prepare("SELECT row, hash, day FROM keys ORDER BY row LIMIT ?1")?
        .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .filter(|row| !matches!(row, Ok((_, _, filed)) if *filed >= day(before)))
        .collect::<Result<Vec<(i64, Hash, i64)>, _>>()?;
    for (row, hash, _) in &old {
        work.key_index.remove(work.connection, *hash, *row)?;
        work.execute("DELETE FROM keys WHERE row = ?1", [row])?;
    }
    Ok(old.len())
}
