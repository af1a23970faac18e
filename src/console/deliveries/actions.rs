//! Tries deliveries again or gives them up: one of them anybody who is signed in, all of a destination an admin. Each is
//! asked about first, on a page that says what happens to whom.

mod one;
mod question;
mod retry;
mod retry_all;
mod skip;

use axum::{Router, response::Response, routing::get};

use crate::console::{faults::Fault, state::State};

type Answer = Result<Response, Fault>;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(
            "/console/deliveries/{id}/retry",
            get(retry::ask).post(retry::submit),
        )
        .route(
            "/console/deliveries/{id}/skip",
            get(skip::ask).post(skip::submit),
        )
        .route(
            "/console/deliveries/retry-all",
            get(retry_all::ask).post(retry_all::submit),
        )
}
