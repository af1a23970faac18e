//! A proxy between a browser and the console, whose lines can be cut.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Through,
    /// Whoever connects is hung up on.
    Cut,
    /// As of a proxy whose server is being started again.
    BadGateway,
    /// As of a proxy that finds its servers by asking who is up.
    NotFound,
    /// As of a proxy with a page for the meantime.
    Maintenance,
    /// As of one whose page is a file, which takes no forms.
    Static,
    /// As of one that has something against what is sent through it.
    TooLarge,
}

/// What a file answers to a form: the status, the kind of its words and these.
const TAKES_NO_FORM: [&str; 3] = [
    "405 Not Allowed",
    "text/html",
    "<title>405 Not Allowed</title><h1>405 Not Allowed</h1>",
];

pub struct Proxy {
    pub root: String,
    line: watch::Sender<Line>,
}

impl Line {
    /// Whatever keeps a browser from what is behind the proxy.
    pub const DOWN: [Self; 5] = [
        Self::Cut,
        Self::BadGateway,
        Self::NotFound,
        Self::Maintenance,
        Self::Static,
    ];

    /// What the proxy says itself: the status, the kind of its words and these.
    const fn says(self) -> Option<[&'static str; 3]> {
        match self {
            Self::Through | Self::Cut => None,
            Self::BadGateway => Some(["502 Bad Gateway", "text/plain", ""]),
            Self::NotFound => Some(["404 Not Found", "text/plain", "404 page not found\n"]),
            Self::Maintenance | Self::Static => {
                Some(["200 OK", "text/html", "<title>Soon</title><h1>Soon</h1>"])
            }
            Self::TooLarge => Some([
                "413 Too Large",
                "text/html",
                "<title>413 Too Large</title><h1>413 Too Large</h1>",
            ]),
        }
    }
}

impl Proxy {
    /// `to`: the root of what is behind it.
    pub async fn start(to: &str) -> Self {
        let to: SocketAddr = to.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let (line, now) = watch::channel(Line::Through);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, to, now.clone()));
            }
        });
        Self { root, line }
    }

    /// Every connection that is open ends; those that come are treated like this.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Ends what is open, and takes what comes.
    pub fn drop_all(&self) {
        self.set(Line::Through);
    }
}

async fn carry(mut near: TcpStream, to: SocketAddr, mut line: watch::Receiver<Line>) {
    let now = *line.borrow_and_update();
    if let Some(page) = now.says() {
        let mut request = [0; 4096];
        let _ = near.read(&mut request).await;
        let is_form = request.starts_with(b"POST ");
        let [status, kind, words] = if now == Line::Static && is_form {
            TAKES_NO_FORM
        } else {
            page
        };
        let length = words.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{words}"
        );
        let _ = near.write_all(answer.as_bytes()).await;
    } else if now == Line::Through {
        let Ok(mut far) = TcpStream::connect(to).await else {
            return;
        };
        tokio::select! {
            _ = copy_bidirectional(&mut near, &mut far) => {}
            _ = line.changed() => {}
        }
    }
}
