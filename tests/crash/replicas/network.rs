//! How replicas reach the database and the desk, and how that is cut: by network namespaces, or, where these cannot be
//! made, by forwarders.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{forwarder::Forwarder, namespaces::Namespaces};

/// Which packets between a replica and somebody else vanish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Lost {
    /// All.
    All,
    /// Those that would come to the replica.
    Answers,
}

/// The others that a replica has to do with.
#[derive(Clone, Copy, Debug)]
pub struct Others<T> {
    pub database: T,
    pub desk: T,
}

#[derive(Debug)]
pub enum Network {
    Namespaces(Namespaces),
    /// Of each replica that was put up so far.
    Forwarders(Vec<Others<Forwarder>>),
}

impl Network {
    /// Says so, if it is not the real thing.
    pub fn build(machines: u8, rng: &mut fastrand::Rng) -> Self {
        match Namespaces::build(machines, rng) {
            Ok(namespaces) => Self::Namespaces(namespaces),
            Err(why) => {
                println!(
                    "no network namespaces here ({why}): forwarders cut the ways, a weaker test"
                );
                Self::Forwarders(Vec::new())
            }
        }
    }

    /// Where everybody can reach whoever listens here.
    pub fn home(&self) -> IpAddr {
        match self {
            Self::Namespaces(namespaces) => namespaces.home(),
            Self::Forwarders(_) => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// The address of a replica, and the words by which it is started there.
    pub fn machine(&self, number: usize) -> (IpAddr, Vec<String>) {
        match self {
            Self::Namespaces(namespaces) => namespaces.machine(number),
            Self::Forwarders(_) => (self.home(), Vec::new()),
        }
    }

    /// Where the next replica finds the others.
    pub async fn put_up(&mut self, others: Others<SocketAddr>) -> Others<SocketAddr> {
        let Self::Forwarders(all) = self else {
            return others;
        };
        let ways = Others {
            database: Forwarder::start(others.database).await,
            desk: Forwarder::start(others.desk).await,
        };
        let found = Others {
            database: ways.database.address,
            desk: ways.desk.address,
        };
        all.push(ways);
        found
    }

    /// From now on these packets between the replica and whoever it finds at this address vanish.
    pub fn cut(&self, number: usize, (whom, lost): (SocketAddr, Lost)) {
        match self {
            Self::Namespaces(namespaces) => namespaces.cut(number, whom.port(), lost),
            Self::Forwarders(all) => {
                let Others { database, desk } = &all[number];
                for way in [database, desk] {
                    if way.address == whom {
                        way.lose(Some(lost));
                    }
                }
            }
        }
    }

    pub fn heal(&self, number: usize) {
        match self {
            Self::Namespaces(namespaces) => namespaces.heal(number),
            Self::Forwarders(all) => {
                all[number].database.lose(None);
                all[number].desk.lose(None);
            }
        }
    }
}
