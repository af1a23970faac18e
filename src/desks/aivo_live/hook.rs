//! What Aivo Live tells: from the bytes of one call to one domain step.
//!
//! Lenient, since nothing is documented of what a refusal would bring about: what does not say whose it is, or what it is, is
//! refused; what else is missing or odd is done without. Timestamps have 19 digits, more than a floating-point number can
//! hold, and are never read as one.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{HookError, hash, message};
use crate::{
    config::{self, AgentName},
    desks::Told,
    domain::{
        conversation::Agent,
        dedupe::DedupeKey,
        event::{AgentSaid, DeskEvent, Event, Incoming, LegTarget, Step, Target},
        ids::{DeskName, ExternalId},
        json::{self, number, text},
    },
};

/// Reads the events of one desk.
#[derive(Clone, Debug)]
pub struct Reader {
    desk: DeskName,
    bot_id: u64,
    files: Option<Url>,
    agent_name: AgentName,
}

/// The queue call may be answered after the first events of its conversation have come.
const KEEP_UNMATCHED: Duration = Duration::from_mins(1);
/// A longer reason is cut: it is kept and shown.
const LONGEST_REASON: usize = 256;
/// An agent has closed it.
const SOLVED: &str = "solved";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    name: Option<Value>,
    room_id: Option<Value>,
    timestamp: Option<Value>,
    bot_id: Option<Value>,
    data: Option<Value>,
}

/// Whose an event is, in Aivo's words.
struct Names<'a> {
    room: Option<ExternalId>,
    hash: Option<&'a str>,
}

impl Reader {
    pub fn new(desk: &DeskName, configured: &config::AivoLive) -> Self {
        Self {
            desk: desk.clone(),
            bot_id: configured.bot_id,
            files: configured
                .files_url
                .as_ref()
                .map(|url| url.as_url().clone()),
            agent_name: configured.agent_name,
        }
    }

    pub fn read(&self, body: &[u8]) -> Result<Told, HookError> {
        let text = str::from_utf8(body).map_err(HookError::NotText)?;
        let envelope: Envelope = json::object(text)?;
        let name = envelope.name.as_ref().and_then(Value::as_str);
        let name = name.ok_or(HookError::Contract { field: "name" })?;
        if !matches!(name, "attended" | "transfer" | "messageToClient" | "close") {
            return Ok(Told::Unknown);
        }
        let bot_id = envelope.bot_id.as_ref().and_then(number);
        if bot_id.is_some_and(|bot_id| bot_id != self.bot_id) {
            return Ok(Told::Elsewhere);
        }
        let none = Value::Null;
        let data = envelope.data.as_ref().unwrap_or(&none);
        let names = Names {
            room: room(envelope.room_id.as_ref())?,
            hash: data.get("hash").and_then(Value::as_str),
        };
        let event = self.event(name, data, text)?;
        let keys = self.key((&names, &envelope), (name, data));
        Ok(Told::Step(Box::new(Step {
            target: self.target(names)?,
            profile: None,
            events: vec![Incoming {
                event: Event::FromLeg { event, leg: None },
                keys: keys.into_iter().collect(),
            }],
        })))
    }

    /// By the room first, then by the hash.
    fn target(&self, names: Names<'_>) -> Result<Target, HookError> {
        let Names { room, hash } = names;
        let leg = hash.and_then(hash::leg);
        if room.is_none() && leg.is_none() {
            return Err(HookError::Contract { field: "roomId" });
        }
        Ok(Target::Leg(LegTarget {
            desk: self.desk.clone(),
            reference: room.map(String::from),
            leg,
            // A hash that was not made here says already that the conversation is not ours.
            keep_unmatched: hash.is_none().then_some(KEEP_UNMATCHED),
        }))
    }

    fn event(&self, name: &str, data: &Value, raw: &str) -> Result<DeskEvent, HookError> {
        let agent = self.agent(data.get("agent"));
        Ok(match name {
            "attended" => DeskEvent::Joined(agent.unwrap_or_default()),
            "messageToClient" => {
                let text = |field: &'static str, name: &str| {
                    let value = data.get(name).and_then(Value::as_str);
                    value.ok_or(HookError::Contract { field })
                };
                let (action, value) =
                    (text("data.action", "action")?, text("data.value", "value")?);
                let source = data.get("source").and_then(Value::as_str);
                DeskEvent::Said(AgentSaid {
                    content: message::content(action, value, self.files.as_ref(), data),
                    agent,
                    automatic: source.is_some_and(|source| source != "agent"),
                    keep_if_late: true,
                    tell_if_late: false,
                    raw: Some(raw.to_owned()),
                })
            }
            "transfer" => {
                let target = data.get("target").and_then(text);
                let told = || data.get("value").and_then(text);
                DeskEvent::Transferred {
                    to: target.or_else(told),
                }
            }
            _ => {
                let reason = data.get("reason").and_then(Value::as_str).map(outcome);
                let by_agent = reason.as_deref() == Some(SOLVED);
                DeskEvent::Closed {
                    by: agent.or_else(|| by_agent.then(Agent::default)),
                    reason,
                }
            }
        })
    }

    /// An empty `agent` is nobody.
    fn agent(&self, agent: Option<&Value>) -> Option<Agent> {
        let agent = agent?;
        let named = |name: &str| {
            let text = agent.get(name)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (first, second) = match self.agent_name {
            AgentName::Nickname => ("nickname", "name"),
            AgentName::Name => ("name", "nickname"),
        };
        let name = named(first).or_else(|| named(second))?;
        Some(Agent {
            name: Some(name),
            avatar_url: None,
        })
    }

    /// Aivo gives its events no id. Without a time nothing tells an event that was repeated from one that happened twice.
    fn key(
        &self,
        (names, envelope): (&Names<'_>, &Envelope),
        (name, data): (&str, &Value),
    ) -> Option<DedupeKey> {
        let at = envelope.timestamp.as_ref().and_then(text)?;
        let whose = names.room.as_ref().map(ExternalId::as_str);
        let whose = whose.or(names.hash).unwrap_or_default();
        let content = data.to_string();
        Some(DedupeKey::desk_event(
            &self.desk,
            &[name, whose, &at, &content],
        ))
    }
}

/// Why it ended, in the words that resume steps are told. What Aivo says beyond the known reasons is passed on as it is.
fn outcome(reason: &str) -> String {
    let reason = reason.trim();
    let plain = reason.to_lowercase();
    if plain == "agent" {
        SOLVED.to_owned()
    } else if plain == "queue clean process" {
        "queue_expired".to_owned()
    } else if plain.contains("inactiv") {
        "inactive".to_owned()
    } else if reason.is_empty() {
        "closed".to_owned()
    } else {
        reason.chars().take(LONGEST_REASON).collect()
    }
}

fn room(value: Option<&Value>) -> Result<Option<ExternalId>, HookError> {
    const FIELD: &str = "roomId";
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let id = text(value).ok_or(HookError::Contract { field: FIELD })?;
    let id = ExternalId::new(id).map_err(|source| HookError::Id {
        field: FIELD,
        source,
    })?;
    Ok(Some(id))
}

#[cfg(test)]
mod tests;
