//! A desk of kind `webhook`: it speaks the bridge's own protocol, so any system can be one.
//!
//! What the bridge calls is signed by Standard Webhooks; what the desk sends comes by the desk API, with its token.

mod actions;
mod adapter;
mod error;
pub mod hook;
pub mod message;
mod settings;

use crate::domain::fallback::Capabilities;

pub use self::{
    adapter::Webhook,
    error::{HookError, SettingsError},
    settings::{Settings, signing},
};

/// Its protocol has every content, and the desk decides what it makes of them.
pub const CAPABILITIES: Capabilities = Capabilities::EVERY_AGENT;
