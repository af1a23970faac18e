//! Requests that two readers could understand differently: never does a second one come out of the first.
//!
//! Each item of the corpus hides `GET /smuggled`. The bridge's own accept loop must not see that as a request, neither
//! directly nor behind haproxy and nginx, which answer it themselves where they see one: if it arrives behind them, the
//! two have disagreed.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::Uri};
use handover_bridge::http::server::{Options, Shutdown};
use tokio::{net::TcpListener, time::sleep};

use crate::{PATIENCE, free_port::free_address, raw};

const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nHost: bridge\r\n\r\n";
/// When nothing more comes, the connection ends by itself.
const SHORT: Duration = Duration::from_millis(300);

/// What came through as requests of their own.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// `keep_alive` is how long it waits for a further request.
async fn bridge(keep_alive: Duration) -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let paths = seen.clone();
    let router = Router::new().fallback(move |uri: Uri, _whole: Bytes| {
        paths.0.lock().unwrap().push(uri.path().to_owned());
        async { "heard" }
    });
    let options = Options {
        head: SHORT,
        keep_alive,
        ..Options::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = options.build(listener, router);
    let address = server.local_addr().unwrap();
    tokio::spawn(server.run(Shutdown::default()));
    (address, seen)
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /first HTTP/1.1\r\nHost: bridge\r\n{headers}\r\n\r\n{body}")
}

