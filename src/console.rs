//! The operators' web page: conversations, answers, deliveries, health, people. Served on the admin listener.
//!
//! Pages are rendered here and work without script; the script that there is fetches the same pages again and puts what
//! is new in its place.

mod ages;
mod assets;
mod faults;
mod headers;
mod icons;
mod inbox;
mod layout;
mod session;
mod state;
mod texts;

use axum::{Router, middleware::from_fn};

pub use self::{
    session::{Role, User},
    state::Options,
};
use state::State;

/// Everything below `/console`.
pub fn router(options: Options) -> Router {
    Router::new()
        .merge(assets::router())
        .merge(inbox::router())
        .layer(from_fn(headers::guard))
        .with_state(State::new(options))
}
