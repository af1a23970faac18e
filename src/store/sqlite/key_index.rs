//! Which row of `keys` has a key: those that came lately in memory, the others in the table `key_index`.
//!
//! Each message brings keys that are new, and looked up among all that are known. Put into an index one by one each of
//! them changes a page of its own, which cost more than all else that is kept of a message. So a key is appended to `keys`,
//! which shares its page with its neighbours, and remembered here. When much is remembered, a slice of it goes into the
//! index at the end of each transaction, in the order of the hashes: many keys a page. The next slice goes on from there,
//! and behind the last hash a new round begins: everything that was remembered at the beginning of a round is in the index
//! at its end. How far the round has come is kept with every slice, so that it goes on after a start, and a start reads
//! what has come since the round before the present one.

mod filter;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Bound::{Excluded, Unbounded},
};

use rusqlite::{Connection, OptionalExtension, params};

use self::filter::Filter;
use super::fault::Fault;

pub(super) type Hash = [u8; 16];

#[derive(Debug)]
pub(super) struct KeyIndex {
    /// Those that may not be in the index, with their rows.
    recent: BTreeMap<Hash, i64>,
    /// Of all that are known. None: there are so many that it would tell little, and take long to make.
    filter: Option<Filter>,
    /// What this transaction has changed of it: what was there before.
    undo: Vec<(Hash, Option<i64>)>,
    next_row: i64,
    round: Round,
    /// As the last transaction has left it.
    committed: Round,
    sizes: Sizes,
}

/// One way through all hashes.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// What comes before this row was remembered when the round began, or was in the index.
    began_at: i64,
    /// The last hash that went into the index.
    at: Option<Hash>,
}

#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// As many are remembered. More of them are more on a page when they go into the index, and a longer start, which reads
    /// three times as many.
    remembered: usize,
    /// While too many are remembered, as many go into the index with a transaction as it has brought, and so many more.
    slice: usize,
    /// With more than so many at the start there is no filter.
    filtered: i64,
}

/// The filter of as many is made in half a second, and is wrong about one new key in 45.
const FILTERED: i64 = 4_000_000;

impl Sizes {
    /// Some four megabytes. Few in debug builds, so that the fault tests come to the index and around it.
    const USUAL: Self = if cfg!(debug_assertions) {
        Self {
            remembered: 64,
            slice: 8,
            filtered: FILTERED,
        }
    } else {
        Self {
            remembered: 64 * 1024,
            slice: 256,
            filtered: FILTERED,
        }
    };
}

impl KeyIndex {
    pub(super) fn load(connection: &Connection) -> Result<Self, Fault> {
        Self::sized(connection, Sizes::USUAL)
    }

