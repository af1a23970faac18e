//! `[admin]`: the operators' listener and what opens it.

mod answers;
mod users;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

pub use self::{
    answers::Answers,
    users::{Role, User},
};

use super::{
    fault::Problem,
    secrets::{self, Keys, Rule, Secrets},
    section::Section,
    value,
};
use crate::domain::ids::OperatorName;

/// The operators' side.
#[derive(Clone, Debug)]
pub struct Admin {
    pub listen: AdminListen,
    /// Bearer for the admin API. `None`: the admin API takes nobody.
    pub token: Option<Secrets>,
    /// Who may sign in at the console. Nobody: whoever has the token.
    pub users: BTreeMap<OperatorName, User>,
    /// Ready for agents to put into a reply.
    pub answers: Answers,
}

/// Where the operators' side is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminListen {
    Own(SocketAddr),
    /// On `server.listen`, beside the hooks.
    Server,
}

impl Admin {
    const TOKEN: Keys = Keys {
        key: "token",
        file: "token_file",
        hint: "give it a value",
    };

    /// `public` is where the hooks are served.
    pub(super) fn read(mut section: Section<'_>, public: Option<SocketAddr>) -> Option<Self> {
        let listen = section.defaulted("listen", |value| {
            if value::text(value)? == "server" {
                return Ok(AdminListen::Server);
            }
            value::socket_address(value).map(AdminListen::Own)
        });
        if let (Some(AdminListen::Own(own)), Some(public)) = (listen, public)
            && is_taken_by(own, public)
        {
            section.fault("listen", Problem::SharedAddress);
        }
        let token = secrets::optional(&mut section, Self::TOKEN, Rule::Unguessable { least: 32 });
        let users = users::read_all(section.table("users"));
        let answers = Answers::read(section.table("answers"));
        section.finish();
        Some(Self {
            listen: listen?,
            token,
            users,
            answers,
        })
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secrets> {
        let users = self.users.values().map(|user| &user.password_hash);
        self.token.iter().chain(users)
    }
}

/// Whether there can be no listener at the one address while there is one at the other.
fn is_taken_by(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = [one.ip(), other.ip()].iter().any(IpAddr::is_unspecified);
    // The system chooses another for each 0.
    one.port() != 0 && one.port() == other.port() && (everywhere || one.ip() == other.ip())
}
