//! What a desk tells, from its bytes to one domain event: by the desk API, or by a hook whose vendor's words somebody has
//! put into these.
//!
//! Strict, since the contract is our own: a desk is told at once what is wrong, rather than the agent later that a
//! message did not arrive. Unknown fields are ignored.

use serde::Deserialize;
use serde_json::Value;

use super::rules::{AGENT, Broken, CONTENT, Fault};
use crate::domain::{
    conversation::Agent,
    event::{AgentSaid, DeskEvent},
    json::{self, NotAnObject},
    message::Content,
};

/// # Errors
/// It is no event of the protocol. Nothing of it is quoted.
pub fn parse(body: &[u8]) -> Result<DeskEvent, EventError> {
    let body = str::from_utf8(body).map_err(EventError::NotText)?;
    let sent = json::object(body).map_err(|fault| match fault {
        NotAnObject::Syntax(fault) => EventError::NotJson(fault),
        NotAnObject::Shape | NotAnObject::Field { .. } => broken("the body", Fault::NoObject),
    })?;
    read(sent, body)
}

/// The same from JSON that somebody has made of a vendor's own words, `raw`.
///
/// # Errors
/// As [`parse`].
pub fn from_value(event: Value, raw: &str) -> Result<DeskEvent, EventError> {
    // serde would fill the fields of an array by their order.
    let sent = event.is_object().then(|| Sent::deserialize(event).ok());
    let sent = sent.flatten();
    read(
        sent.ok_or_else(|| broken("the event", Fault::NoObject))?,
        raw,
    )
}

/// An event that cannot be taken. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error(transparent)]
    Contract(#[from] Broken),
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "type")]
    kind: Option<Value>,
    agent: Option<Value>,
    content: Option<Value>,
    to: Option<Value>,
    reason: Option<Value>,
}

const TYPES: &str = "attended, message, typing, transferred, closed";

fn read(sent: Sent, raw: &str) -> Result<DeskEvent, EventError> {
    match sent.kind.as_ref().and_then(Value::as_str) {
        Some("attended") => Ok(DeskEvent::Joined(agent(sent.agent.as_ref())?)),
        Some("message") => Ok(DeskEvent::Said(AgentSaid {
            content: content(sent.content)?,
            agent: None,
            automatic: false,
            keep_if_late: false,
            tell_if_late: false,
            raw: Some(raw.to_owned()),
        })),
        Some("typing") => Ok(DeskEvent::Typing),
        Some("transferred") => Ok(DeskEvent::Transferred {
            to: text("to", sent.to.as_ref())?,
        }),
        Some("closed") => Ok(DeskEvent::Closed {
            reason: text("reason", sent.reason.as_ref())?.filter(|reason| says_something(reason)),
            by: None,
        }),
        _ if sent.kind.is_none() => Err(broken("type", Fault::Missing)),
        _ => Err(broken("type", Fault::NoneOf(TYPES.to_owned()))),
    }
}

/// Somebody who answers, as the protocol writes one.
pub fn agent(value: Option<&Value>) -> Result<Agent, EventError> {
    let Some(value) = value else {
        return Ok(Agent::default());
    };
    AGENT.holds(value).map_err(|broken| broken.of("agent"))?;
    Ok(Agent {
        name: text("agent.name", value.get("name"))?.filter(|name| says_something(name)),
        avatar_url: text("agent.avatar_url", value.get("avatar_url"))?,
    })
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

fn text(field: &'static str, value: Option<&Value>) -> Result<Option<String>, EventError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(broken(field, Fault::NoText)),
    }
}

/// Every type is taken that the protocol knows; whether the bot platform can show it turns out when it is delivered.
fn content(value: Option<Value>) -> Result<Content, EventError> {
    const FIELD: &str = "content";
    let value = value.ok_or_else(|| broken(FIELD, Fault::Missing))?;
    // serde says less of what is wrong, and takes more: an array of the fields' values, a number for a type's name.
    CONTENT.holds(&value).map_err(|broken| broken.of(FIELD))?;
    Content::deserialize(value).map_err(|_| broken(FIELD, Fault::Other))
}

fn broken(field: &str, fault: Fault) -> EventError {
    EventError::Contract(Broken::from(fault).of(field))
}

#[cfg(test)]
mod tests;
