//! The operators' web page: conversations, answers, deliveries, health, people. Served on the admin listener.
//!
//! Pages are rendered here and work without script; the script that there is fetches the same pages again and puts what
//! is new in its place.

mod session;
mod state;

use axum::Router;

pub use self::{
    session::{Role, User},
    state::Options,
};
use state::State;

/// Everything below `/console`.
pub fn router(options: Options) -> Router {
    Router::new().with_state(State::new(options))
}
