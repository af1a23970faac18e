//! The steps by which a bot is paused and resumed, compiled. What a step calls is the vendor's matter; what a step is
//! made of is the same for all of them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    config,
    domain::{conversation::ResumeContract, delivery::Job},
    outbound::{
        request::{CompileError, Compiler, DryRunError, Part, RequestTemplate},
        template::{Anything, Context, Expression, Template, TemplateError},
    },
};

#[derive(Clone, Debug)]
pub struct Steps {
    pub pause: Vec<RequestTemplate>,
    pub resume: Vec<Step>,
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

/// A step that cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum StepsError {
    #[error("{list}, step {number}")]
    Step {
        list: &'static str,
        number: usize,
        source: CompileError,
    },
}

/// What steps of this handover have taken from the answers before, by name.
const TAKEN: &str = "taken";
/// What a resume may speak of besides what every step of its vendor may.
const RESUME_NAMES: [&str; 5] = ["reason", "agent", "seconds", "unanswered", "dialog_state"];

impl Steps {
    /// `names` are those that every step of this vendor may speak of.
    pub fn compile(
        pause: &[config::Request],
        resume: &[config::Step],
        names: &[&'static str],
    ) -> Result<Self, StepsError> {
        let names = [names, &[TAKEN]].concat();
        let pausing = Compiler { names: &names };
        let resume_names = [&names[..], &RESUME_NAMES].concat();
        let resuming = Compiler {
            names: &resume_names,
        };
        let pause = pause.iter().enumerate();
        let resume = resume.iter().enumerate();
        Ok(Self {
            pause: pause
                .map(|(index, step)| request(pausing, "pause", index, step))
                .collect::<Result<_, _>>()?,
            resume: resume
                .map(|(index, step)| Step::compile(resuming, "resume", index, step))
                .collect::<Result<_, _>>()?,
        })
    }

    /// What is wrong with each step when it is filled in, the first of it. Nothing is called. `examples` are conversations
    /// as steps may meet them, each with the agent's name.
    pub fn dry_run(&self, examples: &[(Context, Option<&str>)]) -> Vec<DryRunError> {
        let pauses = self.pause.iter().enumerate().filter_map(|(index, step)| {
            let mut examples = examples.iter();
            let tried = examples
                .try_for_each(|(context, _)| step.dry_run(&context.clone().with(TAKEN, Anything)));
            Some(fault("pause", index, tried.err()?))
        });
        let resumes = self.resume.iter().enumerate().filter_map(|(index, step)| {
            let mut examples = examples.iter();
            let tried = examples.try_for_each(|(context, agent)| {
                let contract = ResumeContract {
                    reason: "solved".to_owned(),
                    agent: agent.map(str::to_owned),
                    seconds: 61,
                    unanswered: agent.is_some(),
                    dialog_state: None,
                };
                let context = context.clone().with(TAKEN, Anything);
                step.dry_run(&resume_context(context, &contract))
            });
            Some(fault("resume", index, tried.err()?))
        });
        pauses.chain(resumes).collect()
    }
}

impl Step {
    fn compile(
        compiler: Compiler<'_>,
        list: &'static str,
        index: usize,
        step: &config::Step,
    ) -> Result<Self, StepsError> {
        match step {
            config::Step::Text(text) => compiler
                .text(text)
                .map(Self::Text)
                .map_err(|source| refused(list, index, source)),
            config::Step::Request(step) => request(compiler, list, index, step).map(Self::Request),
            config::Step::DialogState(dialog) => {
                let values = dialog.session_data.iter().map(|(name, source)| {
                    let part = Part::Value {
                        of: "session data",
                        name: name.clone(),
                    };
                    let value = compiler.expression(part, source);
                    Ok((
                        name.clone(),
                        value.map_err(|source| refused(list, index, source))?,
                    ))
                });
                Ok(Self::DialogState {
                    id: dialog.dialog_state.clone(),
                    values: Values(values.collect::<Result<_, StepsError>>()?),
                })
            }
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
    pub fn evaluate(&self, context: &Context) -> Result<Map<String, Value>, TemplateError> {
        let values = self.0.iter();
        values
            .map(|(name, value)| Ok((name.clone(), value.evaluate(context)?)))
            .collect()
    }
}

/// What every step may speak of besides what its vendor knows.
pub fn step_context(context: Context, job: &Job) -> Context {
    context.with(TAKEN, job.taken.values())
}

/// What a step of a resume may speak of besides.
pub fn resume_context(context: Context, contract: &ResumeContract) -> Context {
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
        .with("dialog_state", dialog_state)
}

fn request(
    compiler: Compiler<'_>,
    list: &'static str,
    index: usize,
    step: &config::Request,
) -> Result<RequestTemplate, StepsError> {
    compiler
        .request(step)
        .map_err(|source| refused(list, index, source))
}

fn refused(list: &'static str, index: usize, source: CompileError) -> StepsError {
    StepsError::Step {
        list,
        number: index.saturating_add(1),
        source,
    }
}

fn fault(list: &'static str, index: usize, source: TemplateError) -> DryRunError {
    DryRunError {
        place: format!("{list}, step {}", index.saturating_add(1)),
        source,
    }
}
