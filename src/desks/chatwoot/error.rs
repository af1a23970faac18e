//! What can be wrong with a call of Chatwoot and with the configuration of a desk.

use crate::{
    config::{Fault, KeyPath, Written},
    domain::ids::NotAnExternalId,
    outbound::url::UrlError,
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

/// Why a desk cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("it cannot be called")]
    Url(#[source] UrlError),
}

impl SettingsError {
    /// As a fault of the desk whose table this is.
    pub fn into_fault(self, table: &KeyPath) -> Fault {
        let Self::Url(source) = self;
        Fault::unusable(Written::somewhere(table.key("api_url")), source)
    }
}
