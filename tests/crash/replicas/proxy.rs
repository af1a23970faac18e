//! `HAProxy` as `deploy/compose/haproxy.cfg` has it, before replicas on loopback.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::SocketAddr,
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::bridge;

/// Killed when dropped.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    place: TempDir,
    pub door: SocketAddr,
}

const BACKEND: &str = "bridges";
const CONTROL: &str = "control";

impl Proxy {
    pub fn start(folder: &Path, replicas: &[SocketAddr]) -> Self {
        let [one, other] = replicas else {
            panic!("the proxy's configuration has two replicas");
        };
        let free = || bridge::free_address().to_string();
        let (door, console, health) = (free(), free(), free());
        // A socket's path may not be long.
        let place = tempfile::Builder::new().prefix("handover-").tempdir();
        let place = place.expect("a folder can be made");
        let control = place.path().join(CONTROL);
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/compose/haproxy.cfg");
        let mut config = fs::read_to_string(shipped).expect("the configuration is shipped");
        for (shipped, here) in [
            (
                "\nglobal\n",
                format!("\nglobal\n    stats socket {}\n", control.display()),
            ),
            (
                "bind :8443 ssl crt /run/secrets/tls.pem alpn http/1.1",
                format!("bind {door}"),
            ),
            (
                "bind :9443 ssl crt /run/secrets/tls.pem alpn http/1.1",
                format!("bind {console}"),
            ),
            ("bind 127.0.0.1:8404", format!("bind {health}")),
            ("bridge-1:8080", one.to_string()),
            ("bridge-2:8080", other.to_string()),
            ("bridge-1:8081", one.to_string()),
            ("bridge-2:8081", other.to_string()),
        ] {
            assert!(config.contains(shipped), "{shipped} is not shipped");
            config = config.replace(shipped, &here);
        }
        let file = folder.join("haproxy.cfg");
        fs::write(&file, config).expect("the round's folder can be written");
        let log = File::create(folder.join("haproxy.log"));
        let log = log.expect("the round's folder can be written");
        let program = Path::new("/usr/sbin/haproxy");
        let program = if program.exists() {
            program
        } else {
            Path::new("haproxy")
        };
        let child = Command::new(program)
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            .spawn()
            .expect(
                "haproxy is installed (Debian: apt-get install haproxy), as ./scripts/test does",
            );
        Self {
            child,
            place,
            door: door.parse().expect("it was an address"),
        }
    }

    /// Waits until the proxy has found every replica ready.
    pub async fn all_are_up(&self, within: Duration) -> bool {
        let asked = Instant::now();
        while asked.elapsed() < within {
            let states = self.states().unwrap_or_default();
            if !states.is_empty() && states.iter().all(|state| state == "UP") {
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// What the proxy thinks of each replica.
    fn states(&self) -> std::io::Result<Vec<String>> {
        let mut control = UnixStream::connect(self.place.path().join(CONTROL))?;
        control.write_all(b"show stat\n")?;
        let mut said = String::new();
        control.read_to_string(&mut said)?;
        let lines = said.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let servers = lines.filter(|line| {
            line.first() == Some(&BACKEND) && line.get(1).is_some_and(|name| *name != "BACKEND")
        });
        Ok(servers
            .filter_map(|line| line.get(17).map(|&state| state.to_owned()))
            .collect())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }
}
