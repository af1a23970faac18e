//! The floor of a server that answers after the commit: SQLite, one writer, group commit.

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
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let writer = Writer::open(&arguments.file)?;
    let router = Router::new().route("/hooks", post(take)).with_state(writer);
    bare::serve(arguments.listen, router)
}

async fn take(
    State(writer): State<Writer>,
    body: Bytes,
) -> std::result::Result<Json<Value>, StatusCode> {
    Envelope::read(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let taken = writer.take(body).await;
    taken.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({})))
}
