//! A stop under load: whoever was connected before the bridge stopped accepting is answered, and what was answered with
//! 200 is in the file.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use crate::{
    bridge::{ADMIN_TOKEN, hook_path, stored, text},
    process::Process,
    raw,
};

const CLIENTS: usize = 16;
/// Between two messages of one client: together about 300 a second.
const PAUSE: Duration = Duration::from_millis(50);
const DRAIN: Duration = Duration::from_secs(5);
/// A stop may take 25 s with a drain of five.
const STOP_WITHIN: Duration = Duration::from_secs(25);
/// Whoever does not want to wait any more is obeyed within this, long before a drain is over, on a busy machine too.
const AT_ONCE: Duration = Duration::from_secs(15);
/// Between the last accept and the close the kernel may take one more connection, which was never the bridge's. It is
/// a moment, but a busy machine stretches it, and so does whoever finds out that nobody listens any more.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// What one client has seen.
#[derive(Debug, Default)]
struct Seen {
    accepted: usize,
    /// Connected, and then not answered; when.
    broken: Vec<Instant>,
    /// When it was first not let in.
    refused: Option<Instant>,
}

/// One message after the other, on a connection for as long as the bridge keeps it, until there is no new one.
async fn client(address: SocketAddr, next: Arc<AtomicUsize>) -> Seen {
    let mut seen = Seen::default();
    let mut open: Option<TcpStream> = None;
    loop {
        if open.is_none() {
            open = TcpStream::connect(address).await.ok();
        }
        let Some(mut stream) = open.take() else {
            seen.refused = Some(Instant::now());
            return seen;
        };
        let number = next.fetch_add(1, Ordering::SeqCst);
        let request =
            raw::post(&hook_path(), "", &text("s1", number)).replace("connection: close\r\n", "");
        let asked = Instant::now();
        let sent = stream.write_all(request.as_bytes()).await;
        match raw::next(&mut stream).await {
            Some(answer) if sent.is_ok() => {
                assert_eq!(answer.status, 200, "{}", answer.body);
                seen.accepted += 1;
                let closes = answer.header("connection") == Some("close");
                open = (!closes).then_some(stream);
            }
            _ => seen.broken.push(asked),
        }
        sleep(PAUSE).await;
    }
}

async fn connect(process: &Process) -> TcpStream {
    TcpStream::connect(process.public).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_fails_nobody_who_came_before_the_end_of_accepting() {
    let mut process = Process::start("5s").await;
    let next = Arc::<AtomicUsize>::default();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(process.public, next.clone()));
    }
    while next.load(Ordering::SeqCst) < 10 * CLIENTS {
        sleep(PAUSE).await;
    }
    let asked = Instant::now();
    process.signal("TERM");
    // Said while it still accepts: later nobody would be answered.
    let ready = loop {
        let ready = raw::ask(process.public, ("GET", "/readyz"), "").await;
        if ready.status != 200 {
            break ready;
        }
    };
    assert_eq!(
        (ready.status, ready.problem().as_str()),
        (503, "unavailable")
    );
    let all: Vec<Seen> = clients.join_all().await;
    let status = process.end().await;
    assert_eq!(status.code(), Some(0), "{}", process.log());
    assert!(asked.elapsed() < STOP_WITHIN, "{:?}", asked.elapsed());

    let stopped = all.iter().filter_map(|seen| seen.refused).min().unwrap();
    assert!(stopped - asked >= DRAIN, "it has not gone on accepting");
    let last_moment = stopped.checked_sub(LAST_MOMENT).unwrap();
    let failed: usize = all
        .iter()
        .map(|seen| {
            seen.broken
                .iter()
                .filter(|asked| **asked < last_moment)
                .count()
        })
        .sum();
    assert_eq!(failed, 0, "{}", process.log());
    let accepted: usize = all.iter().map(|seen| seen.accepted).sum();
    assert!(accepted > 10 * CLIENTS);
    let stored = stored(process.data.path());
    let broken: usize = all.iter().map(|seen| seen.broken.len()).sum();
    assert!(
        (accepted..=accepted + broken).contains(&stored),
        "{accepted} accepted, {stored} stored"
    );
}

#[tokio::test]
async fn an_interrupt_does_not_wait_and_a_second_signal_waits_for_nobody() {
    let mut process = Process::start("20s").await;
    let asked = Instant::now();
    process.signal("INT");
    assert_eq!(process.end().await.code(), Some(0), "{}", process.log());
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );

    // There is a trace to be sent and nobody who takes it, and a request that does not come to its end.
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp = format!("http://{}", collector.local_addr().unwrap());
    let environment = [("HANDOVER__TELEMETRY__OTLP_ENDPOINT", OsStr::new(&otlp))];
    let drains = |config: String| config.replace("drain = \"0s\"", "drain = \"20s\"");
    let mut process = Process::start_with(drains, &environment).await;
    let whole = raw::post(&hook_path(), "", &text("s1", 1));
    let [mut one, mut half] = [connect(&process).await, connect(&process).await];
    one.write_all(whole.as_bytes()).await.unwrap();
    assert_eq!(raw::next(&mut one).await.unwrap().status, 200);
    let (begun, _) = whole.split_at(whole.len() - 10);
    half.write_all(begun.as_bytes()).await.unwrap();
    let asked = Instant::now();
    process.signal("TERM");
    // Until it is told, the second would be the first.
    while raw::ask(process.public, ("GET", "/readyz"), "")
        .await
        .status
        == 200
    {}
    process.signal("TERM");
    assert_eq!(process.end().await.code(), Some(0), "{}", process.log());
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_bridge_whose_database_does_not_answer_can_be_stopped_while_it_starts() {
    for signal in ["TERM", "INT"] {
        let database = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = database.local_addr().unwrap();
        let url = format!("postgres://bridge@{address}/bridge?sslmode=disable");
        let environment = [("HANDOVER__STORE__URL", OsStr::new(&url))];
        let mut process = Process::start_with(|config| config, &environment).await;
        let _call = database.accept().await.unwrap();
        let asked = Instant::now();
        process.signal(signal);
        assert_eq!(process.end().await.code(), Some(0), "{}", process.log());
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn a_secret_on_a_disk_that_hangs_keeps_the_process_from_neither_hearing_nor_ending() {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("token");
    fs::write(&secret, ADMIN_TOKEN).unwrap();
    let given = format!("token = \"{ADMIN_TOKEN}\"");
    let in_file = format!("token_file = \"{}\"", secret.display());
    let edit = |config: String| config.replace(&given, &in_file);
    let mut process = Process::start_with(edit, &[]).await;
    fs::remove_file(&secret).unwrap();
    let made = Command::new("mkfifo").arg(&secret).status().unwrap();
    assert!(made.success());
    process.signal("HUP");
    // Opens when it is being read, and gives nothing.
    let disk = spawn_blocking(move || File::options().write(true).open(secret).unwrap());
    let disk = disk.await.unwrap();
    let asked = Instant::now();
    process.signal("TERM");
    assert_eq!(process.end().await.code(), Some(0), "{}", process.log());
    assert!(asked.elapsed() < STOP_WITHIN, "{:?}", asked.elapsed());
    drop(disk);
}
