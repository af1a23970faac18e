//! Where calls go. The only code that turns an id into a part of a path.
//!
//! Neither type prints more than scheme and host: paths and queries may be secrets.

use std::{fmt, net::IpAddr, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// An address from the configuration under which calls are made: http or https, a host, no credentials, no fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// The whole address of one call.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// A text is no address for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("not a url")]
    Syntax(#[from] url::ParseError),
    #[error("the scheme is neither https nor http")]
    Scheme,
    #[error("a url must not hold a user name or password")]
    Credentials,
    #[error("a url to be called has no fragment")]
    Fragment,
    #[error("the path leaves its place")]
    DotSegment,
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

/// A value cannot stand as one segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    #[error("empty where an id is needed")]
    Empty,
    #[error("a dot segment where an id is needed")]
    Dots,
    #[error("longer than {MAX_SEGMENT} bytes where an id is needed")]
    TooLong,
}

/// Longer ids than this are refused where they come in, so none ever gets here.
const MAX_SEGMENT: usize = 256;

const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl BaseUrl {
    /// The address of a call below this one; each segment is encoded as one, whatever it holds.
    pub fn join(&self, segments: &[&str]) -> Result<Endpoint, SegmentError> {
        let mut path = self.0.path().trim_end_matches('/').to_owned();
        for segment in segments {
            path.push('/');
            path.push_str(&encode_segment(segment)?);
        }
        let mut url = self.0.clone();
        url.set_path(&path);
        Ok(Endpoint(url))
    }

    /// The address as it stands.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint(self.0.clone())
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The whole text, for templates and for showing an operator their own configuration. It may be a secret.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl Endpoint {
    /// The same address with a slash at its end, for vendors who would else answer with a redirect.
    #[must_use]
    pub fn with_slash(mut self) -> Self {
        let path = format!("{}/", self.0.path().trim_end_matches('/'));
        self.0.set_path(&path);
        self
    }

    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.0.query_pairs_mut().append_pair(name, value);
        self
    }

    /// For vendors that want their token in the query.
    #[must_use]
    pub fn secret_query(self, name: &str, value: &SecretString) -> Self {
        self.query(name, value.expose_secret())
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether the call goes to the same scheme, host and port as the base, so that the base's credentials may go along.
    pub fn is_at(&self, base: &BaseUrl) -> bool {
        self.0.origin() == base.0.origin()
    }

    /// Whether both are one address, whatever stands in their queries.
    pub(super) fn is_address_of(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin() && self.0.path() == other.0.path()
    }

    /// Takes a URL that a template has rendered, whose values are already encoded.
    pub(super) fn from_rendered(text: &str) -> Result<Self, UrlError> {
        if has_dot_segment(text) {
            return Err(UrlError::DotSegment);
        }
        parse(text).map(Self)
    }

    pub(super) fn is_plain_http(&self) -> bool {
        self.0.scheme() == "http"
    }

    pub(super) fn literal_address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    pub(super) fn into_url(self) -> Url {
        self.0
    }
}

/// Encodes a value as exactly one segment.
pub(super) fn encode_segment(value: &str) -> Result<String, SegmentError> {
    match value {
        "" => Err(SegmentError::Empty),
        "." | ".." => Err(SegmentError::Dots),
        _ if value.len() > MAX_SEGMENT => Err(SegmentError::TooLong),
        _ => Ok(utf8_percent_encode(value, KEPT).to_string()),
    }
}

fn parse(text: &str) -> Result<Url, UrlError> {
    check(Url::parse(text)?)
}

fn check(url: Url) -> Result<Url, UrlError> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(UrlError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    Ok(url)
}

/// Parsing a URL resolves `..` silently, also written `%2e%2e`, so it is looked for before.
fn has_dot_segment(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    })
}

impl TryFrom<Url> for BaseUrl {
    type Error = UrlError;

    fn try_from(url: Url) -> Result<Self, Self::Error> {
        check(url).map(Self)
    }
}

impl FromStr for BaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({}://{}/…)", self.0.scheme(), self.host())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}://{}/…)", self.0.scheme(), self.host())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn hostile_ids_stay_in_their_place() {
        let rows = [
            ("%2e%2e", "%252e%252e"),
            ("x?y", "x%3Fy"),
            ("x#y", "x%23y"),
            ("a/b", "a%2Fb"),
            ("a\\b", "a%5Cb"),
            ("..;", "..%3B"),
            ("é\n\t", "%C3%A9%0A%09"),
        ];
        for (id, encoded) in rows {
            let endpoint = base("https://api.example/v1/")
                .join(&["bots", id, "actions"])
                .unwrap();
            assert_eq!(
                endpoint.0.as_str(),
                format!("https://api.example/v1/bots/{encoded}/actions"),
                "{id}"
            );
        }
        for (id, error) in [
            ("", SegmentError::Empty),
            (".", SegmentError::Dots),
            ("..", SegmentError::Dots),
        ] {
            assert_eq!(base("https://api.example").join(&[id]), Err(error));
        }
        assert_eq!(
            base("https://api.example").join(&[&"x".repeat(257)]),
            Err(SegmentError::TooLong)
        );
    }

    #[test]
    fn queries_are_encoded_and_those_of_the_base_are_kept() {
        let endpoint = base("https://desk.example/hook?key=1")
            .endpoint()
            .query("version", "a&b=c");
        assert_eq!(
            endpoint.0.as_str(),
            "https://desk.example/hook?key=1&version=a%26b%3Dc"
        );
    }

    #[test]
    fn a_slash_is_put_at_the_end_once_and_stands_before_the_query() {
        let endpoint = base("https://api.example/v1/").join(&["a/"]).unwrap();
        let endpoint = endpoint.query("x", "1").with_slash().with_slash();
        assert_eq!(endpoint.0.as_str(), "https://api.example/v1/a%2F/?x=1");
    }

    #[test]
    fn a_base_is_http_or_https_without_credentials() {
        for text in [
            "ftp://a.example",
            "file:///etc/passwd",
            "https://",
            "a.example",
            "https://u:p@a.example",
            "https://a.example/#x",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
        for text in [
            "http://127.0.0.1:8080",
            "https://a.example",
            "https://a.example/v1/",
        ] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn odd_notations_of_an_address_are_seen_as_that_address() {
        for text in [
            "http://2130706433",
            "http://0177.0.0.1",
            "http://0x7f.1",
            "http://127.1",
            "http://①②⑦.0.0.1",
        ] {
            let address = base(text).endpoint().literal_address();
            assert_eq!(address, Some(IpAddr::from([127, 0, 0, 1])), "{text}");
        }
    }

    #[test]
    fn neither_path_nor_query_is_ever_printed() {
        let base = base("https://desk.example/canary?canary=1");
        let endpoint = base.join(&["canary"]).unwrap();
        assert_eq!(
            format!("{base:?} {endpoint:?}"),
            "BaseUrl(https://desk.example/…) Endpoint(https://desk.example/…)"
        );
    }

    proptest! {
        #[test]
        fn every_id_is_exactly_one_segment(id in ".{1,60}") {
            let base = base("https://api.example/v1");
            let Ok(endpoint) = base.join(&["bots", &id]) else {
                prop_assert!(id == "." || id == "..");
                return Ok(());
            };
            let url = endpoint.into_url();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            let decoded = percent_encoding::percent_decode_str(segments[2]).decode_utf8().unwrap();
            prop_assert_eq!(decoded, id);
            prop_assert!(url.query().is_none() && url.fragment().is_none());
        }
    }
}
