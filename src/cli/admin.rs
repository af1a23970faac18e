//! The admin API of the running bridge, and the key to it.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Error,
    client::{Call, Client, Reply},
};
use crate::config::{AdminListen, Config};

pub(super) struct Admin<'c> {
    client: Client,
    token: &'c SecretString,
}

impl<'c> Admin<'c> {
    pub(super) fn of(config: &'c Config) -> Result<Self, Error> {
        let token = config
            .admin
            .token
            .as_ref()
            .ok_or(Error::NoAdminToken)?
            .first();
        let listen = match config.admin.listen {
            AdminListen::Own(listen) => listen,
            AdminListen::Server => config.server.listen,
        };
        Ok(Self {
            client: Client::new(listen)?,
            token,
        })
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, Error> {
        let call = Call {
            path,
            query,
            bearer: Some(self.token),
            ..Call::default()
        };
        Ok(self.client.send(call).await?)
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Reply, Error> {
        let call = Call {
            method: Method::POST,
            path,
            query: &[],
            bearer: Some(self.token),
            body: Some(body),
        };
        Ok(self.client.send(call).await?)
    }
}
