//! Chatwoot, by an API inbox of one account. In its words a handover's leg is a conversation, and what only agents see is a
//! private note; those words end at this folder. What is known of it and what is not stands in `docs/chatwoot.md`.

mod actions;
mod adapter;
mod capabilities;
mod contact;
mod error;
pub mod hook;
mod message;
mod settings;
mod signature;
mod wishes;

pub use self::{
    adapter::Chatwoot,
    error::SettingsError,
    hook::Reader,
    settings::Settings,
    signature::{SIGNATURE_HEADER, Signatures, Signed, TIMESTAMP_HEADER},
};
pub use crate::domain::json::HookError;
