//! What can be wrong with the configuration of a desk, and with a call of its own.

use crate::{
    config::Written,
    desks::protocol::event::EventError,
    outbound::{request::CompileError, template::TemplateError, url::UrlError},
};

/// A desk that cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("api_url cannot be called")]
    ApiUrl(#[from] UrlError),
    #[error("{at}")]
    Template {
        at: Written,
        source: Box<CompileError>,
    },
    #[error("{at}: take {name} is of use in the answer to open alone")]
    NotOffered { at: Written, name: String },
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
