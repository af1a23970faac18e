//! The floor of a server whose rows are in PostgreSQL: what waits goes in one statement, which is a transaction of its
//! own, by `UNNEST`.
//!
//! No timer, as with SQLite. While one batch waits for the disk the next one is sent: the database commits more than one
//! connection's batches at a time.

use std::{net::SocketAddr, sync::Arc};

use axum::{Json, Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::{Client, NoTls};

use crate::{Result, bare, envelope::Envelope};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
    /// The database, in which there is nothing yet.
    #[arg(long)]
    database: String,
    /// As many batches are under way at most.
    #[arg(long, default_value_t = 2)]
    batches: usize,
}

/// As the floor of SQLite has it.
const BATCH: usize = 256;
const QUEUE: usize = 8192;

const TABLES: &str = "CREATE TABLE event (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message TEXT, session TEXT, body BYTEA);
     CREATE TABLE outbox (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event BIGINT, state INTEGER);";
const TAKE: &str = "WITH taken AS (INSERT INTO event (message, session, body) \
     SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) RETURNING id) \
     INSERT INTO outbox (event, state) SELECT id, 0 FROM taken";

struct Job {
    body: Bytes,
    taken: oneshot::Sender<()>,
}

type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

pub fn run(arguments: &Arguments) -> Result<()> {
    let (jobs, queue) = mpsc::channel(QUEUE);
    let router = Router::new().route("/hooks", post(take)).with_state(jobs);
    let writers = writers(arguments.database.clone(), arguments.batches, queue);
    bare::serve_beside(arguments.listen, router, writers)
}

async fn take(
    State(jobs): State<mpsc::Sender<Job>>,
    body: Bytes,
) -> std::result::Result<Json<Value>, StatusCode> {
    Envelope::read(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let (taken, told) = oneshot::channel();
    let gone = |_| StatusCode::SERVICE_UNAVAILABLE;
    jobs.send(Job { body, taken }).await.map_err(gone)?;
    told.await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({})))
}

/// Starts them, once the tables are there.
async fn writers(database: String, batches: usize, queue: mpsc::Receiver<Job>) -> Result<()> {
    let queue = Arc::new(Mutex::new(queue));
    connect(&database).await?.batch_execute(TABLES).await?;
    for _ in 0..batches {
        let (client, queue) = (connect(&database).await?, Arc::clone(&queue));
        tokio::spawn(async move {
            if let Err(error) = write(&client, &queue).await {
                eprintln!("a writer stopped: {error}");
                std::process::exit(1);
            }
        });
    }
    Ok(())
}

async fn connect(database: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn write(client: &Client, queue: &Queue) -> Result<()> {
    let statement = client.prepare(TAKE).await?;
    let mut batch = Vec::with_capacity(BATCH);
    while queue.lock().await.recv_many(&mut batch, BATCH).await > 0 {
        let (mut messages, mut sessions, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for job in &batch {
            let envelope = Envelope::read(&job.body)?;
            messages.push(envelope.messages.first().map(|item| item.message.id));
            sessions.push(envelope.session_id);
            bodies.push(&*job.body);
        }
        client
            .execute(&statement, &[&messages, &sessions, &bodies])
            .await?;
        for job in batch.drain(..) {
            // A caller that has gone needs no answer.
            let _ = job.taken.send(());
        }
    }
    Ok(())
}
