//! Bytes on a socket, as no well-behaved client would send them, and the answers to them.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::PATIENCE;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends the bytes on a connection of their own and reads until the other side closes it.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let mut stream = connect(address).await;
    // Refused half-way is an answer too.
    let _ = stream.write_all(bytes).await;
    rest(&mut stream).await
}

/// One request whose answer ends the connection.
pub async fn ask(address: SocketAddr, (method, path): (&str, &str), more: &str) -> Answer {
    let request = request((method, path), more);
    let mut answers = exchange(address, request.as_bytes()).await;
    assert_eq!(answers.len(), 1, "{method} {path}");
    answers.remove(0)
}

/// `more` are further headers, each with its line end, and behind an empty line a body.
pub fn request((method, path): (&str, &str), more: &str) -> String {
    let more = if more.contains("\r\n\r\n") {
        more.to_owned()
    } else {
        format!("{more}\r\n")
    };
    format!("{method} {path} HTTP/1.1\r\nhost: bridge\r\nconnection: close\r\n{more}")
}

/// A POST of a whole body.
pub fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    request(
        ("POST", path),
        &format!("{headers}content-length: {length}\r\n\r\n{body}"),
    )
}

/// The same in chunks.
pub fn post_chunked(path: &str, headers: &str, body: &str) -> String {
    let (first, last) = body.split_at(body.len() / 2);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let chunks = [first, last].map(|text| {
        if text.is_empty() {
            String::new()
        } else {
            chunk(text)
        }
    });
    request(
        ("POST", path),
        &format!(
            "{headers}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
            chunks.concat()
        ),
    )
}

/// Every answer that still comes.
pub async fn rest(stream: &mut TcpStream) -> Vec<Answer> {
    let mut bytes = Vec::new();
    // A reset ends it as well as a close does.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the connection stays open");
    let mut left = &bytes[..];
    let mut answers = Vec::new();
    while let Some((answer, length)) = parse(left) {
        answers.push(answer);
        left = &left[length..];
    }
    assert!(left.is_empty(), "{:?}", String::from_utf8_lossy(left));
    answers
}

/// The next answer, on a connection that may go on.
pub async fn next(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    loop {
        if let Some((answer, _)) = parse(&bytes) {
            return Some(answer);
        }
        let read = timeout(PATIENCE, stream.read_buf(&mut bytes)).await;
        if read.expect("no answer").unwrap_or(0) == 0 {
            return None;
        }
    }
}

/// The answer to a HEAD, which names the length of a body that does not come.
pub async fn head(stream: &mut TcpStream, bytes: &[u8]) -> Answer {
    stream.write_all(bytes).await.unwrap();
    let mut read = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut read))
        .await
        .expect("no end");
    let text = String::from_utf8(read).unwrap();
    let (answer, _) = parse(text.replace("content-length: ", "length: ").as_bytes()).unwrap();
    assert!(text.ends_with("\r\n\r\n"), "a HEAD has no body");
    answer
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands there twice");
        first
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// The kind of problem, as its `type` names it.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.rsplit(':').next().unwrap().to_owned()
    }
}

/// The first answer in these bytes if it is whole, and its length.
fn parse(bytes: &[u8]) -> Option<(Answer, usize)> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let text = str::from_utf8(&bytes[..head]).unwrap();
    let mut lines = text.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let body = bytes.get(head + 4..head + 4 + length)?;
    let body = str::from_utf8(body).unwrap().to_owned();
    let answer = Answer {
        status,
        headers,
        body,
    };
    Some((answer, head + 4 + length))
}
