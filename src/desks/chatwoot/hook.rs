//! What Chatwoot tells: from the bytes of one call to one domain step.
//!
//! It tells much that is none of the user's business: what we have written ourselves, what agents write to each other, and
//! all that happens to contacts. That is passed over.

use std::time::Duration;

use serde_json::Value;

use super::{HookError, message};
use crate::{
    config,
    desks::Told,
    domain::{
        conversation::Agent,
        dedupe::DedupeKey,
        event::{AgentSaid, DeskEvent, Event, Incoming, LegTarget, Step, Target},
        ids::{DeskName, ExternalId},
        json::{self, number},
    },
};

/// Reads the events of one desk.
#[derive(Clone, Debug)]
pub struct Reader {
    desk: DeskName,
    account_id: u64,
    inbox_id: u64,
}

/// A conversation may be spoken of before the call that opened it has been answered.
const KEEP_UNMATCHED: Duration = Duration::from_mins(1);
/// An agent has closed it.
const RESOLVED: &str = "resolved";
/// What is said to the user, as a word and, in what is nested, as a number: by somebody or a rule, and by the inbox itself.
const OUTGOING: (&str, u64) = ("outgoing", 1);
const TEMPLATE: (&str, u64) = ("template", 3);

/// Of a conversation: who has it.
const ASSIGNEE: &str = "assignee_id";

/// What Chatwoot can be asked to tell, or once told, and that says nothing of what an agent does to the user.
const PASSED_OVER: [&str; 12] = [
    "contact_created",
    "contact_updated",
    "conversation_created",
    "conversation_opened",
    "conversation_resolved",
    "conversation_typing_off",
    "conversation_viewed",
    "inbox_created",
    "inbox_updated",
    "message_incoming",
    "message_updated",
    "webwidget_triggered",
];

/// One call: its body, as text and as what that says.
#[derive(Clone, Copy)]
struct Call<'a> {
    raw: &'a str,
    body: &'a Value,
}

impl Reader {
    pub fn new(desk: &DeskName, configured: &config::Chatwoot) -> Self {
        Self {
            desk: desk.clone(),
            account_id: configured.account_id,
            inbox_id: configured.inbox_id,
        }
    }

    pub fn read(&self, body: &[u8]) -> Result<Told, HookError> {
        let raw = str::from_utf8(body).map_err(HookError::NotText)?;
        let body: Value = json::object(raw)?;
        let call = Call { raw, body: &body };
        let event = body.get("event").and_then(Value::as_str);
        let event = event.ok_or(HookError::Contract { field: "event" })?;
        if PASSED_OVER.contains(&event) {
            return Ok(Told::PassedOver);
        }
        let read = match event {
            "message_created" => Self::message,
            "conversation_status_changed" => Self::status,
            "conversation_updated" => Self::update,
            "conversation_typing_on" => Self::typing,
            _ => return Ok(Told::Unknown),
        };
        if self.is_elsewhere(&body) {
            return Ok(Told::Elsewhere);
        }
        read(self, call)
    }

    /// What is not said is taken to be right: who calls has shown the secret of this inbox.
    fn is_elsewhere(&self, body: &Value) -> bool {
        let account = ["/account/id", "/conversation/account_id", "/account_id"];
        let inbox = ["/inbox/id", "/conversation/inbox_id", "/inbox_id"];
        let differs = |paths: [&str; 3], own: u64| {
            let mut told = paths.iter().filter_map(|path| number(body.pointer(path)?));
            told.any(|id| id != own)
        };
        differs(account, self.account_id) || differs(inbox, self.inbox_id)
    }

    /// What is said to the user, by an agent, an automation rule or the inbox: what we have written comes back as well,
    /// and so do private notes. A bot of Chatwoot's is not heard, since the user has been given to people.
    fn message(&self, call: Call<'_>) -> Result<Told, HookError> {
        let body = call.body;
        let is_template = is_of_type(body, TEMPLATE);
        let is_to_user = is_template || is_of_type(body, OUTGOING);
        let is_public = body.get("private").and_then(Value::as_bool) == Some(false);
        let sender = body.get("sender").filter(|sender| sender.is_object());
        let is_agents = sender.is_some_and(is_user);
        if !is_to_user || !is_public || (sender.is_some() && !is_agents) {
            return Ok(Told::PassedOver);
        }
        let conversation = id_at(body, "/conversation/id", "conversation.id")?;
        let message = id_at(body, "/id", "id")?;
        let agent = sender.map(agent);
        let automatic = is_template || !is_agents;
        let contents = message::contents(body).into_iter().enumerate();
        let events = contents.map(|(index, content)| Incoming {
            event: Event::FromLeg {
                event: DeskEvent::Said(AgentSaid {
                    content,
                    agent: agent.clone(),
                    automatic,
                    keep_if_late: true,
                    tell_if_late: !automatic,
                    // Once a call: it is the same for all of them.
                    raw: (index == 0).then(|| call.raw.to_owned()),
                }),
                leg: None,
            },
            keys: vec![self.key(&["message", message.as_str(), &index.to_string()])],
        });
        let events = events.collect();
        Ok(self.step(conversation, events))
    }

