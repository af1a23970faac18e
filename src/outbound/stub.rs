//! A destination on loopback that answers what a test tells it to, byte for byte.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

use super::{BaseUrl, Outbound, OutboundOptions};
use crate::clock::SystemClock;

/// What the destination does once a request has arrived whole.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// These bytes, then the connection is closed.
    Answer(Vec<u8>),
    /// The first of these to the first request, and so on; then the connection is closed.
    InTurn(Vec<Vec<u8>>),
    /// These bytes, then the others again and again for as long as somebody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// Nothing; the connection is closed.
    HangUp,
    /// Nothing; the connection stays.
    Silent,
}

#[derive(Debug)]
pub(crate) struct Stub {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub(crate) async fn new(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, behaviour.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, requests }
    }

    pub(crate) async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::new(Behaviour::Answer(answer(status, headers, body))).await
    }

    /// Each answer by its status and its body.
    pub(crate) async fn in_turn(answers: &[(&str, String)]) -> Self {
        let answers = answers
            .iter()
            .map(|(status, body)| answer(status, "", body));
        Self::new(Behaviour::InTurn(answers.collect())).await
    }

    pub(crate) fn base(&self) -> BaseUrl {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// Heads and bodies as they arrived.
    pub(crate) async fn requests(&self) -> Vec<String> {
        self.requests.lock().await.clone()
    }
}

/// A client that may call loopback.
pub(crate) fn loopback() -> Outbound {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    Outbound::new(
        OutboundOptions {
            allow_networks,
            proxy: None,
            needs_https: false,
        },
        Arc::new(SystemClock),
    )
    .unwrap()
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

async fn serve(
    mut stream: TcpStream,
    behaviour: Behaviour,
    seen: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    let turn = {
        let mut seen = seen.lock().await;
        seen.push(request);
        seen.len() - 1
    };
    match behaviour {
        Behaviour::InTurn(answers) => {
            if let Some(bytes) = answers.get(turn) {
                stream.write_all(bytes).await?;
            }
        }
        Behaviour::Answer(bytes) => stream.write_all(&bytes).await?,
        Behaviour::Endless(head, more) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&more).await?;
            }
        }
        Behaviour::HangUp => {}
        Behaviour::Silent => std::future::pending().await,
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:")
                .and_then(|length| length.trim().parse::<usize>().ok())
        });
        if body.len() >= length.unwrap_or(0) {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
