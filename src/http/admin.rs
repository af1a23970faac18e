//! What operators and the command line ask of a running bridge: deliveries, warnings, open handovers, erasures,
//! metrics. No texts.

mod deliveries;
mod erasures;
mod handovers;
pub(super) mod metrics;
pub mod operator;
pub mod shape;
mod warnings;

use axum::{extract::FromRequestParts, http::request::Parts, routing::get};
use serde::de::DeserializeOwned;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    State,
    problem::{Kind, Problem, Result},
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

/// The query of a list; what it does not know it refuses, since a filter that is not applied misleads.
#[derive(Debug)]
struct Filter<T>(T);

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

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
