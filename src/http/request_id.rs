//! The id by which one request is found again: in the answer's header, in its log line and in its problem.
//!
//! A trusted proxy may name it, so that its log and ours can be read together. Anybody else who could would write into
//! our log, so for them it is always of our own making.

use axum::http::{HeaderMap, HeaderValue};

use super::source::{Peer, Sources};
use crate::clock::new_id;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

pub const HEADER: &str = "x-request-id";

const MAX_LENGTH: usize = 128;

impl RequestId {
    pub fn of(sources: &Sources, peer: Option<Peer>, headers: &HeaderMap) -> Self {
        let given = || {
            let mut values = headers.get_all(HEADER).iter();
            let (Some(only), None) = (values.next(), values.next()) else {
                return None;
            };
            is_plain(only).then(|| Self(only.clone()))
        };
        let named_by_proxy = peer.is_some_and(|peer| sources.trusts_peer(peer));
        named_by_proxy
            .then(given)
            .flatten()
            .unwrap_or_else(Self::new)
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    fn new() -> Self {
        let id = new_id().to_string();
        Self(HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unknown")))
    }
}

/// Whether it is an id and can be nothing else, wherever it is written.
fn is_plain(value: &HeaderValue) -> bool {
    (1..=MAX_LENGTH).contains(&value.len())
        && value
            .as_bytes()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn id(peer: &str, given: &[&'static str]) -> RequestId {
        let sources = Sources::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let headers = given
            .iter()
            .map(|value| (HEADER.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let peer: IpAddr = peer.parse().unwrap();
        RequestId::of(&sources, Some(Peer(peer)), &headers)
    }

    #[test]
    fn only_a_trusted_proxy_names_a_request() {
        assert_eq!(id("10.0.0.1", &["7F00:1_a.b-c"]).as_str(), "7F00:1_a.b-c");
        assert_eq!(id("::ffff:10.0.0.1", &["abc"]).as_str(), "abc");
        for stranger in [id("203.0.113.5", &["abc"]), id("10.0.0.1", &[])] {
            assert!(stranger.as_str().parse::<uuid::Uuid>().is_ok());
        }
    }

    #[test]
    fn what_is_not_plainly_one_id_is_replaced() {
        let long: &'static str = "x".repeat(MAX_LENGTH + 1).leak();
        for odd in [
            &["a", "b"][..],
            &[""],
            &["a b"],
            &["a\"b"],
            &["{}"],
            &["\u{e9}"],
            &[long],
        ] {
            assert!(
                id("10.0.0.1", odd).as_str().parse::<uuid::Uuid>().is_ok(),
                "{odd:?}"
            );
        }
    }
}
