//! The steps by which a bot is paused and resumed, compiled. What a step calls is the vendor's matter; what a step is
//! made of is the same for all of them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    config::{self, DialogState, Written},
    domain::{conversation::ResumeContract, delivery::BotJob},
    outbound::{
        request::{CompileError, Compiler, DryRunError, Part, RequestTemplate, Unusable, keep},
        template::{Anything, Context, Expression, Template, TemplateError},
    },
};

#[derive(Clone, Debug)]
pub struct Steps {
    pub pause: Vec<RequestTemplate>,
    pub resume: Vec<Step>,
    /// Where each is written, those of the pause first.
    places: Vec<Written>,
}

/// One call of a resume.
#[derive(Clone, Debug)]
pub enum Step {
    /// The user is told something.
    Text(Template),
    /// The bot goes on at this place, and finds these values there.
    DialogState {
        id: String,
        values: Values,
    },
    Request(RequestTemplate),
}

/// Values by name, each to be evaluated.
#[derive(Clone, Debug)]
pub struct Values(Vec<(String, Expression)>);

/// What steps of this handover have taken from the answers before, by name.
const TAKEN: &str = "taken";
/// What a resume may speak of besides what every step of its vendor may.
const RESUME_NAMES: [&str; 5] = ["reason", "agent", "seconds", "unanswered", CHOSEN];
/// Where whoever closed it has chosen that the bot goes on.
const CHOSEN: &str = "dialog_state";

/// Whether it makes a difference to these steps where somebody has chosen that the bot goes on.
pub fn go_where_chosen(resume: &[config::Step]) -> bool {
    resume.iter().any(|step| match step {
        config::Step::DialogState(_) => true,
        config::Step::Text(step) => speaks_of_chosen(Template::text(&step.text)),
        config::Step::Request(step) => {
            let mut headers = step.headers.iter();
            speaks_of_chosen(Template::url(&step.url))
                || headers.any(|(_, source)| speaks_of_chosen(Template::text(source)))
                || step
                    .body
                    .as_deref()
                    .map(Expression::json)
                    .is_some_and(asks_for_chosen)
        }
    })
}

fn speaks_of_chosen(template: Result<Template, TemplateError>) -> bool {
    template.is_ok_and(|template| template.names().contains(CHOSEN))
}

fn asks_for_chosen(expression: Result<Expression, TemplateError>) -> bool {
    expression.is_ok_and(|expression| expression.names().contains(CHOSEN))
}

impl Steps {
    /// `names` are those that every step of this vendor may speak of. Steps with faults are left out.
    pub fn compile<F: From<Unusable>>(
        pause: &[config::Request],
        resume: &[config::Step],
        names: &[&'static str],
        faults: &mut Vec<F>,
    ) -> Self {
        let names = [names, &[TAKEN]].concat();
        let pausing = Compiler { names: &names };
        let resume_names = [&names[..], &RESUME_NAMES].concat();
        let resuming = Compiler {
            names: &resume_names,
        };
        let places = pause.iter().map(|step| &step.at);
        let places = places.chain(resume.iter().map(config::Step::at));
        Self {
            places: places.cloned().collect(),
            pause: pause
                .iter()
                .filter_map(|step| keep(faults, pausing.request(step)))
                .collect(),
            resume: resume
                .iter()
                .filter_map(|step| keep(faults, Step::compile(resuming, step)))
                .collect(),
        }
    }

    /// What is wrong with each step when it is filled in, the first of it. Nothing is called. `examples` are conversations
    /// as steps may meet them, each with the agent's name.
    pub fn dry_run(&self, examples: &[(Context, Option<&str>)]) -> Vec<DryRunError> {
        let pauses = self.pause.iter().map(|step| {
            let mut examples = examples.iter();
            examples
                .try_for_each(|(context, _)| step.dry_run(&context.clone().with(TAKEN, Anything)))
        });
        let resumes = self.resume.iter().map(|step| {
            let mut examples = examples.iter();
            examples.try_for_each(|(context, agent)| {
                let contract = ResumeContract {
                    reason: "solved".into(),
                    agent: agent.map(str::to_owned),
                    seconds: 61,
                    unanswered: agent.is_some(),
                    dialog_state: None,
                };
                let context = context.clone().with(TAKEN, Anything);
                step.dry_run(&resume_context(context, &contract))
            })
        });
        let tried = self.places.iter().zip(pauses.chain(resumes));
        let faults = tried.filter_map(|(at, tried)| {
            let at = at.clone();
            let source = tried.err()?;
            Some(DryRunError { at, source })
        });
        faults.collect()
    }
}

impl Step {
    fn compile(compiler: Compiler<'_>, step: &config::Step) -> Result<Self, Unusable> {
        match step {
            config::Step::Text(text) => compiler
                .text(&text.text)
                .map(Self::Text)
                .map_err(|source| source.at(&text.at)),
            config::Step::Request(step) => compiler.request(step).map(Self::Request),
            config::Step::DialogState(dialog) => Ok(Self::DialogState {
                id: dialog.dialog_state.clone(),
                values: Values::compile(compiler, dialog).map_err(|fault| fault.at(&dialog.at))?,
            }),
        }
    }

    /// The step as this handover was closed: the bot goes on where whoever closed it has chosen, if they have.
    pub fn for_contract(&self, contract: &ResumeContract) -> Cow<'_, Self> {
        match (self, &contract.dialog_state) {
            (Self::DialogState { id: _, values }, Some(chosen)) => Cow::Owned(Self::DialogState {
                id: chosen.clone(),
                values: values.clone(),
            }),
            _ => Cow::Borrowed(self),
        }
    }

    fn dry_run(&self, context: &Context) -> Result<(), TemplateError> {
        match self {
            Self::Text(text) => text.render(context).map(drop),
            Self::DialogState { id: _, values } => values.evaluate(context).map(drop),
            Self::Request(request) => request.dry_run(context),
        }
    }
}

impl Values {
    fn compile(compiler: Compiler<'_>, dialog: &DialogState) -> Result<Self, CompileError> {
        let values = dialog.session_data.iter().map(|(name, source)| {
            let part = Part::Value {
                of: "session data",
                name: name.clone(),
            };
            Ok((name.clone(), compiler.expression(part, source)?))
        });
        Ok(Self(values.collect::<Result<_, _>>()?))
    }

    pub fn evaluate(&self, context: &Context) -> Result<Map<String, Value>, TemplateError> {
        let values = self.0.iter();
        values
            .map(|(name, value)| Ok((name.clone(), value.evaluate(context)?)))
            .collect()
    }
}

/// What every step may speak of besides what its vendor knows.
pub(super) fn step_context(context: Context, job: BotJob<'_>) -> Context {
    context.with(TAKEN, job.taken.values())
}

/// What a step of a resume may speak of besides.
pub(super) fn resume_context(context: Context, contract: &ResumeContract) -> Context {
    let ResumeContract {
        reason,
        agent,
        seconds,
        unanswered,
        dialog_state,
    } = contract;
    context
        .with("reason", reason)
        .with("agent", agent)
        .with("seconds", seconds)
        .with("unanswered", unanswered)
        .with(CHOSEN, dialog_state)
}

#[cfg(test)]
mod tests;
