//! Where a call came from, for the limit on failed calls.
//!
//! A forwarding header is believed only from the proxies in `server.trusted_proxies`, read from the right: the first
//! address that is not a trusted proxy is the source. What stands left of it is whatever the caller made up.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address of the other end of the connection. The accept loop puts it into each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Who is counted: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

/// Tells sources from proxies.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    trusted: Vec<IpNet>,
}

impl Source {
    /// Stands for everybody who cannot be told apart.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from_bits(
                v6.to_bits() & (u128::MAX << 64),
            ))),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl Sources {
    pub fn new(trusted: Vec<IpNet>) -> Self {
        Self { trusted }
    }

    pub fn of(&self, peer: Option<Peer>, headers: &HeaderMap) -> Source {
        let Some(Peer(peer)) = peer else {
            return Source::UNKNOWN;
        };
        let mut nearest = peer.to_canonical();
        if !self.trusts(nearest) {
            return nearest.into();
        }
        for hop in forwarded_for(headers) {
            match hop {
                Some(address) => nearest = address,
                None => break,
            }
            if !self.trusts(nearest) {
                break;
            }
        }
        nearest.into()
    }

    /// Whether the other end of the connection is one of the proxies.
    pub fn trusts_peer(&self, Peer(peer): Peer) -> bool {
        self.trusts(peer.to_canonical())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|range| range.contains(&address))
    }
}

/// The hops from the right; `None` where one is not an address.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
        .map(|hop| parse_hop(hop.trim()))
}

/// Some proxies write the port behind the address.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address: IpAddr = hop
        .parse()
        .or_else(|_| hop.parse::<SocketAddr>().map(|with_port| with_port.ip()))
        .ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, forwarded: &[&'static str]) -> Source {
        let sources = Sources::new(vec![
            "10.0.0.0/8".parse().unwrap(),
            "192.0.2.7/32".parse().unwrap(),
        ]);
        let headers = forwarded
            .iter()
            .map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()))
            .collect();
        sources.of(Some(Peer(peer.parse().unwrap())), &headers)
    }

    fn address(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_stranger_cannot_name_another_source() {
        assert_eq!(
            source("203.0.113.5", &["198.51.100.1"]),
            address("203.0.113.5")
        );
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_untrusted_address_counts() {
        assert_eq!(
            source("10.0.0.1", &["198.51.100.1, 203.0.113.5"]),
            address("203.0.113.5")
        );
        assert_eq!(
            source("10.0.0.1", &["203.0.113.5, 192.0.2.7, 10.9.9.9"]),
            address("203.0.113.5")
        );
        assert_eq!(
            source("10.0.0.1", &["198.51.100.1", "203.0.113.5"]),
            address("203.0.113.5")
        );
        assert_eq!(
            source("::ffff:10.0.0.1", &["203.0.113.5:4711"]),
            address("203.0.113.5")
        );
    }

    #[test]
    fn without_a_readable_hop_the_nearest_known_one_counts() {
        assert_eq!(source("10.0.0.1", &[]), address("10.0.0.1"));
        assert_eq!(
            source("10.0.0.1", &["203.0.113.5, unknown"]),
            address("10.0.0.1")
        );
        assert_eq!(
            source("10.0.0.1", &["unknown, 10.0.0.2"]),
            address("10.0.0.2")
        );
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
    }
}
