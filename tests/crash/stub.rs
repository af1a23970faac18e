//! What both stubs share: a server that can hang up, and the trouble it makes.

use std::{
    fmt,
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::ledger::{Answer, Arrival, LaneId, Ledger};

/// One call in so many is answered badly. Rare enough that the bridge's breaker has no reason to open.
const TROUBLE_ONE_IN: u32 = 60;

/// How a stub is started.
#[derive(Debug)]
pub struct Setting {
    pub ledger: Arc<Ledger>,
    pub address: IpAddr,
    /// Answers are late by up to this much.
    pub slowest: Duration,
    pub rng: fastrand::Rng,
}

impl Setting {
    /// Serves every connection, each call in a mood of its own.
    pub async fn serve<F>(
        self,
        take: impl Fn(Arc<Ledger>, Mood, Request<Incoming>) -> F + Clone + Send + 'static,
    ) -> SocketAddr
    where
        F: Future<Output = Result<Response<Full<Bytes>>, HangUp>> + Send + 'static,
    {
        let moods = Arc::new(Moods::new(self.rng, self.slowest));
        serve(self.address, move |request| {
            take(Arc::clone(&self.ledger), moods.next(), request)
        })
        .await
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
pub struct HangUp;

/// How the next call is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Hang up before the body is read.
    Deaf,
    /// Read the body, note it, wait, and give this answer.
    Hears(Answer, Duration),
}

/// Draws the moods from the round's seed.
pub struct Moods {
    rng: Mutex<fastrand::Rng>,
    slowest: Duration,
}

impl Moods {
    pub fn new(rng: fastrand::Rng, slowest: Duration) -> Self {
        Self {
            rng: Mutex::new(rng),
            slowest,
        }
    }

    pub fn next(&self) -> Mood {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let after = self.slowest.mul_f64(rng.f64());
        match rng.u32(0..TROUBLE_ONE_IN * 3) {
            0 => Mood::Deaf,
            1 => Mood::Hears(Answer::Refused, after),
            2 => Mood::Hears(Answer::Cut, after),
            _ => Mood::Hears(Answer::Taken, after),
        }
    }
}

/// Serves every connection on a free port until the runtime ends.
pub async fn serve<H, F>(address: IpAddr, handler: H) -> SocketAddr
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, HangUp>> + Send + 'static,
{
    let listener = TcpListener::bind((address, 0))
        .await
        .expect("the address has a free port");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(handler.clone());
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// The whole body, or a hang-up if the caller died while it sent it.
pub async fn read(request: Request<Incoming>) -> Result<Bytes, HangUp> {
    let body = request.into_body().collect().await.map_err(|_| HangUp)?;
    Ok(body.to_bytes())
}

/// Notes an arrival, waits, and answers it.
pub async fn note(
    ledger: &Ledger,
    lane: LaneId,
    arrival: Arrival,
    after: Duration,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let answer = arrival.answer;
    let receipt = ledger.arrive(lane, arrival);
    tokio::time::sleep(after).await;
    ledger.answer(receipt);
    match answer {
        Answer::Taken => Ok(respond(StatusCode::OK)),
        Answer::Refused => Ok(respond(StatusCode::SERVICE_UNAVAILABLE)),
        Answer::Cut => Err(HangUp),
    }
}

/// Notes something that no event explains; it is taken, so that it does not come again and again.
pub fn odd(ledger: &Ledger, what: impl fmt::Display) -> Response<Full<Bytes>> {
    ledger.odd(what.to_string());
    respond(StatusCode::OK)
}

pub fn respond(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    response
}
