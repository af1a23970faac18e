//! One request of the desk, and what is taken out of its answer.

use serde_json::{Map, Value};

use super::SettingsError;
use crate::{
    config::{self, Written},
    desks::protocol::answer::Offered,
    domain::{delivery::Done, taken::Taken},
    outbound::{
        Answer, Call,
        request::{Compiler, Part, RequestTemplate},
        template::{Context, TemplateError},
    },
};

#[derive(Clone, Debug)]
pub(super) struct Action {
    /// Where it is written.
    pub(super) at: Written,
    request: RequestTemplate,
    /// The calls that follow are made with the desk's id of the conversation, so the answer has to hold it.
    needs_reference: bool,
    kept: Vec<String>,
}

/// What the answer to an offer may say of the handover itself. Anything else that is taken is for later requests.
const OFFERED: [&str; 4] = ["accepted", "reason", REFERENCE, "position"];
const REFERENCE: &str = "reference";
/// What stays out of reach of what is taken: that is kept.
const UNKEPT: &str = "secrets";
const ANSWER: &str = "answer";

impl Action {
    /// The request that offers a handover.
    pub(super) fn offer(
        configured: &config::Request,
        names: &[&'static str],
    ) -> Result<Self, SettingsError> {
        let request = Compiler { names }.request(configured)?;
        let keepable: Vec<_> = names
            .iter()
            .copied()
            .filter(|name| *name != UNKEPT)
            .chain([ANSWER])
            .collect();
        for (name, source) in &configured.take {
            let compiler = Compiler { names: &keepable };
            let taken = compiler.expression(Part::Take(name.clone()), source);
            taken.map_err(|source| source.at(&configured.at))?;
        }
        let taken = || configured.take.iter().map(|(name, _)| name.as_str());
        Ok(Self {
            at: configured.at.clone(),
            request,
            needs_reference: taken().any(|name| name == REFERENCE),
            kept: taken()
                .filter(|name| *name == REFERENCE || !OFFERED.contains(name))
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Any other.
    pub(super) fn compile(
        configured: &config::Request,
        names: &[&'static str],
    ) -> Result<Self, SettingsError> {
        let taken = configured.take.iter().map(|(name, _)| name);
        if let Some(name) = taken
            .into_iter()
            .find(|name| OFFERED.contains(&name.as_str()))
        {
            return Err(SettingsError::NotOffered {
                at: configured.at.clone(),
                name: name.clone(),
            });
        }
        Self::offer(configured, names)
    }

    /// The names of what its answer gives to later requests.
    pub(super) fn kept(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    pub(super) fn call(&self, context: &Context) -> Result<Call, TemplateError> {
        self.request.call(context, |call| call)
    }

    /// What only shows when it is filled in.
    pub(super) fn dry_run(&self, context: &Context) -> Result<(), TemplateError> {
        self.request.dry_run(context)
    }

    /// What the answer says. `None`: it lacks what the desk cannot be called without.
    pub(super) fn done(&self, answer: &Answer, context: &Context) -> Option<Done> {
        let mut taken = self.request.taken(answer, context);
        let offered = OFFERED.map(|name| taken.remove(name));
        let [accepted, reason, reference, position] = offered.each_ref().map(Option::as_ref);
        let offered = Offered {
            accepted,
            reason,
            reference,
            position,
        };
        let done = Done {
            taken: kept(taken),
            ..offered.into_done()
        };
        let lacks = self.needs_reference && done.reference.is_none() && done.refused.is_none();
        (!lacks).then_some(done)
    }
}

/// A value that is not there says nothing.
fn kept(taken: Map<String, Value>) -> Taken {
    taken
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}
