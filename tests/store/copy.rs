//! A store that is moved from a file into a database: it goes on where it was, and nothing of it is left behind.

mod cut;
mod refused;
mod same;
mod schema;
mod undone;

use std::{
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use handover_bridge::{
    domain::{policy::Policy, time::Timestamp},
    store::{
        ConsoleStore,
        copy::{Copied, Copy, CopyError},
    },
};

use crate::{
    postgres::Database,
    sqlite::Files,
    world::{Harness, ManualClock, START},
};

/// Opened first it is a file. Before it is opened again it is moved, and is a database from then on.
#[derive(Clone)]
pub struct Moved {
    files: Files,
    database: Arc<Database>,
    opened: Arc<AtomicUsize>,
}

impl Moved {
    pub fn new() -> Self {
        Self {
            files: Files::new(),
            database: Arc::new(Database::new()),
            opened: Arc::default(),
        }
    }
}

#[async_trait]
impl Harness for Moved {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore> {
        match self.opened.fetch_add(1, Ordering::SeqCst) {
            0 => return self.files.open(policy, clock).await,
            1 => {
                let copied = copy((&self.files.path(), &self.database), clock.now()).await;
                copied.unwrap();
            }
            _ => {}
        }
        self.database.open(policy, clock).await
    }

    fn change(&self, sql: &str) {
        self.database.change(sql);
    }
}

/// Both ends of a move, and the file holds something.
pub struct Move {
    files: Files,
    database: Database,
}

impl Move {
    fn file(&self) -> PathBuf {
        self.files.path()
    }

    async fn copy(&self) -> Result<Vec<Copied>, CopyError> {
        let start = Timestamp::from_millis(START);
        copy((&self.file(), &self.database), start).await
    }
}

async fn copy((from, to): (&Path, &Database), now: Timestamp) -> Result<Vec<Copied>, CopyError> {
    let copy = Copy {
        from: from.to_owned(),
        to: to.url().into(),
        password: None,
    };
    copy.run(now).await
}

/// Whoever comes, and the database. What the database says goes to them by itself, for as long as they can be told.
fn joined(listener: &UnixListener, database: &Path) -> (UnixStream, UnixStream) {
    let (client, _) = listener.accept().unwrap();
    let server = UnixStream::connect(database).unwrap();
    let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut back, &mut to_client));
    (client, server)
}
