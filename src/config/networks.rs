//! Which URLs and addresses a configuration may name. Pure: it judges what is written; what a name resolves to is
//! judged by `outbound` when it connects.

use std::net::IpAddr;

use config::Value;
use ipnet::IpNet;
use url::{Host, Url};

use super::{fault::Problem, value};

/// A list of ranges; a single address is a range of one.
pub(super) fn read_list(value: &Value) -> Result<Vec<IpNet>, Problem> {
    const EXPECTED: Problem = Problem::Expected("a list of IP ranges such as [\"10.0.0.0/8\"]");
    value::texts(value)?
        .iter()
        .map(|range| {
            let range = range.trim();
            range
                .parse()
                .or_else(|_| range.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| EXPECTED)
        })
        .collect()
}

/// A URL that the bridge may call.
pub(super) fn callable_url(value: &Value, allowed: &[IpNet]) -> Result<Url, Problem> {
    let url = web_url(value)?;
    let addresses = match url.host() {
        Some(Host::Ipv4(address)) => vec![IpAddr::from(address)],
        Some(Host::Ipv6(address)) => vec![IpAddr::from(address)],
        Some(Host::Domain(name)) if is_localhost(name) => {
            vec![
                IpAddr::from([127, 0, 0, 1]),
                IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
            ]
        }
        Some(Host::Domain(_)) | None => Vec::new(),
    };
    let listed = addresses.iter().any(|address| is_listed(*address, allowed));
    let plain = url.scheme() == "http";
    match (addresses.is_empty(), listed) {
        (false, false) if plain => Err(Problem::PlainHttp),
        (false, false) if addresses.iter().any(|address| is_plainly_private(*address)) => {
            Err(Problem::PrivateAddress)
        }
        (true, _) if plain && allowed.is_empty() => Err(Problem::PlainHttp),
        _ => Ok(url),
    }
}

/// A URL with a host and nothing in it that is not part of an address.
pub(super) fn web_url(value: &Value) -> Result<Url, Problem> {
    const EXPECTED: Problem = Problem::Expected("a URL such as \"https://desk.example.com/hooks\"");
    let url = Url::parse(value::text(value)?.trim()).map_err(|_| EXPECTED)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(EXPECTED);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Problem::UrlWithExtras);
    }
    Ok(url)
}

/// A URL to which a path is added: no query.
pub(super) fn base_url(url: Url) -> Result<Url, Problem> {
    if url.query().is_some() {
        Err(Problem::Expected("a URL without a query"))
    } else {
        Ok(url)
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

fn is_listed(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allowed.iter().any(|range| range.contains(&address))
}

/// The ranges that an operator can be told about before anything runs.
fn is_plainly_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}
