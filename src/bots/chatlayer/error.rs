//! What can be wrong with a call of Chatlayer and with the configuration of a bot.

use crate::{
    config::{Fault, KeyPath, Written},
    domain::ids::NotAnExternalId,
    outbound::{request::Unusable, url::UrlError},
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

/// Why a bot cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("api_url cannot be called")]
    ApiUrl(#[from] UrlError),
    #[error(transparent)]
    Step(#[from] Unusable),
}

impl SettingsError {
    /// As a fault of the bot whose table this is.
    pub fn into_fault(self, table: &KeyPath) -> Fault {
        match self {
            Self::ApiUrl(why) => Fault::unusable(Written::somewhere(table.key("api_url")), why),
            Self::Step(step) => step.into(),
        }
    }
}
