//! The example desks, started as a person would start them.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    desk::{Api, TOKEN, secret, signed},
    stub::client,
};

/// Long enough for a build on a slow machine, should the example not be built yet.
const PATIENCE: Duration = Duration::from_mins(5);

/// A program at whose terminal somebody sits.
struct Terminal {
    program: Child,
    keys: ChildStdin,
    lines: mpsc::Receiver<String>,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        let mut program = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (print, lines) = mpsc::channel(64);
        let output = BufReader::new(program.stdout.take().unwrap());
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| print.blocking_send(line))
        });
        let keys = program.stdin.take().unwrap();
        Self {
            program,
            keys,
            lines,
        }
    }

    async fn sees(&mut self, text: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.lines.recv())
                .await
                .expect("the desk prints on");
            let line = line.unwrap_or_else(|| panic!("the desk ended before it printed {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    fn types(&mut self, line: &str) {
        writeln!(self.keys, "{line}").unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[tokio::test]
async fn the_python_desk_answers_and_closes() {
    let mut command = Command::new("python3");
    command.arg("examples/desk.py");
    answers_and_closes(command).await;
}

#[tokio::test]
async fn the_rust_desk_answers_and_closes() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--example", "desk"]);
    // As the tests were built, so that it is there already.
    if cfg!(feature = "conformance") {
        command.args(["--features", "conformance"]);
    }
    command.arg("--");
    answers_and_closes(command).await;
}

async fn answers_and_closes(mut command: Command) {
    let shutdown = CancellationToken::new();
    let (bridge, address) = Api::start(&shutdown).await;
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["--port", "0", "--bridge", &format!("http://{address}")]);
    command
        .env("DESK_SECRET", secret())
        .env("DESK_TOKEN", TOKEN);
    let mut desk = Terminal::start(command);
    let listens = desk.sees("listens on").await;
    let hook = listens.split("listens on ").nth(1).unwrap().to_owned();
    let http = client();

    let opened = json!({"type": "handover.opened", "timestamp": "2026-01-01T00:00:00.000Z", "data": {
        "handover": {"id": "h1", "bot": "demo", "language": null, "payload": null, "user": {"id": "u", "first_name": "Aoife"}},
        "transcript": [{"id": "m1", "seq": 1, "actor": "user", "at": "2026-01-01T00:00:00.000Z", "content": {"type": "text", "text": "help"}}],
    }})
    .to_string();
    let forged = http
        .post(&hook)
        .header("webhook-id", "c1")
        .body(opened.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status(), 401);
    for _ in 0..2 {
        assert_eq!(
            signed(http.post(&hook), "c1", &opened)
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
    desk.sees("Aoife asks for a person").await;
    desk.sees("user: help").await;

    desk.types("/join Ann");
    assert_eq!(
        bridge.told(1).await[0].body,
        json!({"type": "attended", "agent": {"name": "Ann"}})
    );
    *bridge.refusals.lock().unwrap() = vec![
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    let began = Instant::now();
    desk.types("Hello, I am Ann");
    let said = json!({"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}});
    let attempts = bridge.told(5).await.split_off(1);
    assert!(
        began.elapsed() >= Duration::from_secs(6),
        "sooner than asked"
    );
    for attempt in &attempts {
        assert_eq!((&attempt.key, &attempt.body), (&attempts[0].key, &said));
    }
    let created = json!({"type": "message.created", "timestamp": "2026-01-01T00:00:00.000Z", "data": {
        "handover_id": "h1", "message": {"id": "m2", "seq": 2, "actor": "user", "at": "2026-01-01T00:00:00.000Z", "content": {"type": "text", "text": "thanks"}},
    }});
    assert_eq!(
        signed(http.post(&hook), "c2", &created.to_string())
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    desk.sees("user: thanks").await;
    let anew = signed(http.post(&hook), "c3", &opened).send().await;
    assert_eq!(anew.unwrap().status(), 200);
    desk.sees("Aoife asks for a person").await;
    desk.types("/list");
    desk.sees("1* h1").await;
    desk.types("/take 2");
    desk.sees("no such handover").await;
    desk.types("/close solved");
    assert_eq!(
        bridge.told(6).await[5].body,
        json!({"type": "closed", "reason": "solved"})
    );
    desk.sees("-- closed").await;
    desk.types("anybody?");
    desk.sees("nobody is here").await;
    shutdown.cancel();
}
