//! How a call has come here: that decides whether a session may be begun over it, and what its cookie is called.

use axum::{
    extract,
    extract::Request,
    http::{Extensions, HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::{
    console::{headers::Https, state::State},
    http::source::Peer,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// A proxy that is trusted says that it was called by https.
    Https,
    /// From this machine, without a proxy.
    Loopback,
    /// Plain http from elsewhere, or by a proxy that is not trusted: anybody on the way could take the session over.
    Plain,
}

impl Transport {
    pub(super) fn of(parts: &Parts, state: &State) -> Self {
        Self::known_by(&parts.extensions, &parts.headers, state)
    }

    fn known_by(extensions: &Extensions, headers: &HeaderMap, state: &State) -> Self {
        let Some(Peer(peer)) = extensions.get::<Peer>().copied() else {
            return Self::Plain;
        };
        if state.sources().trusts_peer(Peer(peer)) && is_https(headers) {
            return Self::Https;
        }
        let direct = [
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "forwarded",
        ]
        .iter()
        .all(|name| !headers.contains_key(*name));
        if peer.to_canonical().is_loopback() && direct && names_loopback(headers) {
            Self::Loopback
        } else {
            Self::Plain
        }
    }
}

/// Lets the answer demand https from then on.
pub(in crate::console) async fn mark_https(
    extract::State(state): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Response {
    if Transport::known_by(request.extensions(), request.headers(), &state) == Transport::Https {
        request.extensions_mut().insert(Https);
    }
    next.run(request).await
}

/// The proxy's own word is the last.
fn is_https(headers: &HeaderMap) -> bool {
    let last = headers.get_all("x-forwarded-proto").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok());
    last.and_then(|list| list.rsplit(',').next())
        .is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

/// A page elsewhere can have a name of its own lead to this machine.
fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}
