//! The operators' web page: conversations, answers, deliveries, health, people. Served on the admin listener.
//!
//! Pages are rendered here and work without script.

mod assets;
mod headers;
mod layout;
mod session;
mod state;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};

pub use self::{
    session::{NoRandomness, OneTime},
    state::Options,
};
use state::State;

/// The first page.
pub const HOME: &str = "/console";

/// Everything below `/console`.
pub fn router<S: Clone + Send + Sync + 'static>(options: Options) -> Router<S> {
    let state = State::new(options);
    session::router()
        .layer(from_fn(session::only_from_here))
        .merge(assets::router())
        .layer(from_fn(headers::guard))
        .layer(from_fn_with_state(state.clone(), session::mark_https))
        .with_state(state)
}
