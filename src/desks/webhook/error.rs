//! What can be wrong with an event of a desk, and with its configuration.

use crate::outbound::{url::UrlError, webhook_signature::SecretError};

/// An event that cannot be taken. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("{field} is missing or is not what it must be")]
    Contract { field: &'static str },
    #[error("type is none of attended, message, typing, transferred, closed")]
    UnknownType,
}

/// A desk that cannot be built from its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("url cannot be called")]
    Url(#[from] UrlError),
    #[error("secret cannot sign")]
    Secret(#[from] SecretError),
}
