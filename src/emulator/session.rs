//! One conversation: who speaks, what was said, and the webhooks that tell the bridge.
//!
//! Invariants: every webhook goes into one queue in the order in which it came about; timestamps within a
//! conversation grow; the bot says nothing while it asks for an agent or is paused. Held under the emulator's lock.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

use super::{
    bot_message::BotMessage,
    courier::Load,
    dialog::{self, Act, Turn},
    platform::{Answer, Dialect},
    user::{ButtonTap, ChatUser, Said},
};
use crate::domain::time::{Clock, Timestamp};

/// Room that one turn may need in the queue: what the user said, an act of theirs, the bot's answers, a request.
const TURN: usize = 8;

/// A sample place for the word "location".
const HARBOUR: (f64, f64) = (53.343_99, -6.267_19);

/// Who answers the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BotState {
    Speaking,
    /// A request for an agent is on its way, its answer is not known yet.
    Asking,
    Paused,
}

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    User,
    Bot,
    /// Whoever speaks through the actions API.
    Agent,
}

/// One line of the conversation, as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// `message` has Chatlayer's form, whichever platform is played: of a bot message for bot and agent, of a user
    /// message for the user.
    Said {
        by: Speaker,
        at: Timestamp,
        message: Value,
    },
    /// The bot changed hands.
    Bot {
        state: BotState,
        at: Timestamp,
        note: &'static str,
    },
    Wire(Call),
}

/// A call between the emulator and the bridge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    pub at: Timestamp,
    pub way: Direction,
    /// What it was about; never its address, which holds the hook key.
    pub what: String,
    /// Nothing: there was no answer, or none was given.
    pub status: Option<u16>,
    pub millis: u64,
    pub body: String,
    pub fault: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    ToBridge,
    FromBridge,
}

/// A call that is owed to the bridge.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub kind: WebhookKind,
    pub what: String,
    pub body: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WebhookKind {
    Messages,
    /// For an agent.
    Request,
}

/// What a conversation is made of.
pub(super) struct Parts {
    pub dialect: Box<dyn Dialect>,
    pub ordinal: u64,
    pub person: ChatUser,
    pub media: String,
    pub clock: Arc<dyn Clock>,
    pub queue: mpsc::Sender<Webhook>,
}

pub(super) struct Session {
    parts: Parts,
    bot: BotState,
    data: Map<String, Value>,
    lines: Vec<Line>,
    transcript: Vec<Value>,
    last: Timestamp,
    seen: watch::Sender<usize>,
}

impl Webhook {
    /// That it was owed, and not made.
    pub(super) fn call(&self, at: Timestamp) -> Call {
        Call {
            at,
            way: Direction::ToBridge,
            what: self.what.clone(),
            status: None,
            millis: 0,
            body: self.body.to_string(),
            fault: None,
        }
    }
}

impl Load for Webhook {
    fn body(&mut self) -> &mut Value {
        &mut self.body
    }

    fn asks(&self) -> bool {
        self.kind == WebhookKind::Request
    }
}

impl Session {
    /// Opens the chat: the user's intro and the bot's welcome.
    pub(super) fn open(parts: Parts) -> Self {
        let mut session = Self {
            parts,
            bot: BotState::Speaking,
            data: Map::new(),
            lines: Vec::new(),
            transcript: Vec::new(),
            last: Timestamp::default(),
            seen: watch::Sender::new(0),
        };
        session.user(&Said::Intro);
        session
    }

    pub(super) fn ordinal(&self) -> u64 {
        self.parts.ordinal
    }

    pub(super) fn bot(&self) -> BotState {
        self.bot
    }

    pub(super) fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// What user and bot have said, as a request tells it.
    pub(super) fn transcript(&self) -> &[Value] {
        &self.transcript
    }

    /// The session data are gone; what was said stays.
    pub(super) fn forget(&mut self) {
        self.data.clear();
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The number of lines, told anew whenever it grows.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.seen.subscribe()
    }

    /// Whether one more turn fits into the queue.
    pub(super) fn has_room(&self) -> bool {
        self.parts.queue.capacity() >= TURN
    }

    /// The user does something, and the bot answers if it may.
    pub(super) fn user(&mut self, said: &Said) {
        let at = self.now();
        let Parts {
            dialect, person, ..
        } = &mut self.parts;
        let item = dialect.user(said, person, at);
        if *said != Said::Intro {
            self.transcript.extend(dialect.user_copy(said, at));
            self.line(Line::Said {
                by: Speaker::User,
                at,
                message: said.shown(),
            });
        }
        let what = format!("messages (user: {})", said.message_type());
        self.report(&what, item.into_iter().collect(), at);
        if let Said::Postback { payload, .. } = said {
            self.store_parameters(&ButtonTap::read(payload).parameters);
        }
        if self.bot == BotState::Speaking {
            self.turn(dialog::reply(said, &self.parts.media));
        }
    }

    /// An agent speaks through the API. With `echo` the bridge hears of it again.
    pub(super) fn agent(&mut self, messages: &[BotMessage], echo: bool) {
        let mut items = Vec::new();
        for message in messages {
            let at = self.now();
            if echo {
                let dialect = &self.parts.dialect;
                items.push(dialect.bot(message, at));
                self.transcript.extend(dialect.bot_copy(message, at));
            }
            self.line(Line::Said {
                by: Speaker::Agent,
                at,
                message: message.to_wire(),
            });
        }
        self.report("messages (echo of the agent)", items, self.last);
    }

