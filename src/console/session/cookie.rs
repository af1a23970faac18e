//! The cookie that holds a session's token, sealed by the password or the token that began it: when
//! that is another, the session is over.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::transport::Transport;
use crate::store::SessionId;

/// What only the browser knows.
pub(super) struct Token(String);

/// No source of random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoToken;

/// What a browser shows.
pub(super) struct Presented {
    token: String,
    seal: String,
}

const BYTES: usize = 32;

impl Token {
    pub(super) fn draw() -> Result<Self, NoToken> {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(|_| NoToken)?;
        Ok(Self(hex(&bytes)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn id(&self) -> SessionId {
        id_of(&self.0)
    }

    /// To be set over this transport; none where no session may be begun.
    pub(super) fn cookie(&self, credential: &str, transport: Transport) -> Option<HeaderValue> {
        let name = name(transport)?;
        let attributes = attributes(transport);
        let seal = hex(seal(&self.0, credential)?
            .finalize()
            .into_bytes()
            .as_slice());
        HeaderValue::try_from(format!("{name}={}.{seal}; {attributes}", self.0)).ok()
    }
}

impl Presented {
    pub(super) fn id(&self) -> SessionId {
        id_of(&self.token)
    }

    /// Whether the session was begun by what signs in today.
    pub(super) fn is_sealed_by(&self, credential: &str) -> bool {
        let presented = unhex(&self.seal);
        let expected = seal(&self.token, credential);
        presented
            .zip(expected)
            .is_some_and(|(presented, expected)| expected.verify_slice(&presented).is_ok())
    }
}

fn seal(token: &str, credential: &str) -> Option<Hmac<Sha256>> {
    let mut seal = Hmac::<Sha256>::new_from_slice(credential.as_bytes()).ok()?;
    seal.update(token.as_bytes());
    Some(seal)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
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
pub(super) fn presented(headers: &HeaderMap, transport: Transport) -> Option<Presented> {
    let name = name(transport)?;
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(found, _)| *found == name);
    let (Some((_, shown)), None) = (tokens.next(), tokens.next()) else {
        return None;
    };
    let (token, seal) = shown.split_once('.')?;
    let is_whole = token.len() == 2 * BYTES && seal.len() == 2 * BYTES;
    is_whole.then(|| Presented {
        token: token.to_owned(),
        seal: seal.to_owned(),
    })
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
