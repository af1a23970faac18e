//! What the desk's own calls mean: expressions over the body make events of the desk protocol and say whose they are.

mod steps;

use std::collections::{BTreeMap, HashMap};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use self::steps::steps;
use super::{HookError, SettingsError, TellError};
use crate::{
    config::{self, Written},
    desks::protocol::{answer, event},
    domain::{event::DeskEvent, ids::HandoverId},
    outbound::{
        request::{Compiler, Part, keep},
        template::{Context, Expression},
    },
};

/// The expressions, compiled.
#[derive(Clone, Debug)]
pub struct Hook {
    pub(super) at: Written,
    pub(super) examples: Vec<String>,
    list: Option<Expression>,
    handover: Option<Expression>,
    reference: Option<Expression>,
    event: Expression,
    key: Option<Expression>,
}

/// What one call has told.
#[derive(Debug, Default)]
pub struct Heard {
    pub told: Vec<Told>,
    /// How many of its events mean nothing here.
    pub passed_over: usize,
    /// Those of which the expressions make nothing, though they do not say that there is nothing in them.
    pub not_understood: Vec<TellError>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub about: About,
    pub event: DeskEvent,
    /// The parts by which the desk's event is known again: what names it, and which of its call it is that has this name.
    pub key: Option<[String; 2]>,
}

/// Whose event it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Handover(HandoverId),
    /// The desk's own id of the conversation.
    Reference(String),
}

/// How often each name has been met in one call.
#[derive(Debug, Default)]
struct Names(HashMap<String, usize>);

const BODY: &str = "body";
const ITEM: &str = "item";
const HEADERS: &str = "headers";
/// More in one call are not a vendor's.
const MOST_EVENTS: usize = 256;
/// A longer name is known by its hash: it may be a whole body, and each event of a list has a copy.
const LONGEST_NAME: usize = 256;
/// They may open something, and no expression needs them.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

impl Hook {
    /// Expressions with faults are left out.
    pub(super) fn compile(
        configured: &config::TemplateHook,
        faults: &mut Vec<SettingsError>,
    ) -> Option<Self> {
        let config::TemplateHook {
            at,
            list,
            handover,
            reference,
            event,
            key,
            examples,
        } = configured;
        let mut expression = |name: &str, source: &str, names: &[&'static str]| {
            let name = name.to_owned();
            let part = Part::Value { of: "hook", name };
            let compiled = Compiler { names }.expression(part, source);
            keep(faults, compiled.map_err(|source| source.at(at)))
        };
        let each = [BODY, ITEM, HEADERS];
        let event = expression("event", event, &each);
        let mut optional = |name: &str, source: &Option<String>, names: &[&'static str]| {
            let source = source.as_ref();
            source.and_then(|source| expression(name, source, names))
        };
        Some(Self {
            at: at.clone(),
            examples: examples.clone(),
            list: optional("list", list, &[BODY, HEADERS]),
            handover: optional("handover", handover, &each),
            reference: optional("reference", reference, &each),
            key: optional("key", key, &each),
            event: event?,
        })
    }

