//! Chatwoot's webhooks: one URL a desk, which is opened by Chatwoot's signature, by a key in the path, or by both.
//!
//! A signature is over the body, so a call that shows one and no key is heard out before it is let in, also where there is
//! no such desk: nothing but the answer to a right signature tells which desks there are. Until then it is anybody's, and
//! takes up nothing of what all hooks share.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{self, FromRequestParts},
    http::{HeaderMap, request::Parts},
    routing::post,
};
use serde_json::Value;

use super::{DeskHook, desk, in_flight::InFlight};
use crate::{
    desks::chatwoot::{Reader, SIGNATURE_HEADER, Signatures, Signed, TIMESTAMP_HEADER},
    domain::{ids::DeskName, time::Clock},
    http::{
        State, body,
        path::InPath,
        problem::{Kind, Problem, Result},
        secret::Accepted,
        state::Caller,
    },
};

/// What opens the hook of one desk, and what reads it.
#[derive(Clone, Debug)]
pub struct ChatwootHook {
    /// `None`: its path has no key.
    pub hook_key: Option<Accepted>,
    /// `None`: its calls are not signed, and the key is all that opens it.
    pub signatures: Option<Signatures>,
    pub reader: Reader,
    pub clock: Arc<dyn Clock>,
}

/// A call on a path that may be right, which its body has to show unless the key does.
#[derive(Debug)]
struct Addressed {
    caller: Caller,
    /// `None`: there is no such desk.
    desk: Option<(DeskName, ChatwootHook)>,
    /// It has shown the key of the desk.
    by_key: bool,
    /// `None`: the key in the path is enough.
    signed: Option<Signed>,
}

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/hooks/chatwoot/{desk}", post(event))
        .route("/hooks/chatwoot/{desk}/{hook_key}", post(event))
}

async fn event(
    extract::State(state): extract::State<State>,
    addressed: Addressed,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let (desk, reader, call) = addressed.admit(&state, &headers, sent).await?;
    desk::take(&state, &desk, call, move |body| reader.read(body)).await
}

impl Addressed {
    /// The desk that it has shown to know, and the call, which may have found no room since.
    async fn admit(
        self,
        state: &State,
        headers: &HeaderMap,
        sent: Body,
    ) -> Result<(DeskName, Reader, Result<InFlight>)> {
        let Self {
            caller,
            desk,
            by_key,
            signed,
        } = self;
        let limits = if by_key {
            state.limits(body::DEFAULT_MAX, state.hooks())
        } else {
            state.unproved_limits(body::DEFAULT_MAX)
        };
        let read = InFlight::read_as_sent(headers, sent, limits).await;
        let opens = |(_, hook): &(DeskName, ChatwootHook)| match (&signed, &read) {
            (Some(signed), Ok(call)) => hook.is_signed(signed, call.body()),
            (Some(_), Err(_)) => false,
            (None, _) => true,
        };
        let Some((desk, hook)) = desk.filter(opens) else {
            // What cannot be read is answered as it is to everybody.
            return Err(match read.err() {
                None => state.refuse(caller),
                Some(problem) if by_key || problem.kind() == Kind::Unavailable => problem,
                Some(problem) => state.refuse_body(caller, problem),
            });
        };
        let call = match read {
            Ok(call) if !by_key => call.pass(state.hooks()),
            read => read,
        };
        Ok((desk, hook.reader, call.map(InFlight::mended)))
    }
}

impl ChatwootHook {
    /// Whether the path is the one that was given to Chatwoot. A key where there is to be none is a wrong one.
    fn is_at(&self, key: Option<&str>) -> bool {
        match (&self.hook_key, key) {
            (Some(keys), key) => keys.matches(key.unwrap_or_default()),
            (None, key) => key.is_none() && self.signatures.is_some(),
        }
    }

    fn is_signed(&self, signed: &Signed, body: &[u8]) -> bool {
        let signatures = self.signatures.as_ref();
        signatures.is_some_and(|known| known.verify(signed, body, self.clock.now()))
    }
}

impl FromRequestParts<State> for Addressed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let desk = path.get("desk").and_then(|name| state.desk(name));
        let desk = desk.and_then(|desk| match &desk.hook {
            DeskHook::Chatwoot(hook) => Some((desk.name.clone(), hook.clone())),
            _ => None,
        });
        let key = path.get("hook_key");
        if key.is_some() && desk.is_none() {
            // Compared in any case, so that the time does not tell whether there is such a desk.
            Accepted::default().matches(key.unwrap_or_default());
        }
        let desk = desk.filter(|(_, hook)| hook.is_at(key));
        let is_enough = desk
            .as_ref()
            .is_some_and(|(_, hook)| hook.signatures.is_none());
        let signed = (!is_enough).then(|| {
            let clock = match &desk {
                Some((_, hook)) => Some(&hook.clock),
                None => clock_of_signed(state),
            };
            signed(&parts.headers)
                .filter(|signed| clock.is_some_and(|it| signed.is_fresh(it.now())))
        });
        // Without a key nothing is known until a signature has been looked at.
        if signed == Some(None) || (key.is_some() && desk.is_none()) {
            return Err(state.refuse(caller));
        }
        Ok(Self {
            caller,
            desk,
            by_key: key.is_some(),
            signed: signed.flatten(),
        })
    }
}

/// Of the desks that a signature alone opens: a call may be any one's of them. `None`: there are none, and nobody is heard.
fn clock_of_signed(state: &State) -> Option<&Arc<dyn Clock>> {
    state.desks().find_map(|desk| match &desk.hook {
        DeskHook::Chatwoot(hook) if hook.is_at(None) => Some(&hook.clock),
        _ => None,
    })
}

/// What the headers show, where each is there once.
fn signed(headers: &HeaderMap) -> Option<Signed> {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let (Some(only), None) = (values.next(), values.next()) else {
            return None;
        };
        only.to_str().ok()
    };
    Signed::read(only(TIMESTAMP_HEADER)?, only(SIGNATURE_HEADER)?)
}
