//! As little HTTP/1.1 as both ends of a measurement need: kept connections, bodies with a length.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Result;

/// One end of a kept connection, one exchange at a time.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer the last message took.
    taken: usize,
}

/// One request or answer, as it lies in the buffer.
#[derive(Debug)]
pub struct Seen<'a> {
    /// `POST /path HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub first_line: &'a [u8],
    pub body: &'a [u8],
}

const HEAD_MAX: usize = 16 << 10;

impl Wire {
    pub async fn connect(to: SocketAddr) -> Result<Self> {
        Self::new(TcpStream::connect(to).await?)
    }

    pub fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
            taken: 0,
        })
    }

    /// Sends a request and waits for the answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Seen<'_>> {
        self.send(request).await?;
        let answer = self.receive().await?;
        answer.ok_or_else(|| "the server closed the connection".into())
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next message; none if the other end has closed the connection between two.
    pub async fn receive(&mut self) -> Result<Option<Seen<'_>>> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let (head, length) = loop {
            if let Some(head) = head_end(&self.buffer) {
                break (head, content_length(&self.buffer[..head])?);
            }
            if self.buffer.len() > HEAD_MAX {
                return Err("the head is too long".into());
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                if self.buffer.is_empty() {
                    return Ok(None);
                }
                return Err("the connection broke".into());
            }
        };
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection broke".into());
            }
        }
        self.taken = head + length;
        let first_line = self.buffer.split(|byte| *byte == b'\r').next();
        Ok(Some(Seen {
            first_line: first_line.unwrap_or_default(),
            body: &self.buffer[head..head + length],
        }))
    }
}

impl Seen<'_> {
    pub fn is_success(&self) -> bool {
        self.first_line.starts_with(b"HTTP/1.1 2")
    }

    /// The answer, for a fault.
    pub fn text(&self) -> String {
        let line = String::from_utf8_lossy(self.first_line);
        let body = String::from_utf8_lossy(self.body);
        format!("{line}: {body}")
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .map(|place| place + 4)
}

fn content_length(head: &[u8]) -> Result<usize> {
    let name = b"content-length:";
    for line in head.split(|byte| *byte == b'\n') {
        let Some((start, value)) = line.split_at_checked(name.len()) else {
            continue;
        };
        if start.eq_ignore_ascii_case(name) {
            return Ok(std::str::from_utf8(value)?.trim().parse()?);
        }
    }
    if head.starts_with(b"HTTP/1.1 204") || head.starts_with(b"GET ") {
        return Ok(0);
    }
    Err("a message without content-length".into())
}
