//! Copies the log back into the file, beside the writer.
//!
//! Left to the database it is part of a commit, and whoever waits for that commit waits for thousands of pages and two
//! syncs more. So a thread copies what is there, once more what came meanwhile, and leaves to the writer the little that
//! came during that: only then, with all of it copied, does the log begin anew at its front.

use std::{
    ffi::c_int,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, hooks::Wal};

use super::{
    fault::Fault,
    file::{self, OpenError},
};

/// As long may the log become, in pages of 4 KiB, before it is copied: 64 MiB, which are read within a second after a
/// crash. Within it a page counts once, however many commits have changed it.
const PAGES: c_int = 16 * 1024;
/// A round copies what came during the one before; after two it is little.
const ROUNDS: usize = 2;

/// The writer's side of it.
struct Checkpoints {
    thread: SyncSender<()>,
    is_copied: Arc<AtomicBool>,
    is_copying: bool,
    /// How long the log was after the last commit.
    pages: c_int,
    /// How long it may become before it is copied …
    most: c_int,
    /// … unless a reader keeps it from beginning anew: then it is copied again when it has grown by a quarter.
    most_until: c_int,
}

/// From now on the commits of this connection leave the copying to a thread.
pub(super) fn leave_to_a_thread(
    connection: &mut Connection,
    path: &Path,
) -> Result<JoinHandle<()>, OpenError> {
    leave(connection, path, PAGES)
}

/// Ends the thread. Nobody copies any more.
pub(super) fn end(connection: &mut Connection, copier: JoinHandle<()>) -> rusqlite::Result<()> {
    connection.wal_hook(None::<fn(&mut Wal, c_int) -> rusqlite::Result<()>>)?;
    // It has nothing to say.
    drop(copier.join());
    Ok(())
}

fn leave(
    connection: &mut Connection,
    path: &Path,
    most: c_int,
) -> Result<JoinHandle<()>, OpenError> {
    let beside = file::open_beside(path)?;
    let is_copied = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::sync_channel(1);
    let done = Arc::clone(&is_copied);
    let copier = thread::Builder::new()
        .name("store-copier".to_owned())
        .spawn(move || {
            for () in receiver {
                copy(&beside);
                done.store(true, Ordering::Release);
            }
        })
        .map_err(OpenError::Threads)?;
    let mut checkpoints = Checkpoints {
        thread: sender,
        is_copied,
        is_copying: false,
        pages: 0,
        most,
        most_until: most,
    };
    connection.wal_hook(Some(move |log: &mut Wal, pages| {
        checkpoints.committed(log, pages);
        Ok(())
    }))?;
    Ok(copier)
}

/// At once, by whoever asks, and empties the log. Says whether nothing is left in it.
pub(super) fn copy_all(connection: &Connection) -> bool {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let copied = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    match copied {
        Ok(busy) => busy == 0,
        Err(error) => {
            Fault::from(error).log("the store's log was not copied back");
            false
        }
    }
}

/// What fails has changed nothing that is committed, and is tried again when the log has grown.
fn copy(beside: &Connection) {
    for _ in 0..ROUNDS {
        let copied = beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = copied {
            Fault::from(error).log("the store's log was not copied back");
        }
    }
}

impl Checkpoints {
    /// After each commit, on the writer's thread.
    fn committed(&mut self, log: &mut Wal, pages: c_int) {
        if pages < self.pages {
            self.most_until = self.most;
        }
        self.pages = pages;
        if self.is_copying {
            if self.is_copied.swap(false, Ordering::Acquire) {
                self.is_copying = false;
                self.most_until = pages.saturating_add(self.most / 4);
                // The thread has said what is wrong with the disk; a reader's being there is nothing wrong.
                drop(log.checkpoint());
            }
        } else if pages >= self.most_until {
            self.is_copying = self.thread.try_send(()).is_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const MOST: usize = 64;

    struct Store {
        path: std::path::PathBuf,
        connection: Connection,
        copier: JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    fn store() -> Store {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut connection =
            file::open_to_write(&path, super::super::mutant::Mutant::default()).unwrap();
        connection
            .execute_batch("PRAGMA synchronous = OFF; CREATE TABLE pages (row INTEGER PRIMARY KEY, page BLOB NOT NULL)")
            .unwrap();
        let copier = leave(&mut connection, &path, MOST.try_into().unwrap()).unwrap();
        Store {
            path,
            connection,
            copier,
            _folder: folder,
        }
    }

    impl Store {
        fn write(&self, commits: usize) {
            let sql = "INSERT INTO pages (page) VALUES (zeroblob(4000))";
            for _ in 0..commits {
                self.connection.execute(sql, []).unwrap();
            }
        }

        /// In bytes. It keeps its length when it begins anew.
        fn log(&self) -> u64 {
            let mut name = self.path.clone().into_os_string();
            name.push("-wal");
            std::fs::metadata(name).map_or(0, |log| log.len())
        }

        fn log_grows(&self) -> bool {
            let before = self.log();
            self.write(MOST);
            self.log() > before
        }

        /// Whether it no longer grows once the thread has had its turn, however much is written.
        fn log_begins_anew(&self) -> bool {
            let give_up = Instant::now() + Duration::from_secs(30);
            while self.log_grows() {
                if Instant::now() > give_up {
                    return false;
                }
                thread::sleep(Duration::from_millis(1));
            }
            true
        }
    }

    #[test]
    fn the_log_begins_anew_however_much_is_written() {
        let mut store = store();
        assert!(store.log_begins_anew());
        end(&mut store.connection, store.copier).unwrap();
        let (there, whole): (bool, String) = store
            .connection
            .query_row(
                "SELECT count(*) >= 64, (SELECT integrity_check FROM pragma_integrity_check) FROM pages",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert!(there);
        assert_eq!(whole, "ok");
    }

    #[test]
    fn a_reader_keeps_the_log_and_once_it_is_gone_the_log_begins_anew() {
        let store = store();
        let reader = file::open_to_copy(&store.path).unwrap();
        store.write(1);
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM pages")
            .unwrap();
        assert!((0..200).all(|_| store.log_grows()));
        reader.execute_batch("COMMIT").unwrap();
        assert!(store.log_begins_anew());
    }
}
