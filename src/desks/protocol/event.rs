//! What a desk tells, from its bytes to one domain event: by the desk API, or by a hook whose vendor's words somebody has
//! put into these.
//!
//! Strict, since the contract is our own: a desk is told at once what is wrong, rather than the agent later that a
//! message did not arrive. Unknown fields are ignored.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{
    conversation::Agent,
    event::{AgentSaid, DeskEvent},
    fallback::{is_blank, is_web},
    json::{self, NotAnObject},
    message::{Button, Card, Content, QuickReply},
};

/// # Errors
/// It is no event of the protocol. Nothing of it is quoted.
pub fn parse(body: &[u8]) -> Result<DeskEvent, EventError> {
    let body = str::from_utf8(body).map_err(EventError::NotText)?;
    let sent = json::object(body).map_err(|fault| match fault {
        NotAnObject::Syntax(fault) => EventError::NotJson(fault),
        NotAnObject::Shape => EventError::Contract { field: "the body" },
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
        sent.ok_or(EventError::Contract { field: "the event" })?,
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
    #[error("{field} is missing or is not what it must be")]
    Contract { field: &'static str },
    #[error("type is none of attended, message, typing, transferred, closed")]
    UnknownType,
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
        Some(_) => Err(EventError::UnknownType),
        None => Err(EventError::Contract { field: "type" }),
    }
}

/// Somebody who answers, as the protocol writes one.
pub fn agent(value: Option<&Value>) -> Result<Agent, EventError> {
    let Some(value) = value else {
        return Ok(Agent::default());
    };
    let fields = value
        .as_object()
        .ok_or(EventError::Contract { field: "agent" })?;
    let avatar_url = text("agent.avatar_url", fields.get("avatar_url"))?;
    check("agent.avatar_url", avatar_url.iter().all(|url| is_web(url)))?;
    Ok(Agent {
        name: text("agent.name", fields.get("name"))?.filter(|name| says_something(name)),
        avatar_url,
    })
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

fn text(field: &'static str, value: Option<&Value>) -> Result<Option<String>, EventError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(EventError::Contract { field }),
    }
}

/// Every type is taken that the protocol knows; whether the bot platform can show it turns out when it is delivered.
fn content(value: Option<Value>) -> Result<Content, EventError> {
    let value = value.ok_or(EventError::Contract { field: "content" })?;
    let not_content = |_| EventError::Contract { field: "content" };
    let content = Content::deserialize(&value).map_err(not_content)?;
    let understood = serde_json::to_value(&content).map_err(not_content)?;
    check("content", is_as_sent(&understood, &value))?;
    match &content {
        Content::Text {
            text,
            quick_replies,
        } => {
            check("content.text", is_filled(text))?;
            check("content.quick_replies", quick_replies.iter().all(is_reply))?;
        }
        Content::Buttons { text, buttons } => {
            check("content.text", is_filled(text))?;
            check(
                "content.buttons",
                !buttons.is_empty() && buttons.iter().all(is_button),
            )?;
        }
        Content::Cards { cards } => check(
            "content.cards",
            !cards.is_empty() && cards.iter().all(is_card),
        )?,
        Content::List { items, button } => {
            check(
                "content.items",
                !items.is_empty() && items.iter().all(is_card),
            )?;
            check("content.button", button.iter().all(is_button))?;
        }
        Content::Media { url, .. } => check("content.url", is_web(url))?,
        Content::Location {
            latitude,
            longitude,
            ..
        } => {
            check("content.latitude", (-90.0..=90.0).contains(latitude))?;
            check("content.longitude", (-180.0..=180.0).contains(longitude))?;
        }
        Content::Postback { title, .. } => check("content.title", is_filled(title))?,
        Content::Intro {} | Content::Unknown { .. } => {}
    }
    Ok(content)
}

/// Whether what was understood stands in what was sent. serde also takes an array of a struct's values, a number for a
/// type's name, and an object for a kind's; the contract knows none of these.
fn is_as_sent(understood: &Value, sent: &Value) -> bool {
    match (understood, sent) {
        (Value::Object(understood), Value::Object(sent)) => understood
            .iter()
            .all(|(name, value)| sent.get(name).is_some_and(|sent| is_as_sent(value, sent))),
        (Value::Array(understood), Value::Array(sent)) => {
            understood.len() == sent.len()
                && understood
                    .iter()
                    .zip(sent)
                    .all(|(understood, sent)| is_as_sent(understood, sent))
        }
        (Value::Number(understood), Value::Number(sent)) => understood.as_f64() == sent.as_f64(),
        _ => understood == sent,
    }
}

fn is_reply(reply: &QuickReply) -> bool {
    is_filled(&reply.title) && reply.image_url.iter().all(|url| is_web(url))
}

fn is_button(button: &Button) -> bool {
    match button {
        Button::Postback { title, .. } => is_filled(title),
        Button::Url { title, url } => is_filled(title) && is_web(url),
        Button::Phone {
            title,
            phone_number,
        } => is_filled(title) && is_filled(phone_number),
    }
}

fn is_card(card: &Card) -> bool {
    let links = card.image_url.iter().chain(&card.url);
    is_filled(&card.title)
        && links.into_iter().all(|url| is_web(url))
        && card.buttons.iter().all(is_button)
}

/// The published document says this, and `is_web`, as a pattern each: `http::openapi::message`.
fn is_filled(text: &str) -> bool {
    !text.chars().all(is_blank)
}

fn check(field: &'static str, holds: bool) -> Result<(), EventError> {
    if holds {
        Ok(())
    } else {
        Err(EventError::Contract { field })
    }
}

#[cfg(test)]
mod tests;
