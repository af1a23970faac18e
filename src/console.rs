//! The operators' web page: conversations, answers, deliveries, health, people. Served on the admin listener.
//!
//! Pages are rendered here and work without script; the script that there is fetches the same pages again and puts what
//! is new in its place.

mod account;
mod admins;
mod ages;
mod assets;
mod audit;
mod conversation;
mod deliveries;
mod extract;
mod faults;
mod headers;
mod health;
mod icons;
mod inbox;
mod layout;
mod live;
mod people;
mod presence;
mod session;
mod state;
mod texts;
mod views;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::any,
};

pub use self::{
    presence::watch as watch_presence,
    session::{Account, NoRandomness, OneTime},
    state::{Development, Ends, Options},
};
use session::SignedIn;
use state::State;

/// The first page.
pub const HOME: &str = "/console";

/// Everything below `/console`.
pub fn router<S: Clone + Send + Sync + 'static>(options: Options) -> Router<S> {
    let development = options.development.as_ref();
    let policy = headers::policy(development.map(|it| it.framed_by.as_str()));
    let state = State::new(options);
    session::router()
        .merge(account::router())
        .merge(inbox::router())
        .merge(conversation::router())
        .merge(deliveries::router())
        .merge(health::router())
        .merge(people::router())
        .merge(audit::router())
        .merge(live::router())
        .route("/console/", any(nowhere))
        .route("/console/{*nowhere}", any(nowhere))
        .layer(from_fn(session::only_from_here))
        .merge(assets::router())
        .layer(from_fn_with_state(policy, headers::guard))
        .layer(from_fn_with_state(state.clone(), session::mark_https))
        .with_state(state)
}

async fn nowhere(_: SignedIn) -> Response {
    extract::nowhere()
}
