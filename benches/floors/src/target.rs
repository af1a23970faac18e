//! Where calls go.

use std::{net::SocketAddr, str::FromStr};

use crate::Error;

/// An `http://` URL of an address and a port.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    /// With the query.
    pub path: String,
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        let rest = url
            .strip_prefix("http://")
            .ok_or("only http is spoken here")?;
        let slash = rest.find('/').ok_or("the URL has no path")?;
        let (address, path) = rest.split_at(slash);
        Ok(Self {
            address: address.parse()?,
            path: path.to_owned(),
        })
    }
}
