//! Where everything listens. All of it is bound before anything is built, since every part must know the others' addresses.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use url::Url;

use super::{DemoDesk, DemoError, tell};
use crate::{console, http::server};

/// Where the search for free ports begins, and how far it goes.
const FIRST_PORT: u16 = 8080;
const PORTS: u16 = 100;

/// The listeners.
pub(super) struct DemoListeners {
    pub(super) bridge: TcpListener,
    pub(super) admin: TcpListener,
    pub(super) chat: TcpListener,
    /// None: agents answer at the console.
    pub(super) desk: Option<TcpListener>,
    pub(super) addresses: Addresses,
}

pub(super) struct Addresses {
    pub(super) bridge_url: Url,
    pub(super) admin_address: SocketAddr,
    pub(super) admin_url: Url,
    pub(super) chat_url: Url,
    pub(super) desk_url: Url,
}

impl DemoListeners {
    pub(super) fn build(kind: DemoDesk) -> Result<Self, DemoError> {
        let mut next = FIRST_PORT;
        let (bridge, bridge_address) = bind("the bridge", &mut next)?;
        let (admin, admin_address) = bind("the admin API", &mut next)?;
        let (chat, chat_address) = bind("the chat", &mut next)?;
        let admin_url = root(admin_address)?;
        let (desk, desk_url) = if kind == DemoDesk::Console {
            (None, admin_url.join(console::HOME)?)
        } else {
            let (desk, address) = bind("the desk", &mut next)?;
            (Some(desk), root(address)?)
        };
        Ok(Self {
            bridge,
            admin,
            chat,
            desk,
            addresses: Addresses {
                bridge_url: root(bridge_address)?,
                admin_address,
                admin_url,
                chat_url: root(chat_address)?,
                desk_url,
            },
        })
    }
}

/// The first free port from `next` on.
fn bind(what: &str, next: &mut u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let (wanted, last) = (*next, FIRST_PORT.saturating_add(PORTS));
    loop {
        let port = *next;
        *next = next.saturating_add(1);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match server::listen(address) {
            Ok(listener) => {
                if port != wanted {
                    tell(&format!("Port {wanted} is taken, {what} uses {port}."))?;
                }
                return Ok((listener, address));
            }
            Err(source) if port >= last => {
                let first = FIRST_PORT;
                return Err(DemoError::NoPort {
                    first,
                    last,
                    source,
                });
            }
            Err(_) => {}
        }
    }
}

fn root(address: SocketAddr) -> Result<Url, url::ParseError> {
    Url::parse(&format!("http://{address}/"))
}
