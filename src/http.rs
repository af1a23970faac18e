//! What the bridge hears: the accept loop, the layers, the hooks, the desk API, the admin API and the probes.
//!
//! Every answer that is not a success is a [`problem::Problem`]. Nothing here sends anything: a handler
//! authenticates, bounds, parses, makes one call on the store and answers after its commit. `app` composes it.

pub mod admin;
pub mod body;
mod desk_api;
mod failures;
mod hooks;
mod log;
mod meter;
pub mod openapi;
mod path;
mod probes;
pub mod problem;
pub mod request_id;
pub mod secret;
pub mod server;
pub mod shed;
pub mod source;
mod state;
pub mod tasks;
mod trace;
mod watch;

use axum::Router;

pub use self::{
    admin::operator::{NoSessions, Sessions},
    hooks::{
        AivoLiveHook, BotHook, CertainlyHook, ChatlayerHook, ChatwootHook, Credentials, DeskHook,
        InDoubt, TemplateHook, Turns,
    },
    meter::ConnectionMeter,
    state::{Bot, Desk, Options, State, Watched},
};

use problem::Kind;

/// What vendors, desks and the platform call: `server.listen`.
pub fn public_router(state: State) -> Router {
    finish(public(), state)
}

/// What operators call: `admin.listen`. The console is theirs too.
pub fn admin_router(state: State, console: Router<State>) -> Router {
    finish(console.merge(admin::router()), state)
}

/// Both on one listener, `admin.listen = "server"`.
pub fn combined_router(state: State, console: Router<State>) -> Router {
    finish(public().merge(admin::router()).merge(console), state)
}

fn public() -> Router<State> {
    hooks::router()
        .merge(probes::router())
        .merge(openapi::router())
        .merge(desk_api::router())
}

fn finish(router: Router<State>, state: State) -> Router {
    let router = router
        .fallback(async || problem::Problem::from(Kind::NotFound))
        .method_not_allowed_fallback(async || problem::Problem::from(Kind::MethodNotAllowed));
    let router = trace::layer(router, state.instruments().traces.clone());
    log::layers(router, state.sources().clone(), state.meter().clone()).with_state(state)
}
