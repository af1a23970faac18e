//! The desk's calls to the bridge. A call that may not have arrived is made again with the same key.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;
use url::Url;
use uuid::Uuid;

use super::event::{Done, Found};

/// How long to wait before each further attempt. After that the agent is told and may press again.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

pub(super) struct Bridge {
    client: Client,
    root: Url,
    token: SecretString,
}

/// Why the bridge did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("the bridge does not answer")]
    Away(#[source] reqwest::Error),
    #[error("the bridge answered {0}")]
    Refused(StatusCode),
    #[error("the handover id cannot stand in a path")]
    BadId,
}

#[derive(Deserialize)]
struct Stored {
    id: Value,
}

impl Bridge {
    pub(super) fn new(client: Client, root: Url, token: SecretString) -> Self {
        Self {
            client,
            root,
            token,
        }
    }

    /// Tells the bridge what an agent did. Answers the id under which it stands.
    pub(super) async fn tell(
        &self,
        handover: &str,
        done: &Done,
        key: Uuid,
    ) -> Result<String, Failed> {
        let url = self.url(&[handover, "events"])?;
        let request = || {
            let request = self.client.post(url.clone());
            request
                .header("idempotency-key", key.to_string())
                .json(done)
        };
        let response = self.call(request).await?;
        if !response.status().is_success() {
            return Err(Failed::Refused(response.status()));
        }
        let stored: Option<Stored> = response.json().await.ok();
        let id = stored.and_then(|stored| stored.id.as_str().map(str::to_owned));
        Ok(id.unwrap_or_default())
    }

    pub(super) async fn find(&self, handover: &str) -> Result<Option<Found>, Failed> {
        let url = self.url(&[handover])?;
        let response = self.call(|| self.client.get(url.clone())).await?;
        match response.status() {
            StatusCode::OK => response.json().await.map(Some).map_err(away),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(Failed::Refused(status)),
        }
    }

    async fn call(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, Failed> {
        let mut pauses = PAUSES.iter();
        loop {
            let answer = request()
                .bearer_auth(self.token.expose_secret())
                .send()
                .await;
            let again = match &answer {
                Ok(response) => passes(response.status()),
                Err(_) => true,
            };
            match pauses.next() {
                Some(pause) if again => sleep(*pause).await,
                _ => return answer.map_err(away),
            }
        }
    }

    /// The path below `/api/v1/handovers`, each part one segment.
    fn url(&self, parts: &[&str]) -> Result<Url, Failed> {
        let mut url = self.root.clone();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(Failed::BadId);
        }
        url.path_segments_mut()
            .map_err(|()| Failed::BadId)?
            .pop_if_empty()
            .extend(["api", "v1", "handovers"])
            .extend(parts);
        Ok(url)
    }
}

/// Whether the bridge asks for the same call once more.
fn passes(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}

fn away(error: reqwest::Error) -> Failed {
    Failed::Away(error.without_url())
}
