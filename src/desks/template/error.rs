//! What can be wrong with the configuration of a desk, and with a call of its own.

use crate::{
    config::{Fault, KeyPath, Written},
    desks::protocol::event::EventError,
    outbound::{request::Unusable, template::TemplateError, url::UrlError},
};

/// Why a desk cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("api_url cannot be called")]
    ApiUrl(#[from] UrlError),
    #[error(transparent)]
    Template(#[from] Unusable),
    #[error("take {name} is of use in the answer to open alone")]
    NotOffered { at: Written, name: String },
}

impl SettingsError {
    /// As a fault of the desk whose table this is.
    pub fn into_fault(self, table: &KeyPath) -> Fault {
        match self {
            Self::ApiUrl(why) => Fault::unusable(Written::somewhere(table.key("api_url")), why),
            Self::NotOffered { ref at, .. } => Fault::unusable(at.clone(), self),
            Self::Template(template) => template.into(),
        }
    }
}

/// A call to the hook that cannot be taken at all. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("there are more than {most} events in it")]
    TooMany { most: usize },
}

/// One event that the expressions make nothing of.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    #[error("{part} cannot be evaluated")]
    Expression {
        part: &'static str,
        source: TemplateError,
    },
    #[error("list gives no list")]
    NoList,
    #[error("event makes no event of the desk protocol")]
    NoEvent(#[from] EventError),
    #[error("neither handover nor reference says whose event it is")]
    Nameless,
}
