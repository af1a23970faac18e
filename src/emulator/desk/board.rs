//! Everything that the desk knows: the handovers, newest knowledge last. Pure but for the wake-up of waiting pages.
//!
//! Invariants: a call of the bridge that is told twice counts once, by its id; a message stands once, by its `seq`.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::event::{About, Done, Found, FromBridge, Opened};
use crate::domain::time::Timestamp;

/// Calls whose ids are remembered: more than a bridge sends again within its retries.
const REMEMBERED: usize = 4096;

/// Where a handover stands, as seen from the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Attended,
    Closed,
}

#[derive(Debug, Default)]
pub(in crate::emulator) struct Board {
    handovers: HashMap<String, Handover>,
    calls: HashSet<String>,
    order: VecDeque<String>,
    seen: watch::Sender<usize>,
    away: bool,
}

/// A handover as the page shows it.
#[derive(Clone, Debug, Serialize)]
pub(in crate::emulator) struct Handover {
    pub about: About,
    pub state: State,
    pub opened_at: Timestamp,
    /// Why it ended, where that is known.
    pub ended: Option<String>,
    pub messages: Vec<Value>,
    /// Messages of ours that failed before the answer to them had come, and why.
    #[serde(skip)]
    failed_early: Vec<(String, String)>,
    #[serde(skip)]
    version: usize,
}

/// More answers than these cannot be on their way at once.
const FAILED_EARLY: usize = 16;

impl Board {
    pub(in crate::emulator) fn watch(&self) -> watch::Receiver<usize> {
        self.seen.subscribe()
    }

    /// Why a new handover is refused, if it is.
    pub(in crate::emulator) fn refusal(&self) -> Option<&'static str> {
        self.away.then_some("nobody is at the desk")
    }

    pub(in crate::emulator) fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    pub(in crate::emulator) fn has(&self, id: &str) -> bool {
        self.handovers.contains_key(id)
    }

    /// The handover that changed first after `version`.
    pub(in crate::emulator) fn next(&self, version: usize) -> Option<(usize, Handover)> {
        let newer = self
            .handovers
            .values()
            .filter(|handover| handover.version > version);
        let first = newer.min_by_key(|handover| handover.version)?;
        Some((first.version, first.clone()))
    }

    /// Every handover, the one that changed last at the end.
    pub(in crate::emulator) fn all(&self) -> Vec<Handover> {
        let mut all: Vec<_> = self.handovers.values().cloned().collect();
        all.sort_unstable_by_key(|handover| handover.version);
        all
    }

    pub(in crate::emulator) fn is_repeat(&self, call: &str) -> bool {
        self.calls.contains(call)
    }

    /// Applies what the bridge says in the call of that id. The handover is known, or opened by it.
    pub(in crate::emulator) fn hear(&mut self, call: &str, event: FromBridge, now: Timestamp) {
        self.remember(call);
        match event {
            FromBridge::Opened(opened) => self.open(opened, now),
            FromBridge::MessageCreated {
                handover_id,
                message,
            } => {
                self.change(&handover_id, |handover| handover.add(message));
            }
            FromBridge::MessageFailed {
                handover_id,
                message_id,
                reason,
            } => self.change(&handover_id, |handover| handover.fail(&message_id, &reason)),
            FromBridge::Closed {
                handover_id,
                reason,
            } => {
                self.change(&handover_id, |handover| handover.end(reason));
            }
            FromBridge::Ping {} | FromBridge::Unknown {} => {}
        }
    }

    /// Puts a handover on the board that the desk has forgotten.
    pub(in crate::emulator) fn recover(&mut self, found: Found) {
        let state = match found.state.as_str() {
            "attended" => State::Attended,
            "closing" | "closed" => State::Closed,
            _ => State::Waiting,
        };
        let first = found.transcript.first();
        let opened_at = first.and_then(|message| message.get("at")?.as_str()?.parse().ok());
        self.put(Handover {
            about: found.handover,
            state,
            opened_at: opened_at.unwrap_or_default(),
            ended: None,
            messages: found.transcript,
            failed_early: Vec::new(),
            version: 0,
        });
    }

    /// Takes down what an agent did once the bridge has stored it under `stored`.
    pub(in crate::emulator) fn did(&mut self, id: &str, done: Done, stored: &str, now: Timestamp) {
        self.change(id, |handover| match done {
            Done::Attended { agent } => {
                handover.state = State::Attended;
                handover
                    .messages
                    .push(note(&format!("{} joined", agent.name), now));
            }
            Done::Message { content } => {
                handover.state = State::Attended;
                let message =
                    json!({"id": stored, "actor": "agent", "at": now, "content": content});
                handover.messages.push(message);
                let early = std::mem::take(&mut handover.failed_early);
                for (message, reason) in early {
                    handover.fail(&message, &reason);
                }
            }
            Done::Transferred { to } => {
                handover.state = State::Waiting;
                handover
                    .messages
                    .push(note(&format!("Transferred to {to}"), now));
            }
            Done::Closed { reason } => handover.end(reason),
            Done::Typing => {}
        });
    }

    /// Puts a line of the desk's own between the messages.
    pub(in crate::emulator) fn note(&mut self, id: &str, text: &str, now: Timestamp) {
        self.change(id, |handover| handover.messages.push(note(text, now)));
    }

    /// A handover that comes back after it was closed here (a fallback, a transfer) begins anew.
    fn open(&mut self, opened: Opened, now: Timestamp) {
        let known = self.handovers.get(&opened.handover.id);
        if known.is_some_and(|handover| handover.state != State::Closed) {
            return;
        }
        self.put(Handover {
            about: opened.handover,
            state: State::Waiting,
            opened_at: now,
            ended: None,
            messages: opened.transcript,
            failed_early: Vec::new(),
            version: 0,
        });
    }

    fn put(&mut self, handover: Handover) {
        let id = handover.about.id.clone();
        self.handovers.insert(id.clone(), handover);
        self.change(&id, |_| ());
    }

    fn change(&mut self, id: &str, what: impl FnOnce(&mut Handover)) {
        let version = *self.seen.borrow() + 1;
        if let Some(handover) = self.handovers.get_mut(id) {
            what(handover);
            handover.version = version;
            self.seen.send_replace(version);
        }
    }

    fn remember(&mut self, call: &str) {
        if self.calls.insert(call.to_owned()) {
            self.order.push_back(call.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.calls.remove(&oldest);
        }
    }
}

