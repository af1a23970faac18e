//! Chatwoot's webhooks: one URL a desk, which is opened by Chatwoot's signature, by a key in the path, or by both.
//!
//! A signature is over the body, so a call that shows one and no key is heard out before it is let in, also where there is
//! no such desk: nothing but the answer to a right signature tells which desks there are. Until then it is anybody's, and
//! takes up nothing of what all hooks share.

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
    domain::{ids::DeskName, time::Timestamp},
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
}

/// A desk on Chatwoot, as calls reach it.
#[derive(Debug)]
struct Inbox {
    name: DeskName,
    hook: ChatwootHook,
}

/// What a call has shown before its body is read. A signature is worth nothing until the body has been seen to be what was
/// signed.
#[derive(Debug)]
enum Shown {
    Key,
    KeyAndSignature(Signed),
    Signature(Signed),
}

/// A call on a path that may be right.
#[derive(Debug)]
struct Addressed {
    caller: Caller,
    /// `None`: there is no such desk, which only a body that was heard out may learn.
    inbox: Option<Inbox>,
    shown: Shown,
}

/// A call that has shown to know its desk.
#[derive(Debug)]
struct Admitted {
    desk: DeskName,
    reader: Reader,
    /// It may have found no room since.
    call: Result<InFlight>,
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
    let Admitted { desk, reader, call } = addressed.admit(&state, &headers, sent).await?;
    desk::take(&state, &desk, call, move |body| reader.read(body)).await
}

impl Addressed {
    async fn admit(self, state: &State, headers: &HeaderMap, sent: Body) -> Result<Admitted> {
        let Self {
            caller,
            inbox,
            shown,
        } = self;
        let limits = match &inbox {
            Some(inbox) if shown.is_keyed() => {
                state.limits(body::DEFAULT_MAX, state.hooks_of(&inbox.name))
            }
            _ => state.unproved_limits(body::DEFAULT_MAX, caller),
        };
        let read = InFlight::read_as_sent(headers, sent, limits).await;
        let opens = |inbox: &Inbox| match (shown.signature(), &read) {
            (Some(signed), Ok(call)) => inbox.hook.is_signed(signed, call.body(), state.now()),
            (Some(_), Err(_)) => false,
            (None, _) => true,
        };
        let Some(Inbox { name, hook }) = inbox.filter(opens) else {
            // What cannot be read is answered as it is to everybody.
            return Err(match read.err() {
                None => state.refuse(caller),
                Some(problem) if shown.is_keyed() || problem.kind() == Kind::Unavailable => problem,
                Some(problem) => state.refuse_body(caller, problem),
            });
        };
        let call = match read {
            Ok(call) if !shown.is_keyed() => call.pass(state.hooks_of(&name)),
            read => read,
        };
        Ok(Admitted {
            desk: name,
            reader: hook.reader,
            call: call.map(InFlight::mended),
        })
    }
}

impl Shown {
    fn is_keyed(&self) -> bool {
        match self {
            Self::Key | Self::KeyAndSignature(_) => true,
            Self::Signature(_) => false,
        }
    }

    fn signature(&self) -> Option<&Signed> {
        match self {
            Self::Key => None,
            Self::KeyAndSignature(signed) | Self::Signature(signed) => Some(signed),
        }
    }
}

impl Inbox {
    fn named(state: &State, name: &str) -> Option<Self> {
        let desk = state.desk(name)?;
        match &desk.hook {
            DeskHook::Chatwoot(hook) => Some(Self {
                name: desk.name.clone(),
                hook: hook.clone(),
            }),
            _ => None,
        }
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

    fn is_signed(&self, signed: &Signed, body: &[u8], now: Timestamp) -> bool {
        let signatures = self.signatures.as_ref();
        signatures.is_some_and(|known| known.verify(signed, body, now))
    }
}

impl FromRequestParts<State> for Addressed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let inbox = path.get("desk").and_then(|name| Inbox::named(state, name));
        let key = path.get("hook_key");
        if let (Some(key), None) = (key, &inbox) {
            // Compared in any case, so that the time does not tell whether there is such a desk.
            Accepted::default().matches(key);
        }
        let inbox = inbox.filter(|inbox| inbox.hook.is_at(key));
        let is_signed = inbox.as_ref().map(|inbox| inbox.hook.signatures.is_some());
        let signature = || signed(&parts.headers).filter(|signed| signed.is_fresh(state.now()));
        let shown = match (key, is_signed) {
            (Some(_), Some(false)) => Some(Shown::Key),
            (Some(_), Some(true)) => signature().map(Shown::KeyAndSignature),
            // Nothing is known until the signature has been looked at: the call may be any one's that a signature opens.
            (None, _) if opens_by_signature(state) => signature().map(Shown::Signature),
            // A wrong key, no such desk, or none that a signature alone opens.
            (Some(_), None) | (None, _) => None,
        };
        let shown = shown.ok_or_else(|| state.refuse(caller))?;
        Ok(Self {
            caller,
            inbox,
            shown,
        })
    }
}

/// Whether a signature alone opens any desk.
fn opens_by_signature(state: &State) -> bool {
    state.desks().any(|desk| match &desk.hook {
        DeskHook::Chatwoot(hook) => hook.is_at(None),
        _ => false,
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
