//! The floor of any axum server: parses the message, answers, keeps nothing.

use std::net::SocketAddr;

use axum::{Json, Router, body::Bytes, http::StatusCode, routing::post};
use clap::Args;
use serde_json::{Value, json};

use crate::{Result, envelope::Envelope};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    serve(arguments.listen, Router::new().route("/hooks", post(take)))
}

/// As the bridge's own main does it: all cores that it was given.
pub fn serve(listen: SocketAddr, router: Router) -> Result<()> {
    serve_beside(listen, router, async { Ok(()) })
}

/// The same, once something else has been begun in its runtime.
pub fn serve_beside(
    listen: SocketAddr,
    router: Router,
    begun: impl Future<Output = Result<()>>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        begun.await?;
        let listener = tokio::net::TcpListener::bind(listen).await?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn take(body: Bytes) -> std::result::Result<Json<Value>, StatusCode> {
    let envelope = Envelope::read(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    std::hint::black_box(&envelope);
    Ok(Json(json!({})))
}