    fn sized(connection: &Connection, sizes: Sizes) -> Result<Self, Fault> {
        let sql = "SELECT before, began_at, hash FROM keys_indexed";
        let (mut next_row, round): (i64, _) = connection.query_row(sql, [], |row| {
            let (began_at, at) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Round { began_at, at }))
        })?;
        let mut statement =
            connection.prepare("SELECT hash, row FROM keys WHERE row >= ?1 ORDER BY row")?;
        let mut rows = statement.query([next_row])?;
        let mut recent = BTreeMap::new();
        let mut filter = filter(connection, sizes.filtered)?;
        while let Some(row) = rows.next()? {
            let (hash, number) = (row.get(0)?, row.get(1)?);
            if !round.has_put(hash, number) {
                recent.insert(hash, number);
            }
            if let Some(filter) = &mut filter {
                filter.add(&hash);
            }
            next_row = number + 1;
        }
        Ok(Self {
            recent,
            filter,
            undo: Vec::new(),
            // None that is named by what is kept of the round, if all of that has been removed.
            next_row: next_row.max(round.began_at),
            round,
            committed: round,
            sizes,
        })
    }

    /// The row of a key that is known.
    pub(super) fn find(&self, connection: &Connection, hash: &Hash) -> Result<Option<i64>, Fault> {
        if (self.filter.as_ref()).is_some_and(|filter| !filter.may_have(hash)) {
            return Ok(None);
        }
        if let Some(row) = self.recent.get(hash) {
            return Ok(Some(*row));
        }
        let mut indexed = connection.prepare_cached("SELECT row FROM key_index WHERE hash = ?1")?;
        Ok(indexed.query_row([hash], |row| row.get(0)).optional()?)
    }

    /// The row that a new key is to have. None: an event has named it twice.
    pub(super) fn add(&mut self, hash: Hash) -> Option<i64> {
        let Entry::Vacant(vacant) = self.recent.entry(hash) else {
            return None;
        };
        let row = self.next_row;
        self.next_row += 1;
        vacant.insert(row);
        if let Some(filter) = &mut self.filter {
            filter.add(&hash);
        }
        self.undo.push((hash, None));
        Some(row)
    }

    /// Of a key whose row is removed. Another row may have become the key's.
    pub(super) fn remove(
        &mut self,
        connection: &Connection,
        hash: Hash,
        row: i64,
    ) -> Result<(), Fault> {
        if self.recent.get(&hash) == Some(&row) {
            self.undo.push((hash, self.recent.remove(&hash)));
        }
        let sql = "DELETE FROM key_index WHERE hash = ?1 AND row = ?2";
        connection
            .prepare_cached(sql)?
            .execute(params![hash, row])?;
        Ok(())
    }

    /// At the end of a transaction: the next slice goes into the index, if too much is remembered.
    pub(super) fn put_slice(&mut self, connection: &Connection) -> Result<(), Fault> {
        if self.recent.len() <= self.sizes.remembered {
            return Ok(());
        }
        let most = self.undo.len() + self.sizes.slice;
        let from = self.round.at.map_or(Unbounded, Excluded);
        let slice: Vec<_> = self
            .recent
            .range((from, Unbounded))
            .take(most)
            .map(|(hash, row)| (*hash, *row))
            .collect();
        // What a start has read, and came after the beginning of the round, may be there.
        let mut insert = connection.prepare_cached(
            "INSERT INTO key_index (hash, row) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        )?;
        for (hash, row) in &slice {
            insert.execute(params![hash, row])?;
            self.undo.push((*hash, self.recent.remove(hash)));
        }
        if slice.len() < most {
            self.end_round(connection)
        } else {
            self.go_on(connection, slice.last().map(|(hash, _)| *hash))
        }
    }

    fn go_on(&mut self, connection: &Connection, at: Option<Hash>) -> Result<(), Fault> {
        self.round.at = at;
        let mut keep = connection.prepare_cached("UPDATE keys_indexed SET hash = ?1")?;
        keep.execute([at])?;
        Ok(())
    }

    fn end_round(&mut self, connection: &Connection) -> Result<(), Fault> {
        let before = self.round.began_at;
        self.round = Round {
            began_at: self.next_row,
            at: None,
        };
        let sql = "UPDATE keys_indexed SET before = ?1, began_at = ?2, hash = NULL";
        let mut keep = connection.prepare_cached(sql)?;
        keep.execute([before, self.round.began_at])?;
        Ok(())
    }

    /// How far this transaction has come, to go back there when a step fails.
    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    /// What came after the mark was rolled back.
    pub(super) fn rolled_back(&mut self, mark: usize) {
        for (hash, before) in self.undo.drain(mark..).rev() {
            match before {
                Some(row) => self.recent.insert(hash, row),
                None => self.recent.remove(&hash),
            };
        }
        // A slice is the last of a transaction: if there was one, all of that was rolled back.
        self.round = self.committed;
    }

    pub(super) fn committed(&mut self) {
        self.undo.clear();
        self.committed = self.round;
    }
}

/// With all that is in the index.
fn filter(connection: &Connection, most: i64) -> Result<Option<Filter>, Fault> {
    // Each is looked up at its end of the table; asked for together they would be looked for in all of it.
    let sql = "SELECT coalesce((SELECT max(row) FROM keys) - (SELECT min(row) FROM keys), 0)";
    let keys: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if keys > most {
        return Ok(None);
    }
    let mut filter = Filter::new();
    let mut statement = connection.prepare("SELECT hash FROM key_index")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        filter.add(&row.get(0)?);
    }
    drop(rows);
    // All pages of the index were read for this, and few of them are needed next.
    connection.execute_batch("PRAGMA shrink_memory")?;
    Ok(Some(filter))
}

impl Round {
    /// Whether this row's key is surely in the index.
    fn has_put(&self, hash: Hash, row: i64) -> bool {
        row < self.began_at && self.at.is_some_and(|at| hash <= at)
    }
}
