//! Whether the store is still what its path leads to.
//!
//! A file that is removed, or has another one moved over it, can be written as long as it is open, and is gone with the
//! process: whatever is acknowledged meanwhile is lost. SQLite finds nothing wrong with that. So a thread looks each
//! second, in nobody's way, and has the writer end the store.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        mpsc::{self, RecvTimeoutError, SyncSender},
    },
    thread,
    time::Duration,
};

use rusqlite::Connection;

use super::{checkpoints, place::Place};

/// What is acknowledged in between may be lost.
const EVERY: Duration = Duration::from_secs(1);

/// What is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Database,
    /// What is in it and not yet in the database.
    Log,
}

/// The files of a store, known by more than their names.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// As the store was asked for: where a restart would look.
    path: PathBuf,
    database: Identity,
    log_path: PathBuf,
    log: Identity,
}

/// The device, and the number of the file on it.
type Identity = (u64, u64);

/// A thread that looks; it ends when this does.
#[derive(Debug)]
pub(super) struct Watch {
    files: Files,
    seen: Arc<OnceLock<Gone>>,
    _thread: SyncSender<()>,
}

impl Files {
    /// Of a store that is open: the log stays as long as a connection does.
    pub(super) fn of(place: &Place, path: &Path) -> io::Result<Self> {
        let mut log_path = place.path().as_os_str().to_owned();
        log_path.push("-wal");
        let log_path = PathBuf::from(log_path);
        Ok(Self {
            path: path.to_owned(),
            database: identity(&place.metadata()?),
            log: identity(&fs::metadata(&log_path)?),
            log_path,
        })
    }

    fn gone(&self) -> Option<Gone> {
        if is_another(&self.path, self.database) {
            Some(Gone::Database)
        } else if is_another(&self.log_path, self.log) {
            Some(Gone::Log)
        } else {
            None
        }
    }
}

impl Watch {
    /// `wake` is called once, when something is gone.
    pub(super) fn start(files: Files, wake: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (thread, over) = mpsc::sync_channel::<()>(0);
        let seen = Arc::new(OnceLock::new());
        let (watched, tell) = (files.clone(), Arc::clone(&seen));
        thread::Builder::new()
            .name("store-watch".to_owned())
            .spawn(move || {
                while over.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    if let Some(gone) = watched.gone() {
                        let _ = tell.set(gone);
                        return wake();
                    }
                }
            })?;
        Ok(Self {
            files,
            seen,
            _thread: thread,
        })
    }

    /// What the thread has seen. Costs nothing.
    pub(super) fn seen(&self) -> Option<Gone> {
        self.seen.get().copied()
    }

    /// What there is to be seen now.
    pub(super) fn look(&self) -> Option<Gone> {
        self.seen().or_else(|| self.files.gone())
    }

    /// Says what is to be done, after what can be done here: whoever has the files open can still bring all of the log into the
    /// database, and then it is missing nowhere and harms no other file that comes to stand beside it.
    pub(super) fn leave(&self, gone: Gone, connection: &Connection) {
        let path = self.files.path.display();
        let is_whole = checkpoints::copy_all(connection);
        if gone == Gone::Database {
            tracing::error!(
                store.path = %path,
                "the store's file was removed or exchanged, so the bridge ends; put it back before the next start, or a backup after removing -wal and -shm beside it"
            );
        } else if is_whole {
            tracing::error!(
                store.path = %path,
                "the store's log was removed or exchanged, so the bridge ends; all of it is in the file: remove any -wal and -shm beside that, and start"
            );
        } else {
            tracing::error!(
                store.path = %path,
                "the store's log was removed or exchanged, so the bridge ends; it could not be copied back, so the file lacks the newest: put the log or a backup back"
            );
        }
    }
}

fn identity(metadata: &fs::Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// Where nothing can be said of a path, as on a disk that hangs or a folder that was closed to this user, it is not.
fn is_another(path: &Path, known: Identity) -> bool {
    match fs::metadata(path) {
        Ok(metadata) => identity(&metadata) != known,
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ),
    }
}
