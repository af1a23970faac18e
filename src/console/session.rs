//! Who is signed in. The browser holds a random token in a cookie, the store only its hash.
//!
//! A session ends an hour after it was last seen, twelve hours after it began and at sign-out. It is good for nothing
//! where whoever began it has another password or is not in the configuration, or where the token that began it opens no
//! more, and ends by itself then.

mod attempts;
mod cookie;
mod one_time;
mod origin;
mod sign_in;
mod transport;
mod user;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};

use self::transport::Transport;
pub(super) use self::{
    attempts::Attempts,
    origin::{is_believed, only_from_here},
    sign_in::{is_ours, router},
    transport::mark_https,
    user::{Accounts, SignedIn, called},
};
pub use self::{
    one_time::{NoRandomness, OneTime},
    user::Account,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{faults::Fault, state::State};
use crate::{
    domain::time::Timestamp,
    store::{self, Session},
};

const IDLE: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(12);
/// What was seen more lately than this is not written down again.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

impl FromRequestParts<State> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        match find(parts, state).await {
            Ok(Some(signed_in)) => Ok(signed_in),
            Ok(None) if parts.method == Method::GET => {
                let wanted = parts.uri.path_and_query().map_or("", |path| path.as_str());
                Err(Redirect::to(&sign_in::address(wanted)).into_response())
            }
            Ok(None) => Err(sign_in::session_has_ended()),
            Err(error) => Err(Fault::from(error).into_response()),
        }
    }
}

/// Whoever the cookie is of, if there is one and its session is alive.
pub(super) async fn find(parts: &Parts, state: &State) -> Result<Option<SignedIn>, store::Error> {
    let transport = Transport::of(parts, state);
    let Some(presented) = cookie::presented(&parts.headers, transport) else {
        return Ok(None);
    };
    let id = presented.id();
    let Some(session) = state.store().session(id).await? else {
        return Ok(None);
    };
    let now = state.now();
    if !is_alive(&session, now) {
        // If it cannot be written now, it will be found over again.
        let _ = state.store().end_session(id).await;
        return Ok(None);
    }
    let accounts = state.accounts();
    let credentials = accounts.credentials(&session.operator);
    let seals = |credential: &Arc<SecretString>| presented.is_sealed_by(credential.expose_secret());
    let is_ours = credentials.iter().any(seals);
    // It may be another replica's, which has other accounts: there it goes on, and here it is never seen.
    let Some(signed_in) = accounts.known(&session.operator).filter(|_| is_ours) else {
        return Ok(None);
    };
    if now.since(session.seen_at) >= TOUCH_EVERY {
        let _ = state.store().touch_session(id, now).await;
    }
    Ok(Some(signed_in))
}

/// Those that a call with their cookie would still be taken for.
pub(super) async fn alive(state: &State) -> Result<Vec<Session>, store::Error> {
    let now = state.now();
    let mut sessions = state.store().sessions_since(now.minus(IDLE)).await?;
    sessions.retain(|session| is_alive(session, now));
    Ok(sessions)
}

fn is_alive(session: &Session, now: Timestamp) -> bool {
    now.since(session.seen_at) < IDLE && now.since(session.begun_at) < LONGEST
}
