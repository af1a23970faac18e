//! What an agent does on the page, and what Aivo Live has besides what every desk has: automatic messages, files, groups and
//! its own reasons.

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Shared,
    event::{Event, IDLE, NoSuchEvent},
    rooms::Room,
};
use crate::{
    clock::new_id,
    emulator::{
        desk::event::Done,
        played::{Played, Refused, Stage},
    },
};

/// As Aivo's document names them, the last by what it describes.
const REASONS: [&str; 3] = ["agent", "queue clean process", "inactivity trigger"];

/// What the page asks for: what every desk has, or what Aivo Live does by itself.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Act {
    Done(Done),
    Idle(Idle),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Idle {
    Idle {},
}

impl Played for Shared {
    type Act = Act;

    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn about(&self) -> Map<String, Value> {
        let groups = self.groups.iter();
        let groups: Vec<_> = groups
            .map(|(id, name)| json!({"id": id, "name": name}))
            .collect();
        let about = [
            ("kind", json!("aivo-live")),
            ("reasons", json!(REASONS)),
            ("groups", json!(groups)),
        ];
        Map::from_iter(about.map(|(name, value)| (name.to_owned(), value)))
    }

    fn act(&self, id: &str, act: Act) -> Result<(), Refused> {
        self.tell_act(id, &act)?;
        match act {
            Act::Done(done) => {
                let (stored, now) = (new_id().to_string(), self.stage.now());
                self.stage.board().did(id, done, &stored, now);
            }
            Act::Idle(_) => {
                let text = format!("Aivo Live wrote by itself: {IDLE}");
                self.stage.note(id, &text);
            }
        }
        Ok(())
    }

    fn telling(&self, event: &Value) -> RequestBuilder {
        self.client.post(self.hook_url.clone()).json(event)
    }
}

impl Shared {
    fn tell_act(&self, id: &str, act: &Act) -> Result<(), Refused> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(id).ok_or(Refused::Unknown)?;
        if room.closed {
            return Err(Refused::Closed);
        }
        let event = match act {
            Act::Done(done) => Event::of(done, room)?,
            Act::Idle(Idle::Idle {}) => Some(Event::idle(room)),
        };
        match act {
            Act::Done(Done::Attended { agent }) => room.agent = Some(agent.name.clone()),
            Act::Done(Done::Transferred { to }) => {
                room.agent = None;
                room.group = to.parse().unwrap_or(room.group);
            }
            Act::Done(Done::Closed { .. }) => room.closed = true,
            Act::Done(Done::Message { .. } | Done::Typing) | Act::Idle(_) => {}
        }
        let is_told = event.is_none_or(|event| self.tell(id, room, &event));
        if is_told { Ok(()) } else { Err(Refused::Busy) }
    }

    /// Queues it. False: too much waits there already.
    pub(super) fn tell(&self, id: &str, room: &mut Room, event: &Event) -> bool {
        room.told += 1;
        let body = event.body(id, self.bot_id, self.stage.now(), room.told);
        room.tell(body)
    }
}

impl From<NoSuchEvent> for Refused {
    fn from(_: NoSuchEvent) -> Self {
        Self::Event("Aivo Live has texts, pictures and files, and groups by their ids")
    }
}