    /// Reads one call. What is no JSON is refused whole; an event that means nothing keeps no other from being heard.
    pub fn hear<'h>(
        &self,
        headers: impl Iterator<Item = (&'h str, &'h str)>,
        body: &[u8],
    ) -> Result<Heard, HookError> {
        let open = headers.filter(|(name, _)| !SECRET_HEADERS.contains(name));
        self.hear_with(open.collect::<BTreeMap<_, _>>(), body)
    }

    pub(super) fn hear_with(
        &self,
        headers: impl Serialize,
        body: &[u8],
    ) -> Result<Heard, HookError> {
        let text = str::from_utf8(body).map_err(HookError::NotText)?;
        let body: Value = serde_json::from_str(text).map_err(HookError::NotJson)?;
        let context = Context::default().with(BODY, &body).with(HEADERS, headers);
        let mut heard = Heard::default();
        let items = match self.items(&context, body) {
            Ok(items) => items,
            Err(error) => {
                heard.not_understood.push(error);
                return Ok(heard);
            }
        };
        if items.len() > MOST_EVENTS {
            return Err(HookError::TooMany { most: MOST_EVENTS });
        }
        let single = self.list.is_none();
        let mut names = Names::default();
        for item in items {
            let raw = if single {
                text.to_owned()
            } else {
                item.to_string()
            };
            let context = context.clone().with(ITEM, item);
            match self.tell(&context, &mut names, &raw) {
                Ok(Some(told)) => heard.told.push(told),
                Ok(None) => heard.passed_over += 1,
                Err(error) => heard.not_understood.push(error),
            }
        }
        Ok(heard)
    }

    fn items(&self, context: &Context, body: Value) -> Result<Vec<Value>, TellError> {
        let Some(list) = &self.list else {
            return Ok(vec![body]);
        };
        match evaluate("list", list, context)? {
            Value::Array(items) => Ok(items),
            Value::Null => Ok(Vec::new()),
            _ => Err(TellError::NoList),
        }
    }

    fn tell(
        &self,
        context: &Context,
        names: &mut Names,
        raw: &str,
    ) -> Result<Option<Told>, TellError> {
        // An event that means nothing counts too, or the others would be new when the expressions are mended.
        let key = self.name(context).map(|name| names.number(name));
        let written = evaluate("event", &self.event, context)?;
        if written.is_null() {
            return Ok(None);
        }
        let event = understood(written, raw)?;
        let about = self.about(context)?;
        Ok(Some(Told {
            about,
            event,
            key: key?,
        }))
    }

    fn name(&self, context: &Context) -> Result<Option<String>, TellError> {
        match &self.key {
            Some(key) => Ok(named(evaluate("key", key, context)?)),
            None => Ok(None),
        }
    }

    fn about(&self, context: &Context) -> Result<About, TellError> {
        if let Some(handover) = &self.handover
            && let Value::String(id) = evaluate("handover", handover, context)?
            && let Ok(id) = id.parse()
        {
            return Ok(About::Handover(id));
        }
        let Some(reference) = &self.reference else {
            return Err(TellError::Nameless);
        };
        let reference = evaluate("reference", reference, context)?;
        answer::reference(&reference)
            .map(About::Reference)
            .ok_or(TellError::Nameless)
    }
}

impl Names {
    /// Counts equals, since a name may be the call's. The place in the call is no part of the key: a desk may send an event
    /// again among others.
    fn number(&mut self, name: Option<String>) -> Option<[String; 2]> {
        let name = name?;
        let seen = self.0.entry(name.clone()).or_default();
        let number = *seen;
        *seen += 1;
        Some([name, number.to_string()])
    }
}

/// A text or number is a name as it is, anything else by its JSON. Nothing, and a text of nothing, name no event.
fn named(value: Value) -> Option<String> {
    let name = match value {
        Value::Null => return None,
        Value::String(name) => name,
        other => other.to_string(),
    };
    match name.len() {
        0 => None,
        1..=LONGEST_NAME => Some(name),
        _ => Some(BASE64_STANDARD.encode(Sha256::digest(name))),
    }
}

/// An event of the protocol. A message may also say who wrote it, and that it was the desk by itself: the desk API has no
/// need of the one, and no desk there that does the other.
fn understood(written: Value, raw: &str) -> Result<DeskEvent, TellError> {
    let agent = written.get("agent").cloned();
    let automatic = written.get("automatic") == Some(&Value::Bool(true));
    let mut event = event::from_value(written, raw)?;
    if let DeskEvent::Said(said) = &mut event {
        said.agent = agent
            .as_ref()
            .filter(|agent| !agent.is_null())
            .map(|agent| event::agent(Some(agent)))
            .transpose()?;
        said.automatic = automatic;
        // The desk is answered 200 whatever becomes of it.
        said.keep_if_late = true;
    }
    Ok(event)
}

fn evaluate(
    part: &'static str,
    expression: &Expression,
    context: &Context,
) -> Result<Value, TellError> {
    let value = expression.evaluate(context);
    value.map_err(|source| TellError::Expression { part, source })
}

#[cfg(test)]
mod tests;
