//! `[server]`: where the vendors and the desks reach the bridge.

use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;
use url::Url;

use super::{networks, section::Section, value};

/// The public listener: hooks, desk API, probes.
#[derive(Clone, Debug)]
pub struct Server {
    pub listen: SocketAddr,
    /// How the world sees `listen`; `None` if it was left empty.
    pub public_url: Option<Url>,
    /// Peers whose `X-Forwarded-*` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// All peers together, on this listener.
    pub max_connections: usize,
    /// How long a connection may idle; to be longer than the load balancer's idle time.
    pub keep_alive: Duration,
    /// How long to go on accepting after SIGTERM.
    pub drain: Duration,
}

impl Server {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let listen = section.defaulted("listen", value::socket_address);
        let public_url = section.defaulted("public_url", |value| {
            if value::text(value)?.is_empty() {
                return Ok(None);
            }
            networks::web_url(value, "a URL such as \"https://bridge.example.com\"")
                .and_then(networks::base_url)
                .map(Some)
        });
        let trusted_proxies = section.list("trusted_proxies", networks::read_range);
        let max_connections = section.defaulted("max_connections", |value| {
            value::number(value, 1, 1_000_000)
        });
        let keep_alive = section.defaulted("keep_alive", value::some_duration);
        let drain = section.defaulted("drain", value::duration);
        section.finish();
        Some(Self {
            listen: listen?,
            public_url: public_url?,
            trusted_proxies: trusted_proxies?,
            max_connections: usize::try_from(max_connections?).unwrap_or(usize::MAX),
            keep_alive: keep_alive?,
            drain: drain?,
        })
    }
}
