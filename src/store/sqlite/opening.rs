//! Opens the file, fills the memory from its rows, and starts the threads.

use std::{path::PathBuf, sync::Arc};

use uuid::Uuid;

use super::{
    SqliteStore,
    at_hand::Room,
    backup,
    cache::Cache,
    checkpoints,
    file::{self, OpenError},
    key_index::KeyIndex,
    keys, load,
    memory::Memory,
    mutant::Mutant,
    place::Place,
    readers::{READERS, Readers},
    watch::Files,
    work::Settings,
    writer::{Ground, Writer},
};
use crate::{
    domain::{effect::WarningKind, policy::Policy, time::Clock},
    store::{
        Migrated, TranscriptLimits,
        tally::{Meter, Tally},
    },
    telemetry::Instruments,
};

#[derive(Clone, Debug)]
pub struct Options {
    pub path: PathBuf,
    /// Brings the schema up to date; else an older one is refused.
    pub migrate: bool,
    pub policy: Arc<Policy>,
    pub clock: Arc<dyn Clock>,
    pub new_id: fn() -> Uuid,
    pub transcript_limits: TranscriptLimits,
    pub instruments: Instruments,
}

impl SqliteStore {
    /// What opening it has made of its tables.
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }
}

impl Options {
    /// Opens the file, made with its directory if there is none. Blocks: it is called once, at start.
    ///
    /// # Errors
    /// Another process has the file, or this version cannot work with it.
    pub fn open(self) -> Result<SqliteStore, OpenError> {
        let mutant = Mutant::from_environment();
        let place = Place::take(&self.path)?;
        let mut connection = file::open_to_write(place.path(), mutant)?;
        let migrated = file::migrate(&mut connection, self.migrate, self.clock.now())?;
        if migrated.found == 0 {
            tracing::info!(store.path = %self.path.display(), "a new store was made");
        }
        let meter = Meter::new(self.instruments.metrics, &self.policy);
        if let Some(taken_at) = backup::started_from(&mut connection, self.clock.now())? {
            meter.count(&Tally::Warned(WarningKind::Restored));
            tracing::warn!(
                backup.taken_at = %taken_at,
                "the store is a backup: what happened since is not in it, and what was delivered since goes out again under its old id"
            );
        }
        let settings = Settings {
            policy: Arc::clone(&self.policy),
            clock: Arc::clone(&self.clock),
            new_id: self.new_id,
            mutant,
        };
        let memory = Arc::new(Memory::new(Arc::clone(&self.clock)));
        load::fill(&connection, &settings, &memory)?;
        let hasher = keys::hasher(&connection)?;
        let reading = (0..READERS)
            .map(|_| file::open_to_read(place.path()))
            .collect::<Result<_, _>>()?;
        let copier = checkpoints::leave_to_a_thread(&mut connection, place.path())?;
        let readers = Readers::start(reading).map_err(OpenError::Threads)?;
        let files = Files::of(&place, &self.path).map_err(|source| OpenError::Watch {
            path: self.path,
            source,
        })?;
        let path = place.path().to_owned();
        let ground = Ground {
            cache: Cache::of(&mut connection)?,
            room: Room::default(),
            key_index: KeyIndex::load(&connection)?,
            connection,
            copier,
            settings,
            memory: Arc::clone(&memory),
            meter,
            place,
        };
        let writer = Writer::start(ground, files).map_err(OpenError::Threads)?;
        let transcript_limits = Arc::new(self.transcript_limits);
        Ok(SqliteStore {
            writer,
            readers,
            memory,
            hasher,
            clock: self.clock,
            new_id: self.new_id,
            policy: self.policy,
            transcript_limits,
            path,
            migrated,
            #[cfg(feature = "mutants")]
            mutant,
        })
    }
}
