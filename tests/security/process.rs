//! `handover serve` as a process of its own: for signals, and for memory that nobody else uses.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::time::sleep;

use crate::{PATIENCE, bridge::config, free_port::free_address};

pub struct Process {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub data: TempDir,
    child: Child,
}

impl Process {
    /// Nobody listens where it looks for its vendors. `drain` is how long it goes on accepting.
    pub async fn start(drain: &str) -> Self {
        let drain = format!("drain = \"{drain}\"");
        Self::start_with(|config| config.replace("drain = \"0s\"", &drain), &[]).await
    }

    /// With its configuration edited, and these in its environment.
    pub async fn start_with(
        edit: impl FnOnce(String) -> String,
        environment: &[(&str, &OsStr)],
    ) -> Self {
        let data = TempDir::new().unwrap();
        let [public, admin, nobody] = [(); 3].map(|()| free_address());
        let config = edit(config(data.path(), [public, admin, nobody, nobody]));
        let file = data.path().join("handover.toml");
        fs::write(&file, config).unwrap();
        let log = File::create(data.path().join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
        command.arg("serve").arg("--config").arg(&file);
        // What a developer has set for his own bridge is not for this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("HANDOVER_") {
                command.env_remove(name);
            }
        }
        command.envs(environment.iter().copied());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let process = Self {
            public,
            admin,
            data,
            child,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(public).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "{}", process.log());
            sleep(Duration::from_millis(10)).await;
        }
        process
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(kill.unwrap().success());
    }

    pub async fn end(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "{}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// What of its memory is in use, in bytes.
    pub fn memory(&self) -> usize {
        self.bytes("VmRSS:")
    }

    /// The most of its memory that was ever in use.
    pub fn peak(&self) -> usize {
        self.bytes("VmHWM:")
    }

    fn bytes(&self, which: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(which));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<usize>().unwrap() << 10
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("log")).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
