//! One bot's connection, its templates compiled. Built by `app` when the bridge starts, so that faults come then.

use std::collections::HashSet;

use reqwest::Method;
use secrecy::SecretString;

use super::{SettingsError, StepPart, capabilities};
use crate::{
    config::{self, History, Rotating},
    domain::fallback::Capabilities,
    outbound::{
        BaseUrl,
        template::{Expression, Template, TemplateError},
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) api_url: BaseUrl,
    pub(super) capabilities: Capabilities,
    access_token: Rotating<SecretString>,
    pub(super) pause: Vec<Step>,
    pub(super) resume: Vec<Step>,
    pub(super) history: History,
}

/// One call of a pause or resume.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Text(Template),
    DialogState {
        id: String,
        session_data: Vec<(String, Expression)>,
    },
    Request(RequestStep),
}

#[derive(Clone, Debug)]
pub(super) struct RequestStep {
    pub method: Method,
    pub url: Template,
    pub headers: Vec<(String, Template)>,
    pub body: Option<Expression>,
}

/// What every step may speak of.
const NAMES: [&str; 7] = [
    "bot",
    "bot_id",
    "session_id",
    "version",
    "channel",
    "language",
    "handover_id",
];
/// What a resume may speak of besides.
const RESUME_NAMES: [&str; 4] = ["reason", "agent", "seconds", "unanswered"];

impl Settings {
    pub fn compile(configured: &config::Chatlayer) -> Result<Self, SettingsError> {
        let place = |list, index: usize| Place {
            list,
            number: index.saturating_add(1),
        };
        let pause = configured.pause.iter().enumerate();
        let resume = configured.resume.iter().enumerate();
        Ok(Self {
            api_url: BaseUrl::try_from(configured.api_url.as_url().clone())?,
            capabilities: capabilities(configured.text_limit),
            access_token: Rotating::new(configured.access_token.first().clone()),
            history: configured.history,
            pause: pause
                .map(|(index, step)| place("pause", index).request(step).map(Step::Request))
                .collect::<Result<_, _>>()?,
            resume: resume
                .map(|(index, step)| place("resume", index).step(step))
                .collect::<Result<_, _>>()?,
        })
    }

    /// How many steps a resume of this bot has; `decide` asks for one delivery each.
    pub fn resume_steps(&self) -> usize {
        self.resume.len()
    }

    pub fn pause_steps(&self) -> usize {
        self.pause.len()
    }

    /// For whoever exchanges it while the bridge runs.
    pub fn access_token(&self) -> &Rotating<SecretString> {
        &self.access_token
    }
}

/// Where in the configuration a step stands.
#[derive(Clone, Copy)]
struct Place {
    list: &'static str,
    number: usize,
}

impl Place {
    fn step(self, step: &config::Step) -> Result<Step, SettingsError> {
        match step {
            config::Step::Text(text) => self
                .template(StepPart::Text, Template::text(text))
                .map(Step::Text),
            config::Step::Request(request) => self.request(request).map(Step::Request),
            config::Step::DialogState(dialog) => {
                let data = dialog.session_data.iter().map(|(name, source)| {
                    let part = StepPart::SessionData(name.clone());
                    Ok((name.clone(), self.expression(part, source)?))
                });
                let session_data = data.collect::<Result<_, SettingsError>>()?;
                Ok(Step::DialogState {
                    id: dialog.dialog_state.clone(),
                    session_data,
                })
            }
        }
    }

    fn request(self, request: &config::RequestStep) -> Result<RequestStep, SettingsError> {
        let config::RequestStep {
            method,
            url,
            headers,
            body,
            take,
        } = request;
        if !take.is_empty() {
            return Err(SettingsError::Take {
                list: self.list,
                number: self.number,
            });
        }
        let headers = headers.iter().map(|(name, source)| {
            let template = self.template(StepPart::Header(name.clone()), Template::text(source))?;
            Ok((name.clone(), template))
        });
        Ok(RequestStep {
            method: match method {
                config::Method::Get => Method::GET,
                config::Method::Post => Method::POST,
                config::Method::Put => Method::PUT,
                config::Method::Patch => Method::PATCH,
                config::Method::Delete => Method::DELETE,
            },
            url: self.template(StepPart::Url, Template::url(url))?,
            headers: headers.collect::<Result<_, SettingsError>>()?,
            body: body
                .as_ref()
                .map(|source| self.expression(StepPart::Body, source))
                .transpose()?,
        })
    }

    fn template(
        self,
        part: StepPart,
        compiled: Result<Template, TemplateError>,
    ) -> Result<Template, SettingsError> {
        match compiled {
            Ok(template) => self.known(part, &template.names()).map(|()| template),
            Err(source) => Err(self.fault(part, source)),
        }
    }

    fn expression(self, part: StepPart, source: &str) -> Result<Expression, SettingsError> {
        match Expression::json(source) {
            Ok(expression) => self.known(part, &expression.names()).map(|()| expression),
            Err(source) => Err(self.fault(part, source)),
        }
    }

    fn known(self, part: StepPart, names: &HashSet<String>) -> Result<(), SettingsError> {
        let Place { list, number } = self;
        let also: &[_] = if list == "resume" { &RESUME_NAMES } else { &[] };
        let unknown = names
            .iter()
            .filter(|name| !NAMES.contains(&name.as_str()) && !also.contains(&name.as_str()));
        match unknown.min() {
            None => Ok(()),
            Some(name) => Err(SettingsError::UnknownName {
                list,
                number,
                part,
                name: name.clone(),
            }),
        }
    }

    fn fault(self, part: StepPart, source: TemplateError) -> SettingsError {
        SettingsError::Template {
            list: self.list,
            number: self.number,
            part,
            source,
        }
    }
}
