//! A call that the operator has written down, compiled: for what a vendor does not document, and for desks made by
//! configuration alone.
//!
//! Everything is compiled when the bridge starts, and every name that a template speaks of has to be known then. What
//! only shows when a template is filled in shows in a dry run.

use std::{collections::HashSet, fmt};

use reqwest::Method;
use serde_json::{Map, Value};

use super::{
    Answer, BaseUrl, Call, Endpoint, Outbound,
    template::{Context, Expression, Template, TemplateError},
};
use crate::{
    config::{self, Fault, Written},
    domain::delivery::{Done, Failure},
};

#[derive(Clone, Debug)]
pub struct RequestTemplate {
    at: Written,
    method: Method,
    url: Template,
    headers: Vec<(String, Template)>,
    body: Option<Expression>,
    take: Vec<(String, Expression)>,
}

/// Compiles what may speak of these names alone.
#[derive(Clone, Copy, Debug)]
pub struct Compiler<'a> {
    pub names: &'a [&'static str],
}

/// A template that cannot be used, with where it stands.
#[derive(Debug, thiserror::Error)]
#[error("{at}")]
pub struct Unusable {
    pub at: Written,
    pub source: Box<CompileError>,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("the {part} cannot be compiled")]
    Template { part: Part, source: TemplateError },
    #[error("the {part} speaks of {name}, which is not known there")]
    UnknownName { part: Part, name: String },
}

/// A template that compiles and cannot be filled in.
#[derive(Debug, thiserror::Error)]
#[error("{at} cannot be filled in")]
pub struct DryRunError {
    pub at: Written,
    pub source: TemplateError,
}

/// Which of the templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Url,
    Header(String),
    Body,
    Take(String),
    /// One of a vendor's own named values.
    Value {
        of: &'static str,
        name: String,
    },
}

/// The answer, as `take` may speak of it: its JSON, or none.
const ANSWER: &str = "answer";

/// What is right, if it is; what is wrong goes to the others, so that all of it is told at once.
pub fn keep<T, E, F: From<E>>(faults: &mut Vec<F>, compiled: Result<T, E>) -> Option<T> {
    compiled.map_err(|fault| faults.push(fault.into())).ok()
}

impl Compiler<'_> {
    pub fn request(self, configured: &config::Request) -> Result<RequestTemplate, Unusable> {
        let compiled = self.parts(configured);
        compiled.map_err(|source| source.at(&configured.at))
    }

    pub fn text(self, source: &str) -> Result<Template, CompileError> {
        self.template(Part::Text, Template::text(source))
    }

    pub fn expression(self, part: Part, source: &str) -> Result<Expression, CompileError> {
        match Expression::json(source) {
            Ok(expression) => self.known(part, &expression.names()).map(|()| expression),
            Err(source) => Err(CompileError::Template { part, source }),
        }
    }

    fn parts(self, configured: &config::Request) -> Result<RequestTemplate, CompileError> {
        let config::Request {
            at,
            method,
            url,
            headers,
            body,
            take,
        } = configured;
        let headers = headers
            .iter()
            .map(|(name, source)| Ok((name.clone(), self.header(name, source)?)));
        let take = take
            .iter()
            .map(|(name, source)| Ok((name.clone(), self.taken(name, source)?)));
        Ok(RequestTemplate {
            at: at.clone(),
            method: match method {
                config::Method::Get => Method::GET,
                config::Method::Post => Method::POST,
                config::Method::Put => Method::PUT,
                config::Method::Patch => Method::PATCH,
                config::Method::Delete => Method::DELETE,
            },
            url: self.template(Part::Url, Template::url(url))?,
            headers: headers.collect::<Result<_, CompileError>>()?,
            body: body
                .as_ref()
                .map(|source| self.expression(Part::Body, source))
                .transpose()?,
            take: take.collect::<Result<_, CompileError>>()?,
        })
    }

    fn header(self, name: &str, source: &str) -> Result<Template, CompileError> {
        self.template(Part::Header(name.to_owned()), Template::text(source))
    }

    fn taken(self, name: &str, source: &str) -> Result<Expression, CompileError> {
        let part = Part::Take(name.to_owned());
        match Expression::json(source) {
            Ok(expression) => {
                let mut names = expression.names();
                names.remove(ANSWER);
                self.known(part, &names).map(|()| expression)
            }
            Err(source) => Err(CompileError::Template { part, source }),
        }
    }

    fn template(
        self,
        part: Part,
        compiled: Result<Template, TemplateError>,
    ) -> Result<Template, CompileError> {
        match compiled {
            Ok(template) => self.known(part, &template.names()).map(|()| template),
            Err(source) => Err(CompileError::Template { part, source }),
        }
    }

    fn known(self, part: Part, names: &HashSet<String>) -> Result<(), CompileError> {
        let unknown = names
            .iter()
            .filter(|name| !self.names.contains(&name.as_str()));
        match unknown.min() {
            None => Ok(()),
            Some(name) => Err(CompileError::UnknownName {
                part,
                name: name.clone(),
            }),
        }
    }
}

