//! A log line is a line, whatever stands in it.

use std::{
    error::Error,
    fmt, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, Request},
};
use handover_bridge::{
    clock::{SystemClock, new_id},
    domain::policy::Policy,
    http::{
        NoSessions, Options, Watched, combined_router, secret::Accepted, shed::Capacity,
        tasks::Tasks,
    },
    store::{TranscriptLimits, sqlite},
    telemetry::{Instruments, json_lines},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing_subscriber::EnvFilter;

const REQUESTS: usize = 4_000;
const ERRORS: usize = 96_000;

/// Collects what is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

/// What somebody else has made up, with something under it.
#[derive(Debug)]
struct Strange(String, Option<Box<Strange>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Strange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Strange {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &dyn Error = self.1.as_deref()?;
        Some(source)
    }
}

#[tokio::test]
async fn a_hundred_thousand_fuzzed_lines_are_read_one_to_one() {
    let data = TempDir::new().unwrap();
    let router = router(&data);
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = json_lines(EnvFilter::new("info"), move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let mut random = fastrand::Rng::with_seed(29);

    for _ in 0..REQUESTS {
        let response = router.clone().oneshot(fuzzed_request(&mut random)).await;
        drop(response.unwrap());
    }
    let mut written = Vec::new();
    for _ in 0..ERRORS {
        let error = Strange(
            text(&mut random),
            Some(Strange(text(&mut random), None).into()),
        );
        let field = text(&mut random);
        let source: &dyn Error = &error;
        tracing::warn!(error = source, field, "a fuzzed line");
        written.push((error.0, field));
    }
    drop(guard);

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let mut read = log.split_terminator('\n').map(|line| {
        assert!(
            !line.contains(|c: char| c < ' '),
            "a bare control character in {line:?}"
        );
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    });
    for _ in 0..REQUESTS {
        let line = read.next().expect("a line for each request");
        assert_eq!(line["message"], "request answered");
        assert!(line["spans"][0]["request.id"].is_string());
    }
    for (error, field) in written {
        let line = read.next().expect("a line for each error");
        assert_eq!(line["error"], error);
        assert_eq!(line["field"], field);
    }
    assert_eq!(read.next(), None);
}

fn fuzzed_request(random: &mut fastrand::Rng) -> Request<Body> {
    let mut segments = String::new();
    for _ in 0..random.usize(1..4) {
        segments.push('/');
        segments.push_str(&percent_encoded(&text(random)));
    }
    let path = match random.u8(0..4) {
        0 => segments,
        1 => format!("/hooks/chatlayer{segments}"),
        2 => format!("/api/admin{segments}?{}", percent_encoded(&text(random))),
        _ => format!("/api/v1/handovers{segments}"),
    };
    let method = match random.u8(0..3) {
        0 => Method::GET,
        1 => Method::POST,
        _ => Method::from_bytes(b"M-SEARCH").unwrap(),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "bridge");
    for name in [
        "user-agent",
        "x-request-id",
        "traceparent",
        "authorization",
        "content-type",
    ] {
        // Whatever hyper would let through.
        if let Ok(value) = HeaderValue::from_bytes(text(random).as_bytes()) {
            request = request.header(name, value);
        }
    }
    request.body(Body::from(text(random))).unwrap()
}

fn text(random: &mut fastrand::Rng) -> String {
    const PIECES: [&str; 22] = [
        "\n",
        "\r\n",
        "\0",
        "\t",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "\u{9b}",
        "\u{2028}",
        "\u{202e}",
        "\"",
        "\\",
        "\\u000a",
        "}",
        "{\"level\":\"ERROR\"}",
        "%0a",
        "\u{fffd}",
        "\u{10ffff}",
        "é",
        "\u{8}",
        "a",
        " ",
    ];
    (0..random.usize(1..8))
        .map(|_| PIECES[random.usize(..PIECES.len())])
        .collect()
}

fn percent_encoded(text: &str) -> String {
    percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC)
        .to_string()
}

fn router(data: &TempDir) -> Router {
    let store = sqlite::Options {
        path: data.path().join("handover.db"),
        migrate: true,
        policy: Arc::new(Policy::default()),
        clock: Arc::new(SystemClock),
        new_id,
        transcript_limits: TranscriptLimits::new(),
        instruments: Instruments::default(),
    };
    let options = Options {
        store: Arc::new(store.open().unwrap()),
        bots: Vec::new(),
        desks: Vec::new(),
        admin: Accepted::default(),
        sessions: Arc::new(NoSessions),
        trusted_proxies: Vec::new(),
        decide_within: Duration::from_secs(1),
        body_within: Duration::from_secs(1),
        capacity: Capacity::default(),
        stopping: CancellationToken::new(),
        tasks: Tasks::default(),
        clock: Arc::new(SystemClock),
        watched: Watched::default(),
        instruments: Instruments::default(),
    };
    combined_router(options.build(), axum::Router::new())
}
