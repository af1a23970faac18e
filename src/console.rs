//! The operators' web page: conversations, answers, deliveries, health, people. Served on the admin listener.
//!
//! Pages are rendered here and work without script.

mod layout;
mod session;
mod state;

use axum::{Router, middleware};

pub use self::{
    session::{NoRandomness, OneTime},
    state::Options,
};
use state::State;

/// The first page.
pub const HOME: &str = "/console";

/// Everything below `/console`.
pub fn router<S: Clone + Send + Sync + 'static>(options: Options) -> Router<S> {
    session::router()
        .layer(middleware::from_fn(session::only_from_here))
        .with_state(State::new(options))
}
