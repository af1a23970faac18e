//! What can be wrong with the configuration of a desk.

use crate::outbound::{url::UrlError, webhook_signature::SecretError};

/// A desk that cannot be built from its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("url cannot be called")]
    Url(#[from] UrlError),
    #[error("secret cannot sign")]
    Secret(#[from] SecretError),
}
