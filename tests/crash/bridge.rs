//! The bridge under test: a real process on its own data, started again and again.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use crate::{
    platform,
    script::RESUME,
    wire::{Call, Wire},
};

pub const HOOK_PATH: &str = "/hooks/chatlayer/shop/crash-hook-key-0123456789";
pub const VERIFY_TOKEN: &str = "crash-verify-token-0123456789";
pub const DESK_TOKEN: &str = "crash-desk-token-0123456789";

/// A start that takes longer than this has failed.
const START: Duration = Duration::from_mins(1);

/// Where listeners look for a port. Below the range that the system hands out by itself: a port that a killed bridge has
/// left must not be taken by a caller's own end of a connection before the next bridge listens there. Other tests look
/// below it.
const PORTS: std::ops::Range<u16> = 24_000..30_000;

/// The notices to the user, all of them.
const SILENT: [&str; 9] = [
    "handing_over",
    "waiting",
    "joined",
    "transferred",
    "away",
    "reconnecting",
    "nobody",
    "ended",
    "ended_repeat",
];

/// Where a bridge lives, over all its restarts.
#[derive(Clone, Debug)]
pub struct Site {
    pub binary: PathBuf,
    pub mutant: Option<&'static str>,
    pub folder: PathBuf,
    /// What the bridge is started by, where it is not to live on the network of the tests.
    pub within: Vec<String>,
    /// The URL of its store.
    pub store: String,
    pub listen: SocketAddr,
    pub admin: SocketAddr,
    pub desk: SocketAddr,
    pub platform: SocketAddr,
}

/// A running bridge; killed when dropped.
#[derive(Debug)]
pub struct Bridge {
    child: Child,
    log: PathBuf,
}

impl Site {
    /// Starts the bridge and waits until it is ready; says how long that took.
    pub async fn start(
        &self,
        process: u32,
        prepare: impl FnOnce(&mut Command),
    ) -> (Bridge, Duration) {
        let config = self.folder.join("handover.toml");
        fs::write(&config, self.config(process)).expect("the round's folder can be written");
        let log = self.folder.join(format!("bridge-{process}.log"));
        let mut words = self.within.iter().map(OsString::from);
        let program = words.next();
        let mut command = match program {
            Some(program) => {
                let mut command = Command::new(program);
                command.args(words).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        command
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(File::create(&log).expect("the round's folder can be written"));
        // What a developer has set for his own bridge is not for this one.
        for (name, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HANDOVER_"))
        {
            command.env_remove(name);
        }
        if let Some(mutant) = self.mutant {
            command.env("HANDOVER_MUTANT", mutant);
        }
        prepare(&mut command);
        let started = Instant::now();
        let child = command.spawn().expect("the bridge's binary can be started");
        let mut bridge = Bridge { child, log };
        let ask = Call {
            path: "/readyz".to_owned(),
            headers: Vec::new(),
            body: None,
        };
        let mut wire = Wire::new(self.listen);
        while !wire
            .send(&ask, START)
            .await
            .is_ok_and(|(status, _)| status.is_success())
        {
            assert!(
                started.elapsed() < START,
                "the bridge is not ready after {START:?}:\n{}",
                bridge.last_words()
            );
            bridge.assert_alive();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (bridge, started.elapsed())
    }

    fn config(&self, process: u32) -> String {
        let Self {
            listen,
            admin,
            desk,
            platform,
            store,
            ..
        } = self;
        let token = platform::TOKEN;
        // Notices would reach the stub as texts that nobody sent.
        let silent = SILENT.map(|text| format!("{text} = \"\"")).join("\n");
        format!(
            r#"
[server]
listen = "{listen}"
public_url = "http://{listen}"

[admin]
listen = "{admin}"
token = "crash-admin-token-0123456789-0123456789"

[store]
url = "{store}"

[telemetry]
log = "warn"
format = "text"

[outbound]
allow_networks = ["127.0.0.0/8", "10.0.0.0/8"]

[bots.shop]
platform = "chatlayer"
api_url = "http://{platform}"
access_token = "{token}{process}"
verify_token = "{VERIFY_TOKEN}"
hook_key = "crash-hook-key-0123456789"
resume = [{{ text = "{RESUME}" }}]

[desks.stub]
kind = "webhook"
url = "http://{desk}/process/{process}"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "{DESK_TOKEN}"

[[routes]]
desk = "stub"

[handover]
when_unsure = "accept"
request_limit = "2h"
waiting_limit = "2h"
unanswered_limit = "1h"
idle_limit = "2h"
max_duration = "4h"

[texts.en]
{silent}"#
        )
    }
}

impl Bridge {
    /// SIGKILL, and waits until the process is gone.
    pub fn kill(mut self) {
        self.assert_alive();
        self.end();
    }

    /// STOP, CONT or TERM.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .expect("kill can be run");
        assert!(sent.success(), "the bridge cannot be sent SIG{name}");
    }

    /// Waits until the bridge has ended by itself, and says whether it was content.
    pub async fn ended(mut self, within: Duration) -> bool {
        let asked = Instant::now();
        loop {
            let ended = self.child.try_wait().expect("a child can be waited for");
            if let Some(status) = ended {
                return status.success();
            }
            assert!(
                asked.elapsed() < within,
                "the bridge has not ended within {within:?}:\n{}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A bridge that ends by itself is a fault of its own.
    pub fn assert_alive(&mut self) {
        let ended = self.child.try_wait().expect("a child can be waited for");
        assert!(
            ended.is_none(),
            "the bridge has ended by itself, {ended:?}:\n{}",
            self.last_words()
        );
    }

    /// The end of what the bridge has logged.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn end(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.end();
    }
}

/// A loopback address that nobody listens on. Each time it is another one, as what was found is listened on only later.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    let begin = process::id().wrapping_mul(97);
    loop {
        let next = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count;
        let port = PORTS.start + u16::try_from(next).expect("a port");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// The binary that was built with this test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_handover"))
}
