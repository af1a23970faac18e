//! The table of the keys under which events were taken.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{columns::AnyId, fault::Fault, work::Work};
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

/// Oldest first, so only the front of the table is looked at. The key of a message that is still kept goes to its end: however
/// late the message is told of again, it is not to be recorded twice.
pub(super) fn purge(work: &mut Work<'_>, before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let old = work
        .prepare(
            "SELECT row, hash, reference, body, EXISTS (SELECT 1 FROM messages WHERE id = reference) \
             FROM (SELECT row, hash, day, reference, body FROM keys ORDER BY row LIMIT ?1) WHERE day < ?2",
        )?
        .query_map(params![limit, day(before)], |row| {
            Ok(Old {
                row: row.get(0)?,
                key: Hashed {
                    hash: row.get(1)?,
                    body: row.get(3)?,
                },
                reference: row.get::<_, Option<AnyId>>(2)?.map(AnyId::as_uuid),
                is_of_kept: row.get(4)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for one in &old {
        let Old { row, key, .. } = one;
        work.key_index.remove(work.connection, key.hash, *row)?;
        work.execute("DELETE FROM keys WHERE row = ?1", [row])?;
        if one.is_of_kept {
            store(work, std::slice::from_ref(key), one.reference)?;
        }
    }
    Ok(old.len())
}

struct Old {
    row: i64,
    key: Hashed,
    reference: Option<Uuid>,
    /// Of a message that is kept.
    is_of_kept: bool,
}
