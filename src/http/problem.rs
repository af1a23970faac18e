//! Every answer that is not a success: RFC 9457 problem details from a closed list of kinds.
//!
//! A problem never carries anything of the request (no text, token, path or id), and `Unauthorized` is the same
//! whatever was wrong, so that nobody learns which bots and desks exist. What tells two of them apart is `request_id`
//! alone, which the outermost layer adds.

use std::{borrow::Cow, time::Duration};

use axum::{
    body::{Body as HttpBody, HttpBody as _},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{openapi, request_id::RequestId};

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
}

/// The closed list of what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Malformed,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    TooSlow,
    Conflict,
    Closed,
    TooLarge,
    UnsupportedMediaType,
    InvalidContract,
    IdempotencyMismatch,
    TooManyFailures,
    Internal,
    Unavailable,
}

/// What becomes of the same request sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Nothing was changed, and it may well succeed.
    Safe,
    /// It may have been carried out: repeat only what the receiver can recognise as a repeat.
    WithKey,
    /// It will fail again until something else changes.
    Useless,
}

pub type Result<T> = std::result::Result<T, Problem>;

/// RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body<'a> {
    /// From a closed list.
    #[schema(schema_with = openapi::refusals::types)]
    r#type: Cow<'static, str>,
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// A sentence for the person who reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    retry: Retry,
    /// By which the log knows the request; the same as in `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A store that cannot write now may be able to in a moment.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(2);
/// After that much time without a call the limit on failed ones is forgotten.
const TOO_MANY_FAILURES_FOR: Duration = Duration::from_mins(1);

impl Problem {
    /// Adds a sentence for the person who reads the answer. It must not quote the request.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Writes the request's id into the body of an answer that is a problem.
    pub(super) fn name_request(mut response: Response, id: &RequestId) -> Response {
        if let Some(problem) = response.extensions_mut().remove::<Self>()
            // A HEAD has none to write it into.
            && !response.body().is_end_stream()
        {
            *response.body_mut() = HttpBody::from(problem.body(Some(id)));
        }
        response
    }

    /// Empty if it cannot be written, which does not happen: all that is in it are strings and a number.
    fn body(&self, id: Option<&RequestId>) -> Vec<u8> {
        let body = Body {
            r#type: self.kind.urn().into(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.as_deref(),
            retry: self.kind.retry(),
            request_id: id.map(RequestId::as_str),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            headers.insert(
                header::RETRY_AFTER,
                HeaderValue::from(wait.as_secs().max(1)),
            );
        }
        match self.kind {
            Kind::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Kind::TooSlow => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        headers
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            retry_after: kind.default_retry_after(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.kind.status(), self.headers(), self.body(None)).into_response();
        // For the outer layers, which count it and know the request's id.
        response.extensions_mut().insert(self);
        response
    }
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::Unauthorized,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooSlow,
        Self::Conflict,
        Self::Closed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidContract,
        Self::IdempotencyMismatch,
        Self::TooManyFailures,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The `type` of its problem.
    pub fn urn(self) -> String {
        format!("urn:handover-bridge:problem:{}", self.id())
    }

    pub fn id(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooSlow => "too-slow",
            Self::Conflict => "conflict",
            Self::Closed => "closed",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::InvalidContract => "invalid-contract",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::TooManyFailures => "too-many-failures",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Unauthorized => "The credentials are missing or not accepted",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::TooSlow => "The body did not arrive in time",
            Self::Conflict => "The present state does not allow this",
            Self::Closed => "The handover is closed, or at another desk",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The media type or encoding is not supported",
            Self::InvalidContract => "The request is not what the contract asks for",
            Self::IdempotencyMismatch => "The idempotency key was used with another body",
            Self::TooManyFailures => "Too many failed calls from this source",
            Self::Internal => "The bridge failed",
            Self::Unavailable => "The bridge cannot take this now",
        }
    }

    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::Closed => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidContract | Self::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyFailures => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// How long the caller is told to wait if nobody says otherwise. A kind that has none never says.
    pub(super) fn default_retry_after(self) -> Option<Duration> {
        match self {
            Self::Unavailable => Some(UNAVAILABLE_FOR),
            Self::TooManyFailures => Some(TOO_MANY_FAILURES_FOR),
            _ => None,
        }
    }

    pub fn retry(self) -> Retry {
        match self {
            Self::TooSlow | Self::TooManyFailures => Retry::Safe,
            // A commit may have happened although its answer was lost.
            Self::Internal | Self::Unavailable => Retry::WithKey,
            Self::Malformed
            | Self::Unauthorized
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Conflict
            | Self::Closed
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::InvalidContract
            | Self::IdempotencyMismatch => Retry::Useless,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::as_conversions,
        reason = "the number of a variant has no other way out"
    )]
    fn the_list_holds_every_kind_once_and_in_order() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{kind:?}");
        }
        assert_eq!(Kind::ALL.last(), Some(&Kind::Unavailable), "the last kind");
    }

    #[test]
    fn unavailable_always_says_when_to_come_back() {
        let response = Problem::from(Kind::Unavailable).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }

    #[tokio::test]
    async fn a_body_names_its_type_its_status_and_the_worth_of_a_retry() {
        let response = Problem::from(Kind::InvalidContract)
            .detail("the event has no name")
            .into_response();
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let bytes = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(),
            serde_json::json!({
                "type": "urn:handover-bridge:problem:invalid-contract",
                "title": "The request is not what the contract asks for",
                "status": 422,
                "detail": "the event has no name",
                "retry": "useless",
            })
        );
    }
}