    /// The bridge has answered the request for an agent, or has not (`None`).
    pub(super) fn answered(&mut self, answer: Option<Answer>) {
        if self.bot != BotState::Asking {
            return;
        }
        let (state, note) = match answer {
            Some(Answer::Paused) => (BotState::Paused, "The bot is paused"),
            Some(Answer::NotPaused) => (BotState::Speaking, "Taken, but the bot was not paused"),
            Some(Answer::ToBePaused) => (
                BotState::Speaking,
                "Taken; the bot waits to be told to listen",
            ),
            Some(Answer::Nobody) => (BotState::Speaking, "Nobody took the conversation"),
            None => (BotState::Speaking, "The bridge gave no answer"),
        };
        self.set_bot(state, note);
        if matches!(answer, Some(Answer::Nobody) | None) {
            self.turn(dialog::closed());
        }
    }

    pub(super) fn pause(&mut self) {
        if self.bot != BotState::Paused {
            self.set_bot(BotState::Paused, "The bot is paused");
        }
    }

    /// Gives the user back to the bot. Told twice, the bot greets once.
    pub(super) fn resume(&mut self, dialog: Option<&str>) {
        let was_silent = self.bot != BotState::Speaking;
        if was_silent {
            self.set_bot(BotState::Speaking, "The bot has the conversation back");
        }
        match dialog {
            Some(dialog) => {
                let turn = dialog::named(dialog, &self.parts.media);
                let turn = turn.unwrap_or_else(|| dialog::welcome_back(&self.data));
                self.turn(turn);
            }
            None if was_silent => self.turn(dialog::welcome_back(&self.data)),
            None => {}
        }
    }

    /// The bot goes on at a dialog that it has, if it speaks.
    pub(super) fn go_to(&mut self, dialog: &str) {
        if self.bot == BotState::Speaking
            && let Some(turn) = dialog::named(dialog, &self.parts.media)
        {
            self.turn(turn);
        }
    }

    pub(super) fn store(&mut self, data: Map<String, Value>) {
        self.data.extend(data);
    }

    pub(super) fn wire(&mut self, call: Call) {
        self.line(Line::Wire(call));
    }

    fn turn(&mut self, turn: Turn) {
        let mut items = Vec::new();
        for message in &turn.says {
            let at = self.now();
            let dialect = &self.parts.dialect;
            items.push(dialect.bot(message, at));
            self.transcript.extend(dialect.bot_copy(message, at));
            self.line(Line::Said {
                by: Speaker::Bot,
                at,
                message: message.to_wire(),
            });
        }
        let what = format!("messages (bot: {})", items.len());
        self.report(&what, items, self.last);
        match turn.act {
            Some(Act::Ask { department }) => self.ask(&department),
            Some(Act::Upload) => self.user(&Said::Upload {
                url: format!("{}/workshop.png", self.parts.media),
            }),
            Some(Act::Locate) => self.user(&Said::Location {
                latitude: HARBOUR.0,
                longitude: HARBOUR.1,
            }),
            None => {}
        }
    }

    fn ask(&mut self, department: &str) {
        self.set_bot(BotState::Asking, "The bot asks the bridge for a person");
        let at = self.now();
        let Parts {
            dialect, person, ..
        } = &self.parts;
        let payload = json!({"department": department, "language": person.language});
        let webhook = Webhook {
            kind: WebhookKind::Request,
            what: dialect.request_name(self.transcript.len()),
            body: dialect.request(&payload, person, &self.transcript, at),
        };
        self.send(webhook);
    }

    fn report(&mut self, what: &str, items: Vec<Value>, at: Timestamp) {
        for body in self.parts.dialect.events(items, at) {
            self.send(Webhook {
                kind: WebhookKind::Messages,
                what: what.to_owned(),
                body,
            });
        }
    }

    fn send(&mut self, webhook: Webhook) {
        if let Err(full) = self.parts.queue.try_send(webhook) {
            let webhook = full.into_inner();
            self.wire(Call {
                fault: Some("not sent: too many are waiting"),
                ..webhook.call(self.last)
            });
            if webhook.asks() {
                self.answered(None);
            }
        }
    }

    fn set_bot(&mut self, state: BotState, note: &'static str) {
        self.bot = state;
        let at = self.now();
        self.line(Line::Bot { state, at, note });
    }

    fn store_parameters(&mut self, parameters: &[Value]) {
        for parameter in parameters {
            if let (Some(Value::String(key)), Some(value)) =
                (parameter.get("key"), parameter.get("value"))
            {
                self.data.insert(key.clone(), value.clone());
            }
        }
    }

    fn line(&mut self, line: Line) {
        self.lines.push(line);
        self.seen.send_replace(self.lines.len());
    }

    /// The time, but always later than the time before.
    fn now(&mut self) -> Timestamp {
        let next = Timestamp::from_millis(self.last.as_millis() + 1);
        self.last = self.parts.clock.now().max(next);
        self.last
    }
}
