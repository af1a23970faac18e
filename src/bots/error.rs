//! What can be wrong with the configuration of a bot, on whichever platform.

use crate::{
    config::{Fault, KeyPath, Written},
    outbound::{request::Unusable, url::UrlError},
};

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
