//! The conversations as Aivo knows them: by room, each with its user's effective hash and the queue of its events.

use std::collections::HashMap;

use fastrand::Rng;
use tokio::sync::mpsc;
use uuid::Builder;

use super::event::Event;

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
    queue: mpsc::Sender<Event>,
}

pub(super) struct Rooms {
    by_id: HashMap<String, Room>,
    opened: u64,
    rng: Rng,
}

/// Events that may wait in one room, for a bridge that is slow or away.
const QUEUE: usize = 512;

impl Rooms {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            by_id: HashMap::new(),
            opened: 0,
            rng: Rng::with_seed(seed),
        }
    }

    /// A room of its own for each call, also of the same user: Aivo documents no way to recognise a repeat. Gives its id,
    /// its number, and the events that are to be told of it.
    pub(super) fn open(
        &mut self,
        hash: String,
        group: u64,
    ) -> (String, u64, mpsc::Receiver<Event>) {
        let id = Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid();
        let id = id.to_string();
        let (queue, events) = mpsc::channel(QUEUE);
        self.opened += 1;
        let room = Room {
            ordinal: self.opened,
            hash,
            custom_token: format!("{:032x}", self.rng.u128(..)),
            group,
            agent: None,
            closed: false,
            queue,
        };
        self.by_id.insert(id.clone(), room);
        (id, self.opened, events)
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

    pub(super) fn tell(&self, id: &str, event: Event) -> bool {
        let room = self.by_id.get(id);
        room.is_some_and(|room| room.queue.try_send(event).is_ok())
    }
}
