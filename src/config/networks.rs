//! Which URLs and addresses a configuration may name. Pure: it judges what is written; what a name resolves to is
//! judged by `outbound` when it connects.

use std::{fmt, net::IpAddr};

use config::Value;
use ipnet::IpNet;
use url::{Host, Url};

use super::{fault::Problem, value};

/// A URL that the bridge calls. Its path and query may be secret, so `Debug` prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct CallUrl(Url);

impl CallUrl {
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A URL to which a path is added: no query.
    pub(super) fn into_base(self) -> Result<Self, Problem> {
        base_url(self.0).map(Self)
    }

    /// An address that is known to be good.
    pub(super) fn known(text: &'static str) -> Option<Self> {
        Url::parse(text).ok().map(Self)
    }

    pub(super) fn read(value: &Value, allowed: &[IpNet]) -> Result<Self, Problem> {
        let url = web_url(value, "a URL such as \"https://desk.example.com/hooks\"")?;
        judge(&url, allowed)?;
        Ok(Self(url))
    }
}

/// Of a template the host, if it is written out. What is filled in is judged when the call is made.
pub(super) fn judge_template(template: &str, allowed: &[IpNet]) -> Result<(), Problem> {
    let written = ["{{", "{%", "{#"].iter().fold(template, |text, mark| {
        text.split_once(mark).map_or(text, |(before, _)| before)
    });
    let host = written
        .split_once("://")
        .map_or("", |(_, behind_scheme)| behind_scheme);
    let is_whole = written.len() == template.len() || host.contains(['/', '?']);
    match Url::parse(written.trim()) {
        Ok(url) if is_whole && url.has_host() => judge(&url, allowed),
        _ => Ok(()),
    }
}

impl fmt::Debug for CallUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CallUrl({}://{})",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default()
        )
    }
}

/// A range of addresses; a single address is a range of one.
pub(super) fn read_range(value: &Value) -> Result<IpNet, Problem> {
    let text = value::text(value)?;
    let range = text.trim();
    range
        .parse()
        .or_else(|_| range.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| Problem::Expected("an IP range such as \"10.0.0.0/8\""))
}

fn judge(url: &Url, allowed: &[IpNet]) -> Result<(), Problem> {
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
        _ => Ok(()),
    }
}

/// A URL with a host and nothing in it that is not part of an address; else it is told what is expected.
pub(super) fn web_url(value: &Value, expected: &'static str) -> Result<Url, Problem> {
    let url = Url::parse(value::text(value)?.trim()).map_err(|_| Problem::Expected(expected))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Problem::Expected(expected));
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
