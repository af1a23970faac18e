//! One kept connection to the bridge, as a caller has it: one request at a time, opened again when it broke.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What a call says.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    /// None makes it a GET.
    pub body: Option<Bytes>,
}

/// No answer came: whether the bridge has taken the call is unknown.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("no answer in time")]
    Late,
}

#[derive(Debug)]
pub struct Wire {
    to: SocketAddr,
    open: Option<http1::SendRequest<Full<Bytes>>>,
}

impl Wire {
    pub fn new(to: SocketAddr) -> Self {
        Self { to, open: None }
    }

    /// Connects, if the last connection is gone.
    pub async fn connect(&mut self) -> Result<(), NoAnswer> {
        if self.open.as_ref().is_some_and(|open| !open.is_closed()) {
            return Ok(());
        }
        let stream = TcpStream::connect(self.to)
            .await
            .map_err(NoAnswer::Connect)?;
        stream.set_nodelay(true).map_err(NoAnswer::Connect)?;
        let (open, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(NoAnswer::Broken)?;
        tokio::spawn(connection);
        self.open = Some(open);
        Ok(())
    }

    /// Sends one call and reads the whole answer, which is waited for as long as patience lasts.
    pub async fn send(
        &mut self,
        call: &Call,
        patience: Duration,
    ) -> Result<(StatusCode, Bytes), NoAnswer> {
        self.connect().await?;
        // Taken out: a call that is broken off leaves no half-used connection behind.
        let mut open = self.open.take().expect("it is connected");
        let answered = tokio::time::timeout(patience, async {
            let response = open.send_request(call.request(self.to)).await?;
            let status = response.status();
            let body = response.into_body().collect().await?;
            Ok((status, body.to_bytes()))
        });
        let answer = answered
            .await
            .map_err(|_| NoAnswer::Late)?
            .map_err(NoAnswer::Broken)?;
        self.open = Some(open);
        Ok(answer)
    }
}

impl Call {
    fn request(&self, to: SocketAddr) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(if self.body.is_some() { "POST" } else { "GET" })
            .uri(&self.path)
            .header(header::HOST, to.to_string())
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
            .body(Full::new(self.body.clone().unwrap_or_default()))
            .expect("the call is well-formed")
    }
}
