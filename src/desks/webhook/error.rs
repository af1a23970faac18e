//! What can be wrong with the configuration of a desk.

use crate::{
    config::{Fault, KeyPath, Written},
    outbound::{url::UrlError, webhook_signature::SecretError},
};

/// Why a desk cannot be built from its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("url cannot be called")]
    Url(#[from] UrlError),
    #[error("secret cannot sign")]
    Secret(#[from] SecretError),
}

impl SettingsError {
    /// As a fault of the desk whose table this is.
    pub fn into_fault(self, table: &KeyPath) -> Fault {
        let key = match self {
            Self::Url(_) => "url",
            Self::Secret(_) => "secret",
        };
        Fault::unusable(Written::somewhere(table.key(key)), self)
    }
}
