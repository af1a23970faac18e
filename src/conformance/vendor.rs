//! A vendor on loopback that answers what it is told, byte for byte, and remembers how it was called.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

use crate::outbound::BaseUrl;

/// What a vendor does once a call has arrived whole. The connection is closed after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Says {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// These very bytes.
    Raw(Vec<u8>),
    /// The head, then the piece again and again: so many times, or for as long as anybody reads.
    Pieces {
        head: Vec<u8>,
        piece: Vec<u8>,
        times: Option<u32>,
    },
    HangsUp,
    /// Nothing, and the connection stays.
    Silent,
}

/// A call as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// It is gone when it is dropped.
#[derive(Debug)]
pub struct Vendor {
    base: BaseUrl,
    state: Arc<State>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct State {
    answer: Mutex<Answer>,
    calls: Mutex<Vec<Call>>,
    /// How many bytes of answers were taken off it.
    written: AtomicU64,
}

impl Vendor {
    /// # Errors
    /// The machine gives no port, or no address that can be called.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let base = base.parse().map_err(io::Error::other)?;
        let state = Arc::new(State {
            answer: Mutex::new(Answer::HangsUp),
            calls: Mutex::default(),
            written: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.serve(stream).await });
            }
        });
        Ok(Self {
            base,
            state,
            accepting: accepting.abort_handle(),
        })
    }

    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// What every call is answered from now on.
    pub fn answers(&self, answer: Answer) {
        *lock(&self.state.answer) = answer;
    }

    /// The calls since this was last asked, in the order in which they came.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.state.calls))
    }

    /// How many bytes of answers have been taken off it since this was last asked.
    pub fn take_written(&self) -> u64 {
        self.state.written.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(call) = read_call(&mut stream).await? else {
            return Ok(());
        };
        lock(&self.calls).push(call);
        let answer = lock(&self.answer).clone();
        match answer {
            Answer::Says {
                status,
                headers,
                body,
            } => {
                let bytes = written(status, &headers, &body);
                self.write(&mut stream, &bytes).await?;
            }
            Answer::Raw(bytes) => self.write(&mut stream, &bytes).await?,
            Answer::Pieces { head, piece, times } => {
                self.write(&mut stream, &head).await?;
                let mut left = times;
                while left != Some(0) {
                    self.write(&mut stream, &piece).await?;
                    left = left.map(|left| left.saturating_sub(1));
                }
            }
            Answer::HangsUp => {}
            Answer::Silent => std::future::pending().await,
        }
        stream.shutdown().await
    }

    async fn write(&self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.written.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }
}

impl Answer {
    /// 200 and this JSON.
    pub fn json(body: &serde_json::Value) -> Self {
        Self::with(200, body.to_string())
    }

    /// This status and this body.
    pub fn with(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Says {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// With one more header, where there are headers.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

impl Call {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn written(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut head =
        format!("HTTP/1.1 {status} Told\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// One request with a `Content-Length` or without a body, as our client writes them.
async fn read_call(stream: &mut TcpStream) -> io::Result<Option<Call>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(call) = parsed(&bytes) {
            return Ok(Some(call));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

fn parsed(bytes: &[u8]) -> Option<Call> {
    const END: &[u8] = b"\r\n\r\n";
    let end = bytes.windows(END.len()).position(|window| window == END)?;
    let (head, rest) = bytes.split_at_checked(end)?;
    let body = rest.get(END.len()..)?;
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    Some(Call {
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        body: body.get(..length)?.to_vec(),
        headers,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
