//! A desk of kind `webhook`: it speaks the bridge's own protocol, so any system can be one.
//!
//! What the bridge calls is signed by Standard Webhooks; what the desk sends comes by the desk API, with its token. The
//! words of both are those of `desks::protocol`.

mod actions;
mod adapter;
mod capabilities;
mod error;
mod settings;

pub use self::{
    adapter::Webhook,
    error::SettingsError,
    settings::{Settings, signing},
};
