//! A desk of kind `template`: one made by configuration alone. What it is called with are request templates, what its own
//! calls mean is said by expressions, and both speak the words of the desk protocol.
//!
//! Nothing here knows a vendor. What a vendor wants that expressions cannot say needs an adapter of its own, or a program
//! that is a webhook desk.

mod actions;
mod adapter;
mod capabilities;
mod dry_run;
mod error;
pub mod hook;
mod message;
mod settings;

pub use self::{
    adapter::Template,
    error::{HookError, SettingsError, TellError},
    hook::Hook,
    settings::Settings,
};
