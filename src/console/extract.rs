//! What an address and a form say. What cannot be understood is answered with a page, and never repeated on it.

use axum::{
    Form as AnyForm,
    body::Body,
    extract::{FromRequest, FromRequestParts, Path as AnyPath, Query as AnyQuery, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use maud::html;
use serde::de::DeserializeOwned;

use super::{HOME, layout, texts};
use crate::http::body::{self, Limits, SENT_WITHIN};

pub(super) struct Path<T>(pub(super) T);

pub(super) struct Query<T>(pub(super) T);

/// `MAX` bounds what is kept of it.
pub(super) struct Form<T, const MAX: usize = { body::DEFAULT_MAX }>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match AnyPath::from_request_parts(parts, state).await {
            Ok(AnyPath(path)) => Ok(Self(path)),
            Err(_) => Err(nowhere()),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match AnyQuery::from_request_parts(parts, state).await {
            Ok(AnyQuery(query)) => Ok(Self(query)),
            Err(_) => Err(page(StatusCode::BAD_REQUEST, texts::NOWHERE)),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned, const MAX: usize> FromRequest<S> for Form<T, MAX> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, sent) = request.into_parts();
        let limits = Limits::of_one(MAX, SENT_WITHIN);
        let sent = match body::read_as_sent(&parts.headers, sent, limits).await {
            Ok(sent) => Body::from(sent.to_vec()),
            Err(refused) => return Err(page(refused.kind().status(), texts::NOT_A_FORM)),
        };
        match AnyForm::from_request(Request::from_parts(parts, sent), state).await {
            Ok(AnyForm(form)) => Ok(Self(form)),
            Err(refused) => Err(page(refused.status(), texts::NOT_A_FORM)),
        }
    }
}

/// Nothing of the console is there.
pub(super) fn nowhere() -> Response {
    page(StatusCode::NOT_FOUND, texts::NOWHERE)
}

fn page(status: StatusCode, [title, advice]: [&str; 2]) -> Response {
    let body = html! {
        div { h1 { (title) } p.quiet { (advice) } }
        a.btn.btn--main href=(HOME) { (texts::TO_INBOX) }
    };
    (status, layout::bare(title, &body)).into_response()
}
