//! The table of the keys under which events were taken.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{columns::AnyId, fault::Fault, work::Work};
use crate::store::hashing::{Hashed, Hasher, Known, day};

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
    let mut statement = work.prepare("SELECT reference, body FROM keys WHERE hash = ?1")?;
    for key in keys {
        let found = statement
            .query_row([key.hash], |row| {
                let body: Option<[u8; 16]> = row.get(1)?;
                Ok(Known {
                    reference: row.get::<_, Option<AnyId>>(0)?.map(AnyId::as_uuid),
                    same_body: body == key.body,
                })
            })
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A key that is known already is one of a message that has been removed since and is kept anew.
pub(super) fn store(
    work: &Work<'_>,
    keys: &[Hashed],
    reference: Option<Uuid>,
) -> Result<(), Fault> {
    let mut statement = work.prepare(
        "INSERT INTO keys (hash, day, reference, body) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (hash) DO UPDATE SET reference = excluded.reference",
    )?;
    for key in keys {
        statement.execute(params![
            key.hash,
            day(work.now),
            reference.map(AnyId::from_uuid),
            key.body
        ])?;
    }
    Ok(())
}
