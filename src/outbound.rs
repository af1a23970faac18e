//! The only HTTP client of the bridge, and the only place that builds the address of a call.
//!
//! Adapters build a [`Call`] and get an [`Answer`] or a [`CallError`] that knows its class. What holds for every call:
//! redirects are never followed, so credentials never reach another host; nothing is decompressed; no cookies, no
//! referer; at most [`ANSWER_LIMIT`] bytes of an answer are kept unless a call says otherwise; addresses that are not public are called only where
//! the operator listed them; nothing is repeated here, since only `delivery` knows whether it may be.

pub mod address;
mod call;
pub mod error;
pub mod proxy;
pub mod request;
mod retry_after;
pub mod template;
pub mod url;
pub mod webhook_signature;

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;
use reqwest::{StatusCode, redirect::Policy};

use self::address::{FilteringResolver, Lookup, Reach, SystemLookup};
use self::retry_after::{rate_limit_reset, retry_after, used_up};
use crate::domain::time::Clock;

pub use self::call::{Answer, Call};
pub use self::error::{CallError, Refusal};
pub use self::proxy::ProxySettings;
pub use self::url::{BaseUrl, Endpoint};

/// More than any vendor's answer needs; what comes after is not read.
pub const ANSWER_LIMIT: usize = 64 * 1024;

/// Covers name lookup, connection and TLS. A call that timed out later had a connection, so its bytes may have arrived:
/// that this is shorter than [`CALL_LIMIT`] is what tells the two apart.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// A lane's lease outlives this.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Shorter than the idle time of common servers and balancers, so that a call seldom meets a connection that is being closed.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// What tests put in the place of the machine's resolver and of long waits.
#[derive(Clone, Debug)]
pub(crate) struct Seams {
    pub lookup: Arc<dyn Lookup>,
    pub connect: Duration,
    pub call: Duration,
}

/// What the operator decides about calls.
#[derive(Clone, Debug)]
pub struct OutboundOptions {
    /// Ranges that are not public and yet may be called; plain http is taken only for these.
    pub allow_networks: Vec<IpNet>,
    pub proxy: Option<ProxySettings>,
    /// Whether somebody who is configured is called by https. If not, a machine without root certificates will do.
    pub needs_https: bool,
}

/// Makes the calls. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// None: this machine has no root certificates to check others' by.
    https: Option<reqwest::Client>,
    /// Plain http has a client of its own, whose names must resolve into the allowed ranges and nowhere else.
    http: reqwest::Client,
    networks: Arc<[IpNet]>,
    clock: Arc<dyn Clock>,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("cannot set up the http client")]
    Client(#[source] reqwest::Error),
    #[error(
        "an https address is configured and cannot be called; does this machine have root certificates \
         (the package ca-certificates, or SSL_CERT_FILE)?"
    )]
    Https(#[source] reqwest::Error),
    #[error("the proxy of HTTPS_PROXY is not an address")]
    Proxy(#[source] reqwest::Error),
}

impl Outbound {
    pub fn new(options: OutboundOptions, clock: Arc<dyn Clock>) -> Result<Self, OutboundError> {
        Self::with_seams(options, clock, &Seams::default())
    }

    pub(crate) fn with_seams(
        options: OutboundOptions,
        clock: Arc<dyn Clock>,
        seams: &Seams,
    ) -> Result<Self, OutboundError> {
        let OutboundOptions {
            allow_networks,
            proxy,
            needs_https,
        } = options;
        let networks: Arc<[IpNet]> = allow_networks.into();
        let resolver = |reach| FilteringResolver {
            reach,
            networks: Arc::clone(&networks),
            lookup: Arc::clone(&seams.lookup),
            exempt: proxy.as_ref().and_then(ProxySettings::host),
        };
        let mut https = builder(seams)
            .https_only(true)
            .dns_resolver(resolver(Reach::Public));
        if let Some(proxy) = &proxy {
            https = https.proxy(proxy.to_reqwest().map_err(OutboundError::Proxy)?);
        }
        let https = match https.build() {
            Err(fault) if needs_https => return Err(OutboundError::Https(fault)),
            built => built
                .inspect_err(|_| {
                    tracing::warn!(
                        "no root certificates on this machine: nothing can be called by https"
                    );
                })
                .ok(),
        };
        let http = builder(seams)
            .dns_resolver(resolver(Reach::AllowedOnly))
            // Nothing here is encrypted, so no certificate of the machine is needed.
            .tls_certs_only([])
            .build()
            .map_err(OutboundError::Client)?;
        Ok(Self {
            https,
            http,
            networks,
            clock,
        })
    }

    /// Makes one call. An answer outside 2xx is an error; a 2xx whose body broke off or was too long is an answer
    /// whose body cannot be read.
    pub async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let host = call.endpoint.host().to_owned();
        let reach = if call.endpoint.is_plain_http() {
            Reach::AllowedOnly
        } else {
            Reach::Public
        };
        if let Some(literal) = call.endpoint.literal_address() {
            reach
                .check(literal, &self.networks)
                .map_err(|source| CallError::AddressRefused {
                    host: host.clone(),
                    source,
                })?;
        }
        let client = if call.endpoint.is_plain_http() {
            Some(&self.http)
        } else {
            self.https.as_ref()
        };
        let client = client.ok_or_else(|| CallError::NoRoots { host: host.clone() })?;
        let limit = call.answer_limit;
        let request = call.into_request(client)?;
        let response = client
            .execute(request)
            .await
            .map_err(|source| CallError::from_transport(host.clone(), source))?;

        let status = response.status();
        let (headers, now) = (response.headers(), self.clock.now());
        let asked = match status {
            StatusCode::TOO_MANY_REQUESTS => {
                retry_after(headers, now).or_else(|| rate_limit_reset(headers, now))
            }
            _ => retry_after(headers, now),
        };
        let quiet_for = used_up(headers, now);
        let mut answer = Answer::read(response, limit).await;
        answer.quiet_for = quiet_for;
        if status.is_success() {
            return Ok(answer);
        }
        Err(CallError::Refused(Box::new(Refusal {
            host,
            status,
            retry_after: asked,
            body: answer.into_body(),
        })))
    }
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            lookup: Arc::new(SystemLookup),
            connect: CONNECT_LIMIT,
            call: CALL_LIMIT,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that builds an HTTP client"
)]
fn builder(seams: &Seams) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("handover-bridge/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(seams.connect)
        .timeout(seams.call)
        .pool_idle_timeout(IDLE_LIMIT)
}

#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
