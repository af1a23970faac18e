//! Who is signed in.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use secrecy::SecretString;

use super::state::State;
use crate::domain::ids::OperatorName;

/// Somebody who may sign in, `[admin.users.*]`.
#[derive(Clone, Debug)]
pub struct User {
    /// Argon2id, in the PHC string format.
    pub password_hash: SecretString,
    pub role: Role,
    /// What users and colleagues are told.
    pub shown_as: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    /// Sees hook URLs as well, and may change what is not a conversation.
    Admin,
}

/// Whoever makes this call. Every page takes one, and first; who is not signed in is sent to sign in.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    pub(super) operator: OperatorName,
    pub(super) shown_as: Option<String>,
    pub(super) role: Role,
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(_parts: &mut Parts, _state: &State) -> Result<Self, Response> {
        Err(Response::default())
    }
}