impl Handover {
    fn add(&mut self, message: Value) {
        let known = |field: &str| {
            let new = message.get(field).filter(|value| !value.is_null());
            new.is_some() && self.messages.iter().any(|old| old.get(field) == new)
        };
        if !known("id") && !known("seq") {
            self.messages.push(message);
        }
    }

    fn fail(&mut self, message: &str, reason: &str) {
        let failed = self
            .messages
            .iter_mut()
            .find(|old| old.get("id").and_then(Value::as_str) == Some(message));
        match failed {
            Some(Value::Object(failed)) => {
                failed.insert("failed".to_owned(), json!(reason));
            }
            _ if self.failed_early.len() < FAILED_EARLY => {
                self.failed_early
                    .push((message.to_owned(), reason.to_owned()));
            }
            _ => {}
        }
    }

    /// The first reason stays: the bridge's own word on a close that this desk asked for adds nothing.
    fn end(&mut self, reason: String) {
        self.state = State::Closed;
        self.ended.get_or_insert(reason);
    }
}

/// A line of the desk's own between the messages.
fn note(text: &str, at: Timestamp) -> Value {
    json!({"actor": "note", "at": at, "content": {"type": "text", "text": text}})
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn board() -> Board {
        let mut board = Board::default();
        let opened = json!({"type": "handover.opened", "data": {"handover": {"id": "h", "bot": "demo"}, "transcript": []}});
        board.hear("c1", serde_json::from_value(opened).unwrap(), NOW);
        board
    }

    fn said(seq: u32) -> FromBridge {
        let event = json!({"type": "message.created", "data": {"handover_id": "h", "message": {"id": format!("m{seq}"), "seq": seq}}});
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn what_is_told_twice_stands_once() {
        let mut board = board();
        board.hear("c2", said(1), NOW);
        board.hear("c2-again-under-another-id", said(1), NOW);
        board.hear("c3", said(2), NOW);
        assert_eq!(board.next(0).unwrap().1.messages.len(), 2);
        assert!(board.is_repeat("c2") && !board.is_repeat("c4"));
    }

    #[test]
    fn a_closed_handover_can_come_back() {
        let mut board = board();
        let again = || {
            let data = json!({"handover": {"id": "h"}, "transcript": [{"id": "m1", "seq": 1}]});
            serde_json::from_value(json!({"type": "handover.opened", "data": data})).unwrap()
        };
        board.hear("c2", again(), NOW);
        assert!(board.next(0).unwrap().1.messages.is_empty(), "open already");
        board.did(
            "h",
            Done::Closed {
                reason: "solved".to_owned(),
            },
            "",
            NOW,
        );
        board.hear("c3", again(), NOW);
        let (_, handover) = board.next(0).unwrap();
        assert_eq!(
            (handover.state, handover.messages.len()),
            (State::Waiting, 1)
        );
    }

    #[test]
    fn a_message_that_failed_before_its_answer_came_says_why_too() {
        let mut board = board();
        let failed = FromBridge::MessageFailed {
            handover_id: "h".to_owned(),
            message_id: "m9".to_owned(),
            reason: "kind_not_shown".to_owned(),
        };
        board.hear("c2", failed, NOW);
        let intro = Done::Message {
            content: json!({"type": "intro"}),
        };
        board.did("h", intro, "m9", NOW);
        let (_, handover) = board.next(0).unwrap();
        assert_eq!(handover.messages[0]["failed"], "kind_not_shown");
    }

    #[test]
    fn a_message_that_failed_says_why_and_the_first_end_counts() {
        let mut board = board();
        let hello = Done::Message {
            content: json!({"type": "text", "text": "hello"}),
        };
        board.did("h", hello, "m9", NOW);
        let failed = FromBridge::MessageFailed {
            handover_id: "h".to_owned(),
            message_id: "m9".to_owned(),
            reason: "too long".to_owned(),
        };
        board.hear("c2", failed, NOW);
        board.did(
            "h",
            Done::Closed {
                reason: "solved".to_owned(),
            },
            "",
            NOW,
        );
        let closed = FromBridge::Closed {
            handover_id: "h".to_owned(),
            reason: "desk".to_owned(),
        };
        board.hear("c3", closed, NOW);
        let (_, handover) = board.next(0).unwrap();
        assert_eq!(handover.messages[0]["failed"], "too long");
        assert_eq!(handover.ended.as_deref(), Some("solved"));
        assert_eq!(handover.state, State::Closed);
    }
}
