//! What can be wrong with the configuration of a desk.

use crate::{
    config::{Fault, KeyPath, Written},
    outbound::url::UrlError,
};

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