/// Each with whether a reader may take the first request for what it is.
fn corpus() -> Vec<(String, bool)> {
    let mut corpus = Vec::new();
    let both = |length: usize| format!("Content-Length: {length}\r\nTransfer-Encoding: chunked");
    // CL.TE: one reader ends with the chunks and finds a second request in what the other takes for the body.
    let hidden_behind = format!("0\r\n\r\n{HIDDEN}");
    corpus.push((post(&both(hidden_behind.len()), &hidden_behind), true));
    // TE.CL: the other way round.
    let hidden_in_chunk = format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len());
    corpus.push((post(&both(4), &hidden_in_chunk), true));
    corpus.push((
        post(
            "Transfer-Encoding: chunked\r\nContent-Length: 4",
            &hidden_in_chunk,
        ),
        true,
    ));
    // TE.TE: a spelling that one reader knows for chunked and the other does not.
    for odd in [
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked, x",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked;x=1",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding\r\n : chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding: chunked\u{b}",
        "Transfer-Encoding: \0chunked",
        " Transfer-Encoding: chunked",
        "X: y\r Transfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\0\r\nTransfer-Encoding: chunked\u{7f}",
        "Transfer-Encoding: ch\u{212a}unked",
    ] {
        let headers = format!("{odd}\r\nContent-Length: 5");
        corpus.push((post(&headers, &hidden_behind), false));
        let headers = format!("Content-Length: 5\r\n{odd}");
        corpus.push((post(&headers, &hidden_behind), false));
    }
    // Lengths that are none, or two.
    for odd in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5;",
        "Content-Length: 99999999999999999999",
        "Content-Length : 5",
        "Content-Length:\r\n 5",
        "Content-Length: \u{b}5",
    ] {
        corpus.push((post(odd, &hidden_behind), false));
    }
    // Chunks whose length readers may read differently.
    for odd in [
        "0x0",
        "+0",
        "-0",
        "fffffffffffffffff0",
        "0\n",
        " 0",
        "0;\n",
        "0\r",
        ";",
        "g",
    ] {
        let body = format!("{odd}\r\n\r\n{HIDDEN}");
        corpus.push((post("Transfer-Encoding: chunked", &body), false));
    }
    corpus
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_hidden_in_a_request_becomes_one() {
    let (address, seen) = bridge(SHORT).await;
    for (item, may_be_heard) in corpus() {
        let answers = raw::exchange(address, item.as_bytes()).await;
        let seen = seen.take();
        assert!(
            seen.len() <= 1 && !seen.contains(&"/smuggled".to_owned()),
            "{item:?}: {seen:?}"
        );
        assert!(answers.len() <= 1, "{item:?}: {answers:?}");
        if !may_be_heard {
            assert!(
                answers.iter().all(|answer| answer.status == 400),
                "{item:?}: {answers:?}"
            );
            assert!(seen.is_empty(), "{item:?}: {seen:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_ends_without_its_carriage_return_hides_nothing() {
    let (address, seen) = bridge(SHORT).await;
    let hidden_behind = format!("0\r\n\r\n{HIDDEN}");
    for headers in [
        "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked",
    ] {
        let answers = raw::exchange(address, post(headers, &hidden_behind).as_bytes()).await;
        assert!(answers.len() <= 1, "{headers:?}: {answers:?}");
        assert!(
            !seen.take().contains(&"/smuggled".to_owned()),
            "{headers:?}"
        );
    }
}

/// A proxy between a client and the bridge. Where there is none on this machine there is nothing to disagree with;
/// `scripts/test` installs both.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Proxy {
    /// A test that passes without one would prove nothing; `scripts/test` installs both.
    async fn start(name: &str, bridge: SocketAddr) -> Self {
        let binary = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
            .map(|folder| Path::new(folder).join(name))
            .into_iter()
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("{name} is not installed"));
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        let config = folder.path().join("config");
        let (text, arguments) = match name {
            "haproxy" => (haproxy(address, bridge), vec!["-db", "-f"]),
            _ => (
                nginx(folder.path(), address, bridge),
                vec!["-e", "stderr", "-c"],
            ),
        };
        fs::write(&config, text).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(binary)
            .args(arguments)
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let began = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            let log = || fs::read_to_string(folder.path().join("log")).unwrap();
            assert!(began.elapsed() < PATIENCE, "{name}: {}", log());
            sleep(Duration::from_millis(10)).await;
        }
        Self {
            child,
            address,
            _folder: folder,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whoever sends a whole request has time to, on a busy machine too; what never ends has to be waited for.
fn haproxy(listen: SocketAddr, bridge: SocketAddr) -> String {
    format!(
        "global\n maxconn 100\ndefaults\n mode http\n timeout connect 5s\n timeout client 3s\n timeout server 5s\n \
         timeout http-keep-alive 300ms\n timeout http-request 3s\n\
         frontend f\n bind {listen}\n http-request deny if {{ path /smuggled }}\n default_backend b\n\
         backend b\n http-reuse always\n server bridge {bridge}\n"
    )
}

fn nginx(folder: &Path, listen: SocketAddr, bridge: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n access_log off;\n \
         client_body_temp_path {folder}/body;\n proxy_temp_path {folder}/proxy;\n fastcgi_temp_path {folder}/f;\n \
         uwsgi_temp_path {folder}/u;\n scgi_temp_path {folder}/s;\n keepalive_timeout 300ms;\n \
         client_header_timeout 3s;\n client_body_timeout 3s;\n\
         upstream bridge {{ server {bridge}; keepalive 4; }}\n\
         server {{\n listen {listen};\n location = /smuggled {{ return 403; }}\n\
         location / {{ proxy_pass http://bridge; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}\n }}\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_proxy_in_front_disagrees_with_the_bridge_about_where_a_request_ends() {
    for name in ["haproxy", "nginx"] {
        // Longer than the proxies, or they would now and then send on a connection that is just being closed.
        let (bridge, seen) = bridge(2 * PATIENCE).await;
        let proxy = Proxy::start(name, bridge).await;
        let plain = raw::ask(proxy.address, ("GET", "/plain"), "").await;
        assert_eq!(
            (plain.status, seen.take()),
            (200, vec!["/plain".to_owned()])
        );
        let mut forwarded = 0;
        for (item, _) in corpus() {
            // What the proxy says is its own affair.
            let mut stream = raw::connect(proxy.address).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, item.as_bytes()).await;
            let mut answered = Vec::new();
            let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answered);
            let _ = tokio::time::timeout(PATIENCE, read).await.expect("no end");
            // Whatever was left over on its connection to the bridge would now be read before this.
            let after = raw::ask(proxy.address, ("GET", "/after"), "").await;
            assert_eq!(after.status, 200, "{name}: {item:?}");
            let seen = seen.take();
            assert!(
                !seen.contains(&"/smuggled".to_owned()),
                "{name}: {item:?}: {seen:?}"
            );
            forwarded += seen.len() - 1;
        }
        assert!(forwarded > 0, "{name} has let nothing through");
    }
}
