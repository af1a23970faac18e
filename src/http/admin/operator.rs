//! Who may call the admin API: whoever has the admin token, and an admin who is signed in to the console.

use std::fmt;

use async_trait::async_trait;
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    domain::ids::OperatorName,
    http::{
        State, body,
        problem::{Problem, Result},
        secret,
        state::Caller,
    },
    store,
};

/// Whoever makes this call. Every handler takes one, and first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    name: String,
}

/// Knows admins by the cookie of their session. The console does.
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync {
    /// The admin whose cookie the call shows, if the call may change something on the strength of it.
    async fn admin(&self, call: &Parts) -> std::result::Result<Option<OperatorName>, store::Error>;
}

/// Nobody is signed in.
#[derive(Clone, Copy, Debug)]
pub struct NoSessions;

/// Whoever has the admin token, in the audit trail.
const ADMIN: &str = "admin";

impl Operator {
    /// What the audit trail calls them.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl FromRequestParts<State> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let known = known(parts, state).await?;
        let operator = known.ok_or_else(|| state.refuse(caller))?;
        // Hardly anything here takes a body; one that is no JSON was meant for somebody else.
        if parts.headers.contains_key(header::CONTENT_TYPE) {
            body::require_json(&parts.headers)?;
        }
        Ok(operator)
    }
}

#[async_trait]
impl Sessions for NoSessions {
    async fn admin(&self, _: &Parts) -> std::result::Result<Option<OperatorName>, store::Error> {
        Ok(None)
    }
}

async fn known(parts: &Parts, state: &State) -> Result<Option<Operator>> {
    let name = if parts.headers.contains_key(header::AUTHORIZATION) {
        let token = secret::bearer(&parts.headers);
        let opens = token.is_some_and(|token| state.is_admin(token));
        opens.then(|| ADMIN.to_owned())
    } else if parts.headers.contains_key(header::COOKIE) {
        let admin = state.ask(state.sessions().admin(parts)).await?;
        admin.map(|name| name.to_string())
    } else {
        None
    };
    Ok(name.map(|name| Operator { name }))
}
