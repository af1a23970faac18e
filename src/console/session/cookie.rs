//! The cookie that holds a session's token.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest as _, Sha256};

use super::transport::Transport;
use crate::store::SessionId;

/// What only the browser knows.
pub(super) struct Token(String);

/// No source of random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoToken;

const BYTES: usize = 32;

impl Token {
    pub(super) fn draw() -> Result<Self, NoToken> {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(|_| NoToken)?;
        let mut text = String::with_capacity(2 * BYTES);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn id(&self) -> SessionId {
        id_of(&self.0)
    }

    /// To be set over this transport; none where no session may be begun.
    pub(super) fn cookie(&self, transport: Transport) -> Option<HeaderValue> {
        let name = name(transport)?;
        let attributes = attributes(transport);
        HeaderValue::try_from(format!("{name}={}; {attributes}", self.0)).ok()
    }
}

pub(super) fn id_of(token: &str) -> SessionId {
    SessionId(Sha256::digest(token).into())
}

/// Has the browser forget it.
pub(super) fn removal(transport: Transport) -> Option<HeaderValue> {
    let name = name(transport)?;
    let attributes = attributes(transport);
    HeaderValue::try_from(format!("{name}=; {attributes}; Max-Age=0")).ok()
}

/// The session whose token the call shows, where it shows exactly one.
pub(super) fn presented(headers: &HeaderMap, transport: Transport) -> Option<SessionId> {
    let name = name(transport)?;
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(found, _)| *found == name);
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) if token.len() == 2 * BYTES => Some(id_of(token)),
        _ => None,
    }
}

/// With the prefix a browser takes it from https alone, for this host alone.
const fn name(transport: Transport) -> Option<&'static str> {
    match transport {
        Transport::Https => Some("__Host-handover"),
        Transport::Loopback => Some("handover"),
        Transport::Plain => None,
    }
}

fn attributes(transport: Transport) -> &'static str {
    if transport == Transport::Https {
        "Path=/; HttpOnly; SameSite=Strict; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Strict"
    }
}
