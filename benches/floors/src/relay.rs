//! The end-to-end floor: message in, committed, answered, desk called, settled. The settle shares the commits.

use std::{net::SocketAddr, path::PathBuf};

use axum::{Json, Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use clap::Args;
use serde_json::{Value, json};

use crate::{Result, bare, envelope::Envelope, writer::Writer};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
    /// The database, which must not exist yet.
    #[arg(long)]
    file: PathBuf,
    #[arg(long)]
    desk: String,
}

#[derive(Clone, Debug)]
struct Relay {
    writer: Writer,
    client: reqwest::Client,
    desk: reqwest::Url,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let relay = Relay {
        writer: Writer::open(&arguments.file)?,
        client: reqwest::Client::builder().no_proxy().build()?,
        desk: arguments.desk.parse()?,
    };
    let router = Router::new().route("/hooks", post(take)).with_state(relay);
    bare::serve(arguments.listen, router)
}

async fn take(
    State(relay): State<Relay>,
    body: Bytes,
) -> std::result::Result<Json<Value>, StatusCode> {
    let message = message(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let row = relay.writer.take(body).await;
    let row = row.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    tokio::spawn(relay.deliver(row, message));
    Ok(Json(json!({})))
}

impl Relay {
    async fn deliver(self, row: i64, message: String) {
        let call = self
            .client
            .post(self.desk)
            .header("content-type", "application/json")
            .body(message);
        match call.send().await {
            Ok(answer) if answer.status().is_success() => self.writer.settle(row).await,
            Ok(answer) => eprintln!("the desk answered {}", answer.status()),
            Err(error) => eprintln!("the desk cannot be called: {error}"),
        }
    }
}

/// What the desk is told, of the shape that the bridge's desk protocol has.
fn message(body: &[u8]) -> Result<String> {
    let envelope = Envelope::read(body)?;
    let item = envelope.messages.first().ok_or("no message")?;
    let (session, id, text) = (
        envelope.session_id,
        item.message.id,
        item.message.text.get(),
    );
    Ok(format!(
        r#"{{"type":"message.created","data":{{"handover_id":"{session}","message":{{"id":"{id}","actor":"user","content":{{"type":"text","text":{text}}}}}}}}}"#
    ))
}
