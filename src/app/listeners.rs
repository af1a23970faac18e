//! The sockets that the bridge listens on, and what is served on each.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use super::Error;
use crate::{
    config::{AdminListen, Config},
    http::{
        self, ConnectionMeter,
        server::{self, Server},
    },
    telemetry::Registry,
};

/// Bound listeners; a caller that has to know its own address first binds them itself.
#[derive(Debug)]
pub struct Listeners {
    pub public: TcpListener,
    /// None: the operators' side is on `public`.
    pub admin: Option<TcpListener>,
    /// What else is served for as long as the bridge runs.
    pub extra: Vec<(TcpListener, Router)>,
}

impl Listeners {
    pub fn bind(config: &Config) -> Result<Self, Error> {
        let public = listen(config.server.listen)?;
        let admin = match config.admin.listen {
            AdminListen::Own(address) => Some(listen(address)?),
            AdminListen::Server => None,
        };
        Ok(Self {
            public,
            admin,
            extra: Vec::new(),
        })
    }

    pub(super) fn serve(
        self,
        options: server::Options,
        state: http::State,
        console: Router<http::State>,
        metrics: &Registry,
    ) -> Vec<Server> {
        let Self {
            public,
            admin,
            extra,
        } = self;
        let mut routers = match admin {
            Some(admin) => vec![
                ("public", public, http::public_router(state.clone())),
                ("admin", admin, http::admin_router(state, console)),
            ],
            None => vec![("public", public, http::combined_router(state, console))],
        };
        let extra = extra.into_iter();
        routers.extend(extra.map(|(listener, router)| ("extra", listener, router)));
        routers
            .into_iter()
            .map(|(name, listener, router)| {
                let meter = ConnectionMeter::new(metrics, name);
                options.build(listener, router).metered(meter)
            })
            .collect()
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    server::listen(address).map_err(|source| Error::Listen { address, source })
}
