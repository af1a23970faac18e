//! The bridge as a process of its own, and the command line beside it.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::Value;
use tokio::time::{sleep, timeout};

/// A running `handover serve`; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    config: PathBuf,
    log: PathBuf,
}

const START: Duration = Duration::from_mins(1);
/// Below the ports that the system hands out by itself.
const PORTS: (u16, u16) = (12_000, 18_000);

impl Process {
    /// Starts the bridge and waits until it listens.
    pub async fn start(folder: &Path, address: SocketAddr, config: &str) -> Self {
        let (file, log) = (folder.join("handover.toml"), folder.join("bridge.log"));
        fs::write(&file, config).unwrap();
        let child = handover(&file, &["serve"])
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let process = Self {
            child,
            config: file,
            log,
        };
        let listens = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(
            timeout(START, listens).await.is_ok(),
            "{:?}",
            process.lines()
        );
        process
    }

    /// Runs a subcommand with the same configuration.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = handover(&self.config, arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.unwrap().success());
    }

    /// What the bridge has logged.
    pub fn lines(&self) -> Vec<Value> {
        let log = fs::read_to_string(&self.log).unwrap();
        log.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()))
            .collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A loopback address that nobody listens on. The search begins elsewhere for each process and each call, since between
/// finding a port and listening on it another test could find the same.
pub fn free_address() -> SocketAddr {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let (first, count) = PORTS;
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let begin = u16::try_from((process::id() + call * 97) % u32::from(count)).unwrap();
    (0..count)
        .map(|next| first + (begin + next) % count)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

fn handover(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    command
        .args(arguments)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null());
    // What a developer has set for his own bridge is not for this one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HANDOVER_") {
            command.env_remove(name);
        }
    }
    command
}
