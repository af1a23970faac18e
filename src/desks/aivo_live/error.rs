//! What can be wrong with the configuration of a desk.

use crate::{
    config::{Fault, KeyPath, Written},
    outbound::{request::Unusable, url::UrlError},
};

/// Why a desk cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{key} cannot be called")]
    Url { key: &'static str, source: UrlError },
    #[error("one of the headers cannot be sent")]
    Header,
    #[error(transparent)]
    Request(#[from] Unusable),
}

impl SettingsError {
    /// As a fault of the desk whose table this is.
    pub fn into_fault(self, table: &KeyPath) -> Fault {
        match self {
            Self::Url { key, source } => {
                Fault::unusable(Written::somewhere(table.key(key)), source)
            }
            Self::Header => Fault::unusable(Written::somewhere(table.key("headers")), self),
            Self::Request(request) => request.into(),
        }
    }
}
