//! The configured steps filled in with an example, so that what only shows when a template is filled in shows before the
//! first user has to be resumed. Nothing is called.

use super::{
    Settings,
    error::DryRunError,
    settings::{RequestStep, Step},
};
use crate::outbound::template::{Context, TemplateError};

/// One handover as steps may meet it: everything known, or only what there always is.
const EXAMPLES: [Example; 2] = [
    Example {
        channel: Some("web"),
        agent: Some("Ann"),
        unanswered: true,
    },
    Example {
        channel: None,
        agent: None,
        unanswered: false,
    },
];

#[derive(Clone, Copy)]
struct Example {
    channel: Option<&'static str>,
    agent: Option<&'static str>,
    unanswered: bool,
}

impl Settings {
    /// What is wrong with each step, the first of it.
    pub fn dry_run(&self) -> Vec<DryRunError> {
        let pause = EXAMPLES.map(|example| self.example(example));
        let resume = EXAMPLES.map(|example| {
            self.example(example)
                .with("reason", "solved")
                .with("agent", example.agent)
                .with("seconds", 61)
                .with("unanswered", example.unanswered)
        });
        let pauses = self.pause.iter().enumerate().filter_map(|(index, step)| {
            let tried = pause.iter().try_for_each(|context| fill(step, context));
            Some(fault("pause", index, tried.err()?))
        });
        let resumes = self.resume.iter().enumerate().filter_map(|(index, step)| {
            let tried = resume.iter().try_for_each(|context| fill(step, context));
            Some(fault("resume", index, tried.err()?))
        });
        pauses.chain(resumes).collect()
    }

    fn example(&self, example: Example) -> Context {
        Context::default()
            .with_url("bot", "api_url", &self.api_url)
            .with("bot_id", "example-bot")
            .with("session_id", "example-session")
            .with("version", "LIVE")
            .with("channel", example.channel)
            .with("language", "en")
            .with("handover_id", "01a1f000-0000-7000-8000-000000000001")
    }
}

fn fill(step: &Step, context: &Context) -> Result<(), TemplateError> {
    match step {
        Step::Text(text) => text.render(context).map(drop),
        Step::DialogState {
            id: _,
            session_data,
        } => session_data
            .iter()
            .try_for_each(|(_, value)| value.evaluate(context).map(drop)),
        Step::Request(step) => request(step, context),
    }
}

fn request(step: &RequestStep, context: &Context) -> Result<(), TemplateError> {
    let RequestStep {
        method: _,
        url,
        headers,
        body,
    } = step;
    url.endpoint(context)?;
    for (_, value) in headers {
        value.render(context)?;
    }
    body.iter()
        .try_for_each(|body| body.evaluate(context).map(drop))
}

fn fault(list: &'static str, index: usize, source: TemplateError) -> DryRunError {
    DryRunError {
        list,
        number: index.saturating_add(1),
        source,
    }
}
