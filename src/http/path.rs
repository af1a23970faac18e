//! What the path of a call names, read without an answer of its own: whoever names nothing is answered as a stranger is.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

/// A path that is no text names nothing.
#[derive(Debug)]
pub(super) struct InPath(Option<RawPathParams>);

impl InPath {
    pub(super) fn get(&self, wanted: &str) -> Option<&str> {
        let mut named = self.0.as_ref()?.iter();
        let found = named.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = RawPathParams::from_request_parts(parts, state).await;
        Ok(Self(path.ok()))
    }
}
