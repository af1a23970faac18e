//! A demo in a folder of its own: started, read, stopped.

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::talk::client;

/// Far more than anything here takes; a test that waits for ever says nothing.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Where a demo is started. Outlives the demo, so that another can be started in the same place.
pub struct Folder(TempDir);

/// A running demo; dropping it kills it.
pub struct Demo {
    pub printed: String,
    pub bridge: String,
    pub chat: String,
    pub desk: String,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `handover` in this folder, with nothing configured.
    pub fn handover(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
        command.current_dir(self.0.path()).args(arguments);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("HANDOVER_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command beside the demo that was started here, with the configuration that it left.
    pub fn beside(&self, arguments: &[&str]) -> Output {
        self.handover(&["--config", "data/demo.toml"])
            .args(arguments)
            .output()
            .unwrap()
    }

    pub fn start(&self) -> Demo {
        Demo::from_command(self.handover(&["demo", "--desk", "webhook"]), self)
    }

    /// With these arguments, as a newcomer would type them.
    pub fn start_as(&self, arguments: &[&str]) -> Demo {
        Demo::from_command(self.handover(arguments), self)
    }

    pub fn start_with(&self, variables: &[(&str, &str)]) -> Demo {
        let mut command = self.handover(&["demo", "--desk", "webhook"]);
        command.envs(variables.iter().copied());
        Demo::from_command(command, self)
    }

    /// How many handovers the bridge has open, as its operators see it.
    pub async fn open_handovers(&self) -> usize {
        let text = fs::read_to_string(self.file("data/demo.toml")).unwrap();
        let config: toml::Table = text.parse().unwrap();
        let admin = &config["admin"];
        let url = format!(
            "http://{}/api/admin/handovers",
            admin["listen"].as_str().unwrap()
        );
        let token = admin["token"].as_str().unwrap();
        let list = client().get(url).bearer_auth(token).send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        list["handovers"].as_array().expect("a list").len()
    }

    pub async fn until_no_handover_is_open(&self) {
        let asked = Instant::now();
        while self.open_handovers().await > 0 {
            assert!(asked.elapsed() < PATIENCE, "a handover stays open");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the demos of this folder have complained of.
    pub fn complaints(&self) -> String {
        fs::read_to_string(self.file("stderr")).unwrap_or_default()
    }
}

impl Demo {
    /// Reads what is printed up to the line that closes the introduction.
    fn from_command(mut command: Command, folder: &Folder) -> Self {
        let stderr = File::options()
            .create(true)
            .append(true)
            .open(folder.file("stderr"))
            .unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("stop: Ctrl-C") {
            let read = stdout.read_line(&mut printed).unwrap();
            assert!(
                read > 0,
                "the demo ended: {printed}\n{}",
                folder.complaints()
            );
        }
        let after = |words: &str| {
            let rest = printed.split_once(words).expect(words).1;
            let url = rest.split_whitespace().next().unwrap();
            url.trim_end_matches('/').to_owned()
        };
        Self {
            bridge: after("\n  bridge "),
            chat: after("Talk to the bot"),
            desk: after("Answer at the desk"),
            printed,
            child,
            _stdout: stdout,
        }
    }

    /// Ctrl-C, and how the process ended how long after.
    pub fn interrupt(mut self) -> (ExitStatus, Duration) {
        let pid = self.child.id().to_string();
        let sent = Instant::now();
        let kill = Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.unwrap().success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, sent.elapsed());
            }
            assert!(sent.elapsed() < PATIENCE, "the demo does not stop");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
