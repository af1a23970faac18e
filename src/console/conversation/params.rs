//! What the address of a conversation says of its page.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use serde::Deserialize;

use crate::console::{extract::Query, inbox, state::State};

/// Of the list beside it, and of the transcript.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    pub(super) inbox: inbox::Params,
    pub(super) transcript: TranscriptParams,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct TranscriptParams {
    /// The oldest message that is not to be shown any more.
    pub(super) before: Option<u64>,
    /// When it was said, in milliseconds.
    pub(super) until: Option<i64>,
    /// A ready answer that is to stand in the field.
    pub(super) answer: Option<String>,
}

impl FromRequestParts<State> for Params {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        let Query(inbox) = Query::from_request_parts(parts, state).await?;
        let Query(transcript) = Query::from_request_parts(parts, state).await?;
        Ok(Self { inbox, transcript })
    }
}
