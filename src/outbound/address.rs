//! Which addresses may be called.
//!
//! A name is filtered where it is resolved, and the connection goes to the very addresses that passed, so a name that
//! answers differently the next time gains nothing. Literal addresses are checked before the call, in whatever notation
//! they came, since parsing the URL has made one of them.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Name, Resolve, Resolving};

/// The address, or every address of the name, is one that the bridge does not call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    #[error("the address is neither public nor inside outbound.allow_networks")]
    NotPublic,
    #[error("plain http is taken only for addresses inside outbound.allow_networks")]
    PlainHttp,
}

/// How far calls of one scheme reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// https: public addresses, and the listed networks.
    Public,
    /// http: the listed networks, and only if no address of the name is public.
    AllowedOnly,
}

/// Looks names up.
#[async_trait]
pub(crate) trait Lookup: Send + Sync + fmt::Debug {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemLookup;

/// Stands between the HTTP client and the lookup.
#[derive(Clone, Debug)]
pub(super) struct FilteringResolver {
    pub reach: Reach,
    pub networks: Arc<[IpNet]>,
    pub lookup: Arc<dyn Lookup>,
    /// The proxy's own host, which the operator chose and which is seldom public.
    pub exempt: Option<String>,
}

impl Reach {
    pub(super) fn check(self, address: IpAddr, networks: &[IpNet]) -> Result<(), AddressRefused> {
        let address = address.to_canonical();
        let listed = networks.iter().any(|network| network.contains(&address));
        match self {
            _ if listed => Ok(()),
            Self::Public if is_public(address) => Ok(()),
            Self::Public => Err(AddressRefused::NotPublic),
            Self::AllowedOnly => Err(AddressRefused::PlainHttp),
        }
    }

    /// Those of a name's addresses that may be called. Plain http is refused altogether to a name that is partly public;
    /// an unlisted private address beside a listed one (the other loopback of `localhost`) is merely left out.
    fn admit(
        self,
        addresses: Vec<IpAddr>,
        networks: &[IpNet],
    ) -> Result<Vec<IpAddr>, AddressRefused> {
        let admits = |address: &IpAddr| self.check(*address, networks);
        let partly_public = addresses
            .iter()
            .any(|address| is_public(*address) && admits(address).is_err());
        let refusal = addresses.iter().find_map(|address| admits(address).err());
        let admitted: Vec<_> = addresses
            .into_iter()
            .filter(|address| admits(address).is_ok())
            .collect();
        match refusal {
            Some(refusal) if admitted.is_empty() || partly_public => Err(refusal),
            _ => Ok(admitted),
        }
    }
}

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}

impl Resolve for FilteringResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let found = this.lookup.lookup(name.as_str()).await?;
            let exempt = this.exempt.as_deref() == Some(name.as_str());
            let admitted = if exempt {
                found
            } else {
                this.reach.admit(found, &this.networks)?
            };
            let addresses: reqwest::dns::Addrs =
                Box::new(admitted.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// Whether the address is one of the public internet, by the special-purpose registries of IANA.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [Ipv4Net; 16] = [
        v4([0, 0, 0, 0], 8),
        v4([10, 0, 0, 0], 8),
        v4([100, 64, 0, 0], 10),
        v4([127, 0, 0, 0], 8),
        v4([169, 254, 0, 0], 16),
        v4([172, 16, 0, 0], 12),
        v4([192, 0, 0, 0], 24),
        v4([192, 0, 2, 0], 24),
        v4([192, 88, 99, 0], 24),
        v4([192, 168, 0, 0], 16),
        v4([198, 18, 0, 0], 15),
        v4([198, 51, 100, 0], 24),
        v4([203, 0, 113, 0], 24),
        // The metadata service of a cloud that gave it an address among public ones.
        v4([168, 63, 129, 16], 32),
        v4([224, 0, 0, 0], 4),
        v4([240, 0, 0, 0], 4),
    ];
    !SPECIAL.iter().any(|network| network.contains(&address))
}

/// Only `2000::/3` has been given out, and not all of it. An address that carries another inside is judged by that one
/// (NAT64) or refused (6to4 and Teredo, which nobody's desk uses any more).
fn is_public_v6(address: Ipv6Addr) -> bool {
    const GIVEN_OUT: Ipv6Net = v6([0x2000, 0], 3);
    const SPECIAL: [Ipv6Net; 4] = [
        v6([0x2001, 0], 23),
        v6([0x2001, 0xdb8], 32),
        v6([0x2002, 0], 16),
        v6([0x3fff, 0], 20),
    ];
    const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);

    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    GIVEN_OUT.contains(&address) && !SPECIAL.iter().any(|network| network.contains(&address))
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b]: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn special_addresses_are_not_public() {
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in special {
            assert!(!is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        let ordinary = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
        ];
        for text in ordinary {
            assert!(is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn https_drops_what_is_not_public_and_keeps_what_is_listed() {
        let listed: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let found = ["127.0.0.1", "10.1.2.3", "8.8.8.8"].map(ip).to_vec();
        assert_eq!(
            Reach::Public.admit(found.clone(), &listed),
            Ok(vec![ip("10.1.2.3"), ip("8.8.8.8")])
        );
        assert_eq!(Reach::Public.admit(found, &[]), Ok(vec![ip("8.8.8.8")]));
        assert_eq!(
            Reach::Public.admit(vec![ip("127.0.0.1")], &listed),
            Err(AddressRefused::NotPublic)
        );
    }

    #[test]
    fn http_is_refused_to_a_name_that_is_partly_public() {
        let listed: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(
            Reach::AllowedOnly
                .admit(vec![ip("10.1.2.3"), ip("::ffff:10.0.0.1")], &listed)
                .is_ok()
        );
        let localhost = vec![ip("::1"), ip("10.0.0.1")];
        assert_eq!(
            Reach::AllowedOnly.admit(localhost, &listed),
            Ok(vec![ip("10.0.0.1")])
        );
        assert!(Reach::AllowedOnly.admit(vec![ip("::1")], &listed).is_err());
        let mixed = vec![ip("10.1.2.3"), ip("8.8.8.8")];
        assert_eq!(
            Reach::AllowedOnly.admit(mixed, &listed),
            Err(AddressRefused::PlainHttp)
        );
    }
}
