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
mod names;
mod people;
mod presence;
mod session;
mod state;
mod texts;
mod views;

use async_trait::async_trait;
use axum::{
    Router,
    http::{HeaderValue, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::any,
};

use crate::{domain::ids::OperatorName, http::Sessions, store};

pub use self::{
    presence::Presence,
    session::{Account, NoRandomness, OneTime},
    state::{Development, Endpoints, Options},
};
use session::SignedIn;
use state::State;

/// The pages, and who is signed in to them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console {
    state: State,
    policy: HeaderValue,
}

/// The first page.
pub const HOME: &str = "/console";

impl Options {
    pub fn build(self) -> Console {
        let development = self.development.as_ref();
        let policy = headers::policy(development.map(|it| it.framed_by.as_str()));
        Console {
            state: State::new(self),
            policy,
        }
    }
}

impl Console {
    /// Everything below `/console`.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let Self { state, policy } = self;
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
}

#[async_trait]
impl Sessions for Console {
    async fn admin(&self, call: &Parts) -> Result<Option<OperatorName>, store::Error> {
        if !session::is_believed(call) {
            return Ok(None);
        }
        let signed_in = session::find(call, &self.state).await?;
        let admin = signed_in.filter(admins::is_admin);
        Ok(admin.map(|who| who.operator))
    }
}

async fn nowhere(_: SignedIn) -> Response {
    extract::nowhere()
}
