//! What can be wrong with a call of Chatlayer and with the configured steps.

use crate::{
    domain::ids::NotAnExternalId,
    outbound::{template::TemplateError, url::UrlError},
};

/// A call to the hook that cannot be taken. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("{field} is missing or is not what it must be")]
    Contract { field: &'static str },
    #[error("{field} cannot be used as an id")]
    Id {
        field: &'static str,
        source: NotAnExternalId,
    },
}

/// A bot that cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("api_url cannot be called")]
    ApiUrl(#[from] UrlError),
    #[error("{list}, step {number}: the {part} cannot be compiled")]
    Template {
        list: &'static str,
        number: usize,
        part: StepPart,
        source: TemplateError,
    },
    #[error("{list}, step {number}: the {part} speaks of {name}, which steps do not know")]
    UnknownName {
        list: &'static str,
        number: usize,
        part: StepPart,
        name: String,
    },
    #[error("{list}, step {number}: take is not available in the steps of a bot")]
    Take { list: &'static str, number: usize },
}

/// A step that compiles and cannot be filled in.
#[derive(Debug, thiserror::Error)]
#[error("{list}, step {number} cannot be filled in")]
pub struct DryRunError {
    pub list: &'static str,
    pub number: usize,
    pub source: TemplateError,
}

/// Where in a step a fault lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepPart {
    Text,
    Url,
    Header(String),
    Body,
    SessionData(String),
}

impl std::fmt::Display for StepPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Url => f.write_str("url"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Body => f.write_str("body"),
            Self::SessionData(name) => write!(f, "session data {name}"),
        }
    }
}
