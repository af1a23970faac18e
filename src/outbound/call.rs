//! One call and its answer.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::{ANSWER_LIMIT, BaseUrl, CallError, Endpoint, error::Unsendable};
use crate::domain::{delivery::Done, json};

/// A call to be made. Faults of its parts come out of [`super::Outbound::send`], so that building one reads as one sentence.
#[derive(Debug)]
pub struct Call {
    pub(super) endpoint: Endpoint,
    method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
    pub(super) answer_limit: usize,
    fault: Option<Unsendable>,
}

/// A 2xx answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The vendor's limit is used up: it takes no more calls for so long, by its own account.
    pub quiet_for: Option<Duration>,
    host: String,
    body: Bytes,
    complete: bool,
}

impl Call {
    pub fn new(method: Method, endpoint: Endpoint) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            endpoint,
            method,
            headers,
            body: None,
            answer_limit: ANSWER_LIMIT,
            fault: None,
        }
    }

    pub fn get(endpoint: Endpoint) -> Self {
        Self::new(Method::GET, endpoint)
    }

    pub fn post(endpoint: Endpoint) -> Self {
        Self::new(Method::POST, endpoint)
    }

    pub fn delete(endpoint: Endpoint) -> Self {
        Self::new(Method::DELETE, endpoint)
    }

    /// Whether it goes to the same scheme, host and port as the base, so that the base's credentials may go along.
    pub fn is_at(&self, base: &BaseUrl) -> bool {
        self.endpoint.is_at(base)
    }

    /// Whether it goes to this address, whatever stands in its query.
    pub fn is_to(&self, endpoint: &Endpoint) -> bool {
        self.endpoint.is_address_of(endpoint)
    }

    /// Up to so many bytes of the answer are read, where a vendor's usual answer is longer than [`ANSWER_LIMIT`].
    #[must_use]
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    #[must_use]
    pub fn bearer(self, token: &SecretString) -> Self {
        self.token("Bearer", token)
    }

    #[must_use]
    pub fn basic(self, user: &str, password: &SecretString) -> Self {
        let pair = format!("{user}:{}", password.expose_secret());
        self.header(
            AUTHORIZATION.as_str(),
            &format!("Basic {}", BASE64_STANDARD.encode(pair)),
        )
    }

    /// A token under a scheme of the vendor's own.
    #[must_use]
    pub fn token(self, scheme: &str, token: &SecretString) -> Self {
        self.header(
            AUTHORIZATION.as_str(),
            &format!("{scheme} {}", token.expose_secret()),
        )
    }

    /// For vendors that want their token in the query.
    #[must_use]
    pub fn secret_query(mut self, name: &str, value: &SecretString) -> Self {
        self.endpoint = self.endpoint.secret_query(name, value);
        self
    }

    /// Its value may be a credential, so that is never printed; its name is, where it cannot be sent.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let fault = match (parsed, HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => return self.secret_header(name, value),
            (Err(_), _) => Unsendable::HeaderName(name.to_owned()),
            (Ok(_), Err(_)) => Unsendable::HeaderValue(name.to_owned()),
        };
        self.fault = Some(fault);
        self
    }

    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.json_bytes(bytes.into()),
            Err(_) => Self {
                fault: Some(Unsendable::Body),
                ..self
            },
        }
    }

    /// JSON that is already written, where a signature covers the very bytes.
    #[must_use]
    pub fn json_bytes(mut self, body: Bytes) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body);
        self
    }

    /// Whether its parts can be put on the wire, for a call that is only tried.
    pub(super) fn sendable(&self) -> Result<(), Unsendable> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    pub(super) fn into_request(
        self,
        client: &reqwest::Client,
    ) -> Result<reqwest::Request, CallError> {
        let host = self.endpoint.host().to_owned();
        if let Err(source) = self.sendable() {
            return Err(CallError::Unsendable { host, source });
        }
        let mut request = client
            .request(self.method, self.endpoint.into_url())
            .headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        request.build().map_err(|_| CallError::Unsendable {
            host,
            source: Unsendable::Url,
        })
    }

    fn secret_header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }
}

impl Answer {
    /// The body as JSON. HTML, broken JSON and a body that was cut off are one error: the call was probably taken.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        self.optional_json()?.ok_or_else(|| self.unreadable(None))
    }

    /// As [`Self::json`], but no body at all is `None`.
    pub fn optional_json<T: DeserializeOwned>(&self) -> Result<Option<T>, CallError> {
        if !self.complete {
            return Err(self.unreadable(None));
        }
        if self.body.trim_ascii().is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&self.body)
            .map(Some)
            .map_err(|fault| self.unreadable(Some(fault.classify())))
    }

    /// As much as there is of it; may hold what users wrote, so it is never printed.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The error of a caller that can read the JSON and makes nothing of it.
    pub fn not_understood(&self) -> CallError {
        self.unreadable(Some(serde_json::error::Category::Data))
    }

    pub(super) async fn read(mut response: reqwest::Response, limit: usize) -> Self {
        let (status, host) = (response.status(), host_of(&response));
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        let complete = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = limit.saturating_sub(body.len());
                    body.extend(chunk.iter().take(room));
                    if chunk.len() > room {
                        break false;
                    }
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        Self {
            status,
            headers,
            quiet_for: None,
            host,
            body: json::mend(body.freeze()),
            complete,
        }
    }

    pub(super) fn into_body(self) -> Bytes {
        self.body
    }

    fn unreadable(&self, fault: Option<serde_json::error::Category>) -> CallError {
        CallError::Unreadable {
            host: self.host.clone(),
            status: self.status,
            fault,
        }
    }
}

/// What every answer says by itself.
impl From<&Answer> for Done {
    fn from(answer: &Answer) -> Self {
        Self {
            quiet_for: answer.quiet_for,
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for Answer {
    /// Without headers and body: both may hold what users wrote or what vendors hand out as tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("host", &self.host)
            .field("length", &self.body.len())
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

fn host_of(response: &reqwest::Response) -> String {
    response.url().host_str().unwrap_or_default().to_owned()
}
