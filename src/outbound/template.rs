//! Texts, addresses and bodies that the operator writes as templates, for calls that a vendor does not document.
//!
//! All are compiled at start, so that `check` finds their faults. A name that has no value is an error, never an empty
//! text, and fuel bounds every evaluation.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value,
    value::{Object, ObjectRepr, Serde, ValueKind},
};

use serde::{Serialize, Serializer};

use super::{
    error::Unsendable,
    url::{BaseUrl, Endpoint, SegmentError, UrlError, encode_segment},
};

/// A template of one text or one address.
#[derive(Clone)]
pub struct Template(Arc<Environment<'static>>);

/// An expression whose value becomes JSON.
#[derive(Clone)]
pub struct Expression {
    environment: Arc<Environment<'static>>,
    source: Arc<str>,
}

/// What templates may speak of: values by name, and the configured addresses of one group, `{{ bot.api_url }}`.
#[derive(Clone, Default)]
pub struct Context {
    values: BTreeMap<String, Value>,
    addresses: BTreeMap<String, BTreeMap<String, Value>>,
}

/// A template that cannot be compiled or evaluated. What went wrong in an evaluation is told by kind and line only, since
/// the details could quote what a user wrote.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("not a template")]
    Syntax(#[source] Error),
    #[error("{kind} in line {line} of the template")]
    Evaluation { kind: ErrorKind, line: usize },
    #[error("a value of the address cannot stand there")]
    Segment(#[from] SegmentError),
    #[error("the template makes no address")]
    Url(#[from] UrlError),
    #[error("the value cannot be written as json")]
    Json(#[source] serde_json::Error),
    #[error("what it makes cannot be sent")]
    Unsendable(#[source] Unsendable),
    #[error("what it makes does not fit")]
    Misfit(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Steps that an evaluation may take; a long list of cards takes a few hundred.
const FUEL: u64 = 50_000;
const NAME: &str = "template";

impl Template {
    /// A template whose values are inserted as they are.
    pub fn text(source: &str) -> Result<Self, TemplateError> {
        let mut environment = environment();
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                Ok(())
            } else {
                minijinja::escape_formatter(out, state, value)
            }
        });
        Self::compile(environment, source)
    }

    /// A template of an address. Every value is encoded as one segment, except the configured addresses of the context.
    pub fn url(source: &str) -> Result<Self, TemplateError> {
        let mut environment = environment();
        environment.set_formatter(|out, _: &mut State, value| {
            if let Some(address) = value.downcast_object_ref::<Address>() {
                return Ok(write!(out, "{address}")?);
            }
            let encoded = value_as_segment(value)?;
            Ok(out.write_str(&encoded)?)
        });
        Self::compile(environment, source)
    }

    pub fn render(&self, context: &Context) -> Result<String, TemplateError> {
        let template = self.0.get_template(NAME).map_err(TemplateError::Syntax)?;
        template
            .render(context.to_value())
            .map_err(|error| evaluation(&error))
    }

    pub fn endpoint(&self, context: &Context) -> Result<Endpoint, TemplateError> {
        Ok(Endpoint::from_rendered(&self.render(context)?)?)
    }

    /// The names that the template takes from its context.
    pub fn names(&self) -> HashSet<String> {
        self.0
            .get_template(NAME)
            .map(|template| template.undeclared_variables(false))
            .unwrap_or_default()
    }

    fn compile(mut environment: Environment<'static>, source: &str) -> Result<Self, TemplateError> {
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(TemplateError::Syntax)?;
        Ok(Self(Arc::new(environment)))
    }
}

impl Expression {
    pub fn json(source: &str) -> Result<Self, TemplateError> {
        let this = Self {
            environment: Arc::new(environment()),
            source: source.into(),
        };
        this.environment
            .compile_expression(&this.source)
            .map_err(TemplateError::Syntax)?;
        Ok(this)
    }

    /// The names that the expression takes from its context.
    pub fn names(&self) -> HashSet<String> {
        let compiled = self.environment.compile_expression(&self.source);
        compiled
            .map(|expression| expression.undeclared_variables(false))
            .unwrap_or_default()
    }

    /// The value under the context. A compiled expression borrows its environment and cannot be kept beside it, so the
    /// source is compiled again; that takes microseconds, and a call follows.
    pub fn evaluate(&self, context: &Context) -> Result<serde_json::Value, TemplateError> {
        let expression = self
            .environment
            .compile_expression(&self.source)
            .map_err(TemplateError::Syntax)?;
        let value = expression
            .eval(context.to_value())
            .map_err(|error| evaluation(&error))?;
        if holds_undefined(&value) {
            return Err(TemplateError::Evaluation {
                kind: ErrorKind::UndefinedError,
                line: 1,
            });
        }
        serde_json::to_value(&value).map_err(TemplateError::Json)
    }
}

impl Context {
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.values
            .insert(name.to_owned(), Value::from(Serde(value)));
        self
    }

    /// Sets a configured address, the only kind of value that is not encoded in a URL. A slash at its end is left out, so
    /// that `{{ bot.api_url }}/path` reads as it looks.
    #[must_use]
    pub fn with_url(mut self, group: &str, field: &str, url: &BaseUrl) -> Self {
        let address = Address(url.expose().trim_end_matches('/').into());
        let group = self.addresses.entry(group.to_owned()).or_default();
        group.insert(field.to_owned(), Value::from_object(address));
        self
    }

    fn to_value(&self) -> Value {
        let mut names = self.values.clone();
        for (group, addresses) in &self.addresses {
            names.insert(group.clone(), Value::from_object(addresses.clone()));
        }
        Value::from_object(names)
    }
}

/// Stands in a dry run for what only an operator knows: it has every field, and reads as an example.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

impl Serialize for Anything {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_object(*self).serialize(serializer)
    }
}

impl Object for Anything {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from_dyn_object(Arc::clone(self)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("example")
    }
}

/// Marks a configured address by its type: unlike a string marked safe, no filter can make one.
#[derive(Debug)]
struct Address(Box<str>);

impl Object for Address {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

fn value_as_segment(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = if value.is_none() {
        String::new()
    } else {
        value.to_string()
    };
    encode_segment(&text)
        .map_err(|fault| Error::from(ErrorKind::InvalidOperation).with_source(fault))
}

/// The engine lets an undefined name pass into a list or map, where it would become null without a word.
fn holds_undefined(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined => true,
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .is_ok_and(|mut items| items.any(|item| holds_undefined(&item))),
        ValueKind::Map => value.try_iter().is_ok_and(|mut names| {
            names.any(|name| {
                value
                    .get_item(&name)
                    .is_ok_and(|item| holds_undefined(&item))
            })
        }),
        _ => false,
    }
}

fn evaluation(error: &Error) -> TemplateError {
    let mut source = std::error::Error::source(error);
    while let Some(fault) = source {
        if let Some(segment) = fault.downcast_ref::<SegmentError>() {
            return TemplateError::Segment(*segment);
        }
        source = fault.source();
    }
    TemplateError::Evaluation {
        kind: error.kind(),
        line: error.line().unwrap_or(1),
    }
}

impl fmt::Debug for Context {
    /// Without the values: they are what users wrote, and secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.values.keys().chain(self.addresses.keys());
        f.debug_set().entries(names).finish()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template")
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expression")
    }
}

#[cfg(test)]
mod tests;
