//! The conversations that were turned over lately, so that their next step need not find, read and parse a row.
//!
//! What a step takes out comes back only when its transaction is committed, so nothing uncommitted is ever found here,
//! and what was rolled back is read from its row again. A row that anything else has changed is forgotten: the database
//! itself tells which rows are changed, whatever statement does it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashlink::LruCache;
use rusqlite::Connection;

use super::{fault::Fault, subject::Stored};
use crate::domain::conversation::ConversationKey;

/// As many are kept. More are open at once only on the busiest days, and then only some of them are written in. Few in debug
/// builds, so that the tests read rows.
const CAPACITY: usize = if cfg!(debug_assertions) { 4 } else { 4096 };
/// As JSON. A longer one is read anew each time, so that all together take some megabytes, and 32 at the worst.
const LONGEST: usize = 8 * 1024;

#[derive(Debug)]
pub(super) struct Cache {
    committed: LruCache<i64, Stored>,
    /// The row of a conversation that is known by its name.
    rows: LruCache<ConversationKey, i64>,
    /// As the steps of this transaction have left them.
    uncommitted: HashMap<i64, Stored>,
    changed: Changed,
}

/// Rows of conversations that were written and not looked at since.
#[derive(Clone, Debug, Default)]
struct Changed(Arc<Mutex<Vec<i64>>>);

impl Cache {
    /// From now on every change of this connection is noticed.
    pub(super) fn of(connection: &mut Connection) -> Result<Self, Fault> {
        let changed = Changed::default();
        let notice = changed.clone();
        connection.update_hook(Some(move |_, _: &str, table: &str, row| {
            if table == "conversations" {
                notice.lock().push(row);
            }
        }))?;
        Ok(Self {
            committed: LruCache::new(CAPACITY),
            rows: LruCache::new(CAPACITY),
            uncommitted: HashMap::new(),
            changed,
        })
    }

    /// Takes the conversation of this name out.
    pub(super) fn take_by_key(&mut self, key: &ConversationKey) -> Option<Stored> {
        let row = *self.rows.get(key)?;
        self.take(row).filter(|stored| stored.state.key == *key)
    }

    /// A step has read the conversation of this row, and may change it.
    pub(super) fn forget(&mut self, row: i64) {
        self.take(row);
    }

    /// Takes the conversation of this row out.
    pub(super) fn take(&mut self, row: i64) -> Option<Stored> {
        self.forget_changed();
        let stored = self.uncommitted.remove(&row);
        stored.or_else(|| self.committed.remove(&row))
    }

    /// As it is kept now; to be found by the next step, and by those of later transactions once this one is committed.
    pub(super) fn put(&mut self, stored: Stored) {
        self.changed.lock().retain(|row| *row != stored.row);
        if stored.length <= LONGEST {
            self.uncommitted.insert(stored.row, stored);
        }
    }

    pub(super) fn committed(&mut self) {
        self.forget_changed();
        for (row, stored) in self.uncommitted.drain() {
            let key = &stored.state.key;
            if self.rows.get(key) != Some(&row) {
                self.rows.insert(key.clone(), row);
            }
            self.committed.insert(row, stored);
        }
    }

    /// It may be one step only that is undone: what the others have left is read from its row, and what they have changed
    /// stays forgotten.
    pub(super) fn rolled_back(&mut self) {
        self.forget_changed();
        self.uncommitted.clear();
    }

    fn forget_changed(&mut self) {
        let mut changed = self.changed.lock();
        for row in changed.drain(..) {
            self.uncommitted.remove(&row);
            self.committed.remove(&row);
        }
    }
}

impl Changed {
    fn lock(&self) -> MutexGuard<'_, Vec<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
