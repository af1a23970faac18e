//! How the commands speak to the bridge that runs on this machine with the same configuration.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::config::hooks::local;

/// A bridge and the client to call it.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    listen: SocketAddr,
}

/// One call. The path is split so that nothing in it can leave its segment.
#[derive(Debug, Default)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) bearer: Option<&'a SecretString>,
    pub(super) basic: Option<(&'a str, &'a SecretString)>,
    pub(super) body: Option<&'a Value>,
}

/// What the bridge answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Why it refused, in its own words as far as it has any.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    title: Option<String>,
    detail: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the bridge at {listen} did not answer; is it running with this configuration?")]
    NoAnswer {
        listen: SocketAddr,
        #[source]
        source: reqwest::Error,
    },
    #[error("the client cannot be set up")]
    Setup(#[source] reqwest::Error),
    #[error("the listen address is no part of a URL")]
    Address(#[source] url::ParseError),
    #[error("the bridge refused with status {}{}", .status.as_u16(), .problem.in_brackets())]
    Refused {
        status: StatusCode,
        problem: Problem,
    },
    #[error("the bridge answered something that cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Client {
    #[expect(
        clippy::disallowed_methods,
        reason = "outbound calls vendors; this calls the bridge itself, on loopback"
    )]
    pub(super) fn new(listen: SocketAddr) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(Error::Setup)?;
        Ok(Self {
            http,
            listen: local(listen),
        })
    }

    pub(super) async fn send(&self, call: Call<'_>) -> Result<Reply, Error> {
        let no_answer = |source: reqwest::Error| Error::NoAnswer {
            listen: self.listen,
            source: source.without_url(),
        };
        let mut request = self
            .http
            .request(call.method, self.url(call.path)?)
            .query(call.query);
        if let Some(bearer) = call.bearer {
            request = request.bearer_auth(bearer.expose_secret());
        }
        if let Some((user, password)) = call.basic {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let reply = request.send().await.map_err(no_answer)?;
        let status = reply.status();
        let body = reply.bytes().await.map_err(no_answer)?.to_vec();
        Ok(Reply { status, body })
    }

    fn url(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = Url::parse(&format!("http://{}", self.listen)).map_err(Error::Address)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        Ok(url)
    }
}

impl Reply {
    /// A refusal is an error with the words of its problem.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.status.is_success() {
            return Ok(());
        }
        Err(Error::Refused {
            status: self.status,
            problem: serde_json::from_slice(&self.body).unwrap_or_default(),
        })
    }

    /// The JSON of a success.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.check()?;
        serde_json::from_slice(&self.body).map_err(Error::Unreadable)
    }
}

impl Problem {
    fn in_brackets(&self) -> String {
        match (&self.title, &self.detail) {
            (Some(title), Some(detail)) => format!(" ({title}: {detail})"),
            (Some(said), None) | (None, Some(said)) => format!(" ({said})"),
            (None, None) => String::new(),
        }
    }
}
