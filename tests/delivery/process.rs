//! The bridge as a process of its own, and the command line beside it.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
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

impl Process {
    /// Starts the bridge and waits until it listens.
    pub async fn start(folder: &Path, address: SocketAddr, config: &str) -> Self {
        let (file, log) = (folder.join("handover.toml"), folder.join("bridge.log"));
        fs::write(&file, config).unwrap();
        let output = File::create(&log).unwrap();
        let child = handover(&file, &["serve"])
            .stdout(output.try_clone().unwrap())
            .stderr(output)
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

    /// Waits for its end and gives the exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => return status.code(),
                    None => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        timeout(START, ended).await.expect("it ends")
    }

    /// How often it has logged this.
    pub fn logged(&self, message: &str) -> usize {
        let lines = self.lines();
        let logged = lines.iter().filter(|line| line["message"] == message);
        logged.count()
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.unwrap().success());
    }

    /// What the bridge has logged, or printed.
    pub fn lines(&self) -> Vec<Value> {
        let log = fs::read_to_string(&self.log).unwrap();
        log.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()))
            .collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
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
