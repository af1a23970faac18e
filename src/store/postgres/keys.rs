//! The table of the keys under which events were taken.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{Value, values},
    database::Statement,
    fault::Fault,
    work::Work,
};
use crate::store::hashing::{Hashed, Known};

/// What stands under a key: the reference, and the hash of the body.
pub(super) type Stored = (Option<Uuid>, Option<[u8; 16]>);

pub(super) fn statement(keys: &[Hashed]) -> Statement {
    Statement::new(
        "SELECT hash, reference, body FROM keys WHERE hash = ANY($1)",
        values![hashes(keys)],
    )
}

pub(super) fn hashes(keys: &[Hashed]) -> Value {
    Value::Hashes(keys.iter().map(|key| Some(key.hash.to_vec())).collect())
}

/// From now on the step knows which of these are known, by rows in which hash, reference and body stand from a column on.
pub(super) fn read(
    work: &mut Work,
    asked: &[Hashed],
    rows: &[Row],
    from: usize,
) -> Result<(), Fault> {
    for key in asked {
        work.known.entry(key.hash).or_insert(None);
    }
    for row in rows {
        let body: Option<&[u8]> = row.try_get(from + 2)?;
        let stored = (row.try_get(from + 1)?, body.map(hash).transpose()?);
        work.known.insert(hash(row.try_get(from)?)?, Some(stored));
    }
    Ok(())
}

pub(super) async fn find(work: &mut Work, keys: &[Hashed]) -> Result<Option<Known>, Fault> {
    let unasked: Vec<Hashed> = keys
        .iter()
        .filter(|key| !work.known.contains_key(&key.hash))
        .copied()
        .collect();
    if !unasked.is_empty() {
        let rows = work.run(&statement(&unasked)).await?;
        read(work, &unasked, &rows, 0)?;
    }
    let known = keys.iter().find_map(|key| {
        let written = (&work.writes.keys, &work.writes.known_keys);
        let stored = written
            .0
            .get(&key.hash)
            .or_else(|| written.1.get(&key.hash))
            .copied();
        let stored = stored.or_else(|| work.known.get(&key.hash).copied().flatten());
        stored.map(|(reference, body)| Known {
            reference,
            same_body: body == key.body,
        })
    });
    Ok(known)
}

/// A key that is known already is one of a message that has been removed since and is kept anew.
pub(super) fn store(work: &mut Work, keys: &[Hashed], reference: Option<Uuid>) {
    for key in keys {
        let writes = &mut work.writes;
        match work.known.get(&key.hash).copied().flatten() {
            Some((_, body)) => writes.known_keys.insert(key.hash, (reference, body)),
            None => writes.keys.insert(key.hash, (reference, key.body)),
        };
    }
}

fn hash(bytes: &[u8]) -> Result<[u8; 16], Fault> {
    bytes.try_into().map_err(|_| Fault::Unreadable)
}
