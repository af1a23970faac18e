//! A PostgreSQL of one round's own, that is treated badly: nobody else works with it.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    net::{IpAddr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use self::server::{as_nobody, give_away, programs};
use crate::bridge;

#[path = "../../store/postgres/server.rs"]
mod server;

/// The superuser of the cluster, and the bridge's role in it.
const ROLE: &str = "bridge";

/// A start that takes longer than this has failed.
const START: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Cluster {
    /// In one of the system's folders for such things, since the path of a socket may not be long.
    place: TempDir,
    pub address: SocketAddr,
    syncs: bool,
    /// None: it is down.
    postmaster: Option<Child>,
}

impl Cluster {
    /// A new cluster that listens at this address, and accepts. One that `syncs` is on a disk, and waits for it at each
    /// commit. After a kill the others have the same left, since the system keeps what they have written.
    pub async fn start(at: IpAddr, syncs: bool) -> Self {
        let mut place = tempfile::Builder::new();
        place.prefix("handover-");
        let place = if syncs {
            // What is only temporary may be in memory.
            place.tempdir_in("/var/tmp")
        } else {
            place.tempdir()
        };
        let place = place.expect("a folder can be made");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))
            .expect("a folder can be opened to others");
        let mut cluster = Self {
            place,
            address: SocketAddr::new(at, bridge::free_address().port()),
            syncs,
            postmaster: None,
        };
        cluster.initialise();
        cluster.start_again().await;
        cluster
    }

    /// For a bridge that finds it at this address.
    pub fn url(at: SocketAddr) -> String {
        format!("postgres://{ROLE}@{at}/postgres?sslmode=disable")
    }

    /// A connection beside those of the bridges.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        connect(&self.socket(), self.address.port()).await
    }

    pub fn socket(&self) -> PathBuf {
        self.place.path().join("run")
    }

    /// Everybody is thrown out; what was committed is recovered at the next start.
    pub fn stop_at_once(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else {
            return;
        };
        let stopped = Command::new("kill")
            .args(["-QUIT", &postmaster.id().to_string()])
            .status();
        assert!(stopped.expect("kill can be run").success());
        postmaster.wait().expect("a child can be waited for");
    }

    /// SIGKILL of the process that all others of the cluster come from.
    pub fn kill(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else {
            return;
        };
        postmaster.kill().expect("a child can be killed");
        postmaster.wait().expect("a child can be waited for");
    }

    /// Starts the cluster on what it has left, and waits until it accepts.
    pub async fn start_again(&mut self) {
        let began = Instant::now();
        loop {
            let ended = match &mut self.postmaster {
                Some(postmaster) => postmaster
                    .try_wait()
                    .expect("a child can be waited for")
                    .is_some(),
                None => true,
            };
            // The others of a cluster whose first process was killed take a moment to notice; until then none starts.
            if ended {
                self.postmaster = Some(self.spawn());
            }
            if self.connect().await.is_ok() {
                return;
            }
            assert!(
                began.elapsed() < START,
                "PostgreSQL does not start:\n{}",
                fs::read_to_string(self.log()).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn spawn(&self) -> Child {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("the log can be written");
        as_nobody(&programs().join("postgres"))
            .arg("-D")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("PostgreSQL can be started")
    }

    fn initialise(&self) {
        for folder in [self.data(), self.socket()] {
            fs::create_dir(&folder).expect("a folder can be made");
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))
                .expect("a folder can be closed to others");
            give_away(&folder);
        }
        let made = as_nobody(&programs().join("initdb"))
            .args(["--no-sync", "-U", ROLE, "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .output()
            .expect("initdb can be run");
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let settings = format!(
            "listen_addresses='{}'\nport={}\nunix_socket_directories='{}'\nfsync={}\nshared_buffers=32MB\njit=off\n",
            self.address.ip(),
            self.address.port(),
            self.socket().display(),
            self.syncs
        );
        append(&self.data().join("postgresql.conf"), &settings);
        append(
            &self.data().join("pg_hba.conf"),
            "host all all 10.0.0.0/8 trust\n",
        );
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("log")
    }
}

/// By the cluster's socket, whatever stands in the way of the bridges.
pub async fn connect(socket: &Path, port: u16) -> Result<Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config
        .host_path(socket)
        .port(port)
        .user(ROLE)
        .dbname("postgres")
        .application_name("test");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop_at_once();
    }
}

fn append(path: &Path, text: &str) {
    let mut file: File = OpenOptions::new()
        .append(true)
        .open(path)
        .expect("what initdb has made can be written");
    file.write_all(text.as_bytes())
        .expect("what initdb has made can be written");
}
