//! A configuration file, and the binary that reads it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output},
};

use tempfile::TempDir;

pub const ADMIN_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A configuration file whose listeners are where `address` says.
pub struct Setup {
    pub directory: TempDir,
    address: SocketAddr,
}

impl Setup {
    pub fn new(address: SocketAddr) -> Self {
        let setup = Self {
            directory: tempfile::tempdir().unwrap(),
            address,
        };
        setup.append("");
        setup
    }

    /// Everybody that a probe calls is on loopback.
    pub fn probing(platform: SocketAddr, desk: SocketAddr) -> Self {
        let setup = Self::new(unused());
        let text = std::fs::read_to_string(setup.file()).unwrap();
        let text = text
            .replace(
                "region = \"eu\"",
                &format!("api_url = \"http://{platform}\""),
            )
            .replace("https://desk.example.com", &format!("http://{desk}/hooks"));
        let networks = "\n[outbound]\nallow_networks = [\"127.0.0.0/8\"]\n";
        std::fs::write(setup.file(), text + networks).unwrap();
        setup
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("handover.toml")
    }

    /// Writes the file, with `more` at its end.
    pub fn append(&self, more: &str) {
        let address = self.address;
        let text = format!(
            r#"
[server]
listen = "{address}"
[admin]
listen = "server"
token = "{ADMIN_TOKEN}"
[bots.webshop]
platform = "chatlayer"
region = "eu"
access_token = "canary-access-token"
verify_token = "canary-verify-token"
hook_key = "canary-hook-key-of-webshop"
[desks.custom]
kind = "webhook"
url = "https://desk.example.com"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-desk"
{more}"#
        );
        std::fs::write(self.file(), text).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        handover(arguments)
            .arg("--config")
            .arg(self.file())
            .output()
            .unwrap()
    }
}

/// The binary, without what this process has been configured with.
pub fn handover(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HANDOVER"))
    {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// An address where nobody listens.
pub fn unused() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

pub fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