    fn status(&self, call: Call<'_>) -> Result<Told, HookError> {
        let body = call.body;
        if body.get("status").and_then(Value::as_str) != Some(RESOLVED) {
            return Ok(Told::PassedOver);
        }
        let conversation = id_at(body, "/id", "id")?;
        let event = DeskEvent::Closed {
            reason: Some(RESOLVED.to_owned()),
            by: Some(assignee(body).map(agent).unwrap_or_default()),
        };
        let key = self.key(&["resolved", conversation.as_str(), &moment(body)]);
        Ok(self.step(conversation, vec![from_leg(event, Some(key))]))
    }

    /// It comes with every change of the conversation. Where the changes are not listed, who has it already has joined
    /// already.
    fn update(&self, call: Call<'_>) -> Result<Told, HookError> {
        let body = call.body;
        let has_changed = changed(body, ASSIGNEE);
        let at = has_changed.map(|_| moment(body)).unwrap_or_default();
        let (event, who) = match (has_changed, assignee(body)) {
            (Some(Value::Null), None) => {
                let team = body.pointer("/meta/team/name").and_then(Value::as_str);
                let to = team.map(str::to_owned);
                (DeskEvent::Transferred { to }, String::new())
            }
            (None, _) if lists_changes(body) => return Ok(Told::PassedOver),
            (_, Some(assignee)) => {
                let who = id_at(assignee, "/id", "meta.assignee.id")?;
                (DeskEvent::Joined(agent(assignee)), who.into())
            }
            (_, None) => return Ok(Told::PassedOver),
        };
        let conversation = id_at(body, "/id", "id")?;
        let key = self.key(&["assignee", conversation.as_str(), &who, &at]);
        Ok(self.step(conversation, vec![from_leg(event, Some(key))]))
    }

    /// Not what is typed into a private note, nor by the user.
    fn typing(&self, call: Call<'_>) -> Result<Told, HookError> {
        let body = call.body;
        let is_private = body.get("is_private").and_then(Value::as_bool);
        let typist = body.get("user").filter(|user| is_user(user));
        if is_private == Some(true) || typist.is_none() {
            return Ok(Told::PassedOver);
        }
        let conversation = id_at(body, "/conversation/id", "conversation.id")?;
        Ok(self.step(conversation, vec![from_leg(DeskEvent::Typing, None)]))
    }

    fn step(&self, conversation: ExternalId, events: Vec<Incoming>) -> Told {
        Told::Step(Box::new(Step {
            target: Target::Leg(LegTarget {
                desk: self.desk.clone(),
                reference: Some(conversation.into()),
                leg: None,
                keep_unmatched: Some(KEEP_UNMATCHED),
            }),
            profile: None,
            events,
        }))
    }

    fn key(&self, parts: &[&str]) -> DedupeKey {
        DedupeKey::desk_event(&self.desk, parts)
    }
}

fn from_leg(event: DeskEvent, key: Option<DedupeKey>) -> Incoming {
    Incoming {
        event: Event::FromLeg { event, leg: None },
        keys: key.into_iter().collect(),
    }
}

fn is_of_type(message: &Value, (word, number): (&str, u64)) -> bool {
    let kind = message.get("message_type");
    kind.is_some_and(|kind| kind.as_str() == Some(word) || kind.as_u64() == Some(number))
}

fn lists_changes(body: &Value) -> bool {
    body.get("changed_attributes").is_some_and(Value::is_array)
}

/// What an attribute has become, if it has changed. The list has an object for each.
fn changed<'a>(body: &'a Value, attribute: &str) -> Option<&'a Value> {
    let changes = body.get("changed_attributes")?.as_array()?;
    let mut changes = changes.iter().filter_map(|change| change.get(attribute));
    changes.find_map(|change| change.get("current_value"))
}

/// Who has the conversation, if that is not one of Chatwoot's bots.
fn assignee(conversation: &Value) -> Option<&Value> {
    let meta = conversation.get("meta")?;
    let kind = meta.get("assignee_type").and_then(Value::as_str);
    let assignee = meta.get("assignee").filter(|one| one.is_object())?;
    let is_person = assignee.get("type").is_none() || is_user(assignee);
    (is_person && kind != Some("AgentBot")).then_some(assignee)
}

/// A person at the desk: neither the contact nor one of Chatwoot's bots.
fn is_user(somebody: &Value) -> bool {
    somebody.get("type").and_then(Value::as_str) == Some("user")
}

fn agent(user: &Value) -> Agent {
    let named = |name: &str| {
        let text = user.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    Agent {
        name: named("available_name").or_else(|| named("name")),
        avatar_url: None,
    }
}

/// Tells one resolving of a conversation from the next.
fn moment(body: &Value) -> String {
    let told = ["updated_at", "timestamp"].map(|name| body.get(name));
    let told = told.into_iter().flatten().find(|value| !value.is_null());
    told.map(ToString::to_string).unwrap_or_default()
}

fn id_at(value: &Value, path: &str, field: &'static str) -> Result<ExternalId, HookError> {
    let id = value.pointer(path).and_then(json::text);
    let id = id.ok_or(HookError::Contract { field })?;
    ExternalId::new(id).map_err(|source| HookError::Id { field, source })
}

#[cfg(test)]
mod tests;