impl RequestTemplate {
    /// Where it is written.
    pub fn at(&self) -> &Written {
        &self.at
    }

    /// The call, filled in. `present` may add what the vendor wants with every call; what the operator has written goes
    /// over it.
    pub fn call(
        &self,
        context: &Context,
        present: impl FnOnce(Call) -> Call,
    ) -> Result<Call, TemplateError> {
        let endpoint: Endpoint = self.url.endpoint(context)?;
        let mut call = present(Call::new(self.method.clone(), endpoint));
        for (name, value) in &self.headers {
            call = call.header(name, &value.render(context)?);
        }
        match &self.body {
            Some(body) => Ok(call.json(&body.evaluate(context)?)),
            None if self.method == Method::GET => Ok(call),
            None => Ok(call.json_bytes("{}".into())),
        }
    }

    /// What the answer says, where it says nothing but what is to be taken from it.
    pub fn done(&self, answer: &Answer, context: &Context) -> Done {
        Done {
            taken: self.taken(answer, context).into(),
            ..Done::default()
        }
    }

    /// What later calls may use of the answer. The call has been made and must not be made again, so what cannot be read
    /// is left out, and said.
    pub fn taken(&self, answer: &Answer, context: &Context) -> Map<String, Value> {
        if self.take.is_empty() {
            return Map::new();
        }
        let json: Value = answer.optional_json().ok().flatten().unwrap_or_default();
        let context = context.clone().with(ANSWER, json);
        let values = self.take.iter().filter_map(|(name, value)| {
            let value = value.evaluate(&context);
            if let Err(error) = &value {
                tracing::warn!(take = name, %error, "an answer does not hold what is to be taken from it");
            }
            Some((name.clone(), value.ok()?))
        });
        values.collect()
    }

    /// Fills everything in that is filled in before the call, and sees that it could be sent.
    pub fn dry_run(&self, context: &Context) -> Result<(), TemplateError> {
        let call = self.call(context, |call| call)?;
        call.sendable().map_err(TemplateError::Unsendable)
    }
}

impl Outbound {
    /// Makes a call that an operator has written down, once; `told` says what an answer means. Such a call need not lead to
    /// the destination that it is made for: what any other host answers says nothing of that.
    pub async fn perform(
        &self,
        call: Call,
        destination: &BaseUrl,
        told: impl FnOnce(&Answer) -> Result<Done, Failure>,
    ) -> Result<Done, Failure> {
        let own = call.is_at(destination);
        let performed = match self.send(call).await {
            Ok(answer) => told(&answer).map(|done| Done {
                quiet_for: answer.quiet_for,
                ..done
            }),
            Err(error) => Err(error.into()),
        };
        match performed {
            Ok(done) => Ok(done.from_host(own)),
            Err(failure) => Err(failure.from_host(own)),
        }
    }
}

impl CompileError {
    /// It is of the template that stands there.
    pub fn at(self, at: &Written) -> Unusable {
        Unusable {
            at: at.clone(),
            source: Box::new(self),
        }
    }
}

impl From<Unusable> for Fault {
    fn from(unusable: Unusable) -> Self {
        Self::unusable(unusable.at, *unusable.source)
    }
}

impl From<DryRunError> for Fault {
    fn from(error: DryRunError) -> Self {
        Self::not_filled_in(error.at, error.source)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Url => f.write_str("url"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Body => f.write_str("body"),
            Self::Take(name) => write!(f, "take {name}"),
            Self::Value { of, name } => write!(f, "{of} {name}"),
        }
    }
}
