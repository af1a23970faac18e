//! What operators and the command line ask of a running bridge: deliveries, warnings, open handovers, erasures,
//! metrics. No texts.

mod deliveries;
mod erasures;
mod handovers;
pub(super) mod metrics;
pub mod shape;
mod warnings;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    routing::get,
};
use serde::de::DeserializeOwned;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    State, body,
    problem::{Kind, Problem, Result},
    secret,
    state::Caller,
};

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::retry))
        .routes(routes!(deliveries::skip))
        .routes(routes!(handovers::list))
        .routes(routes!(warnings::list))
        .routes(routes!(erasures::begin))
        .routes(routes!(erasures::show))
        // Not JSON, and for a scraper: it has a page of its own in place of the document.
        .route("/metrics", get(metrics::show))
}

/// Whoever has shown the admin token. Every handler takes one, and first.
#[derive(Clone, Copy, Debug)]
struct Operator;

/// The query of a list; what it does not know it refuses, since a filter that is not applied misleads.
#[derive(Debug)]
struct Filter<T>(T);

/// Whoever has the admin token, in the audit trail.
const ADMIN: &str = "admin";

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

impl FromRequestParts<State> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let known = secret::bearer(&parts.headers).is_some_and(|token| state.is_admin(token));
        if !known {
            return Err(state.refuse(caller));
        }
        // Hardly anything here takes a body; one that is no JSON was meant for somebody else.
        if parts.headers.contains_key(header::CONTENT_TYPE) {
            body::require_json(&parts.headers)?;
        }
        Ok(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<State> for Filter<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(filter)) => Ok(Self(filter)),
            Err(_) => Err(unknown_filter()),
        }
    }
}

fn unknown_filter() -> Problem {
    Problem::from(Kind::InvalidContract)
        .detail("a filter is unknown or its value is not one it can have")
}

fn page_size(asked: Option<usize>) -> Result<usize> {
    match asked {
        None => Ok(PAGE),
        Some(size @ 1..=LARGEST_PAGE) => Ok(size),
        Some(_) => Err(unknown_filter()),
    }
}
