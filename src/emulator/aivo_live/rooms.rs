//! The conversations as Aivo knows them: by room, each with its user's effective hash and the queue of its events.

use std::collections::HashMap;

use fastrand::Rng;
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Builder;

/// One conversation.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) ordinal: u64,
    /// As it is told in events, the token included.
    pub(super) hash: String,
    pub(super) custom_token: String,
    pub(super) group: u64,
    /// The agent who has it.
    pub(super) agent: Option<String>,
    pub(super) closed: bool,
    /// How many events were told of it.
    pub(super) told: u64,
    queue: mpsc::Sender<Value>,
}

/// A conversation before it has its queue.
pub(super) struct NewRoom {
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) group: u64,
}

pub(super) struct Rooms {
    by_id: HashMap<String, Room>,
    opened: u64,
    rng: Rng,
}

impl Rooms {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            by_id: HashMap::new(),
            opened: 0,
            rng: Rng::with_seed(seed),
        }
    }

    /// A room of its own for each call, also of the same user: Aivo documents no way to recognise a repeat.
    pub(super) fn new_id(&mut self) -> String {
        let id = Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid();
        id.to_string()
    }

    pub(super) fn open(&mut self, new: NewRoom, queue: mpsc::Sender<Value>) -> &Room {
        self.opened += 1;
        let room = Room {
            ordinal: self.opened,
            hash: new.hash,
            custom_token: format!("{:032x}", self.rng.u128(..)),
            group: new.group,
            agent: None,
            closed: false,
            told: 0,
            queue,
        };
        self.by_id.entry(new.id).insert_entry(room).into_mut()
    }

    /// The number that the next room would have, for faults that strike before there is one.
    pub(super) fn next_ordinal(&self) -> u64 {
        self.opened + 1
    }

    pub(super) fn get(&self, id: &str) -> Option<&Room> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Room> {
        self.by_id.get_mut(id)
    }
}

impl Room {
    pub(super) fn tell(&self, event: Value) -> bool {
        self.queue.try_send(event).is_ok()
    }
}
