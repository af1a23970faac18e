//! The emulator's own way out: loopback only, no proxy, no redirects, short time-outs.
//!
//! It stands for the vendor's side of the wire, so it does not go through the bridge's `outbound`.
//! Errors never carry a URL: the hook key is part of it.

use std::time::Duration;

use reqwest::redirect::Policy;
use url::{Host, Url};

/// Longer than any answer the bridge promises; a caller that waits for ever would hide a fault.
const TIME_OUT: Duration = Duration::from_secs(10);

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the emulator calls loopback addresses only, by plain http")]
    NotLoopback,
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
    #[error("nothing can be signed with the webhook secret")]
    Secret,
}

/// A client for calls to `target` and nowhere else.
#[expect(
    clippy::disallowed_methods,
    reason = "plays the vendor; the bridge's own client would filter what is tested here"
)]
pub(super) fn build(target: &Url) -> Result<reqwest::Client, BuildError> {
    if !is_plain_loopback(target) {
        return Err(BuildError::NotLoopback);
    }
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        // Nothing here is encrypted; a machine without certificates of any authority must do.
        .tls_certs_only([])
        .timeout(TIME_OUT)
        .build()
        .map_err(BuildError::Client)
}

fn is_plain_loopback(url: &Url) -> bool {
    if url.scheme() != "http" {
        return false;
    }
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_called() {
        for (url, allowed) in [
            ("http://127.0.0.1:8080/hooks", true),
            ("http://[::1]:8080/", true),
            ("http://localhost/", true),
            ("http://192.0.2.7/", false),
            ("https://127.0.0.1/", false),
            ("http://localhost.example.com/", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(build(&url).is_ok(), allowed, "{url}");
        }
    }
}
