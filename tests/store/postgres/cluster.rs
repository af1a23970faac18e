//! A PostgreSQL of the tests' own: started by the first test that wants it and stopped
//! soon after the last one has left, whether they are threads of one process or processes of their own.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::server::{as_nobody, give_away, programs};

/// Whoever uses the cluster holds this; it is stopped when nobody does.
#[derive(Debug)]
pub struct Cluster {
    place: PathBuf,
    _users: File,
}

const START_WITHIN: Duration = Duration::from_secs(30);

impl Cluster {
    /// Joins the cluster, started if need be.
    pub fn join() -> Self {
        let place = place();
        fs::create_dir_all(&place).unwrap();
        give_away(&place);
        let door = lock_file(&place.join("door"));
        door.lock().unwrap();
        let users = lock_file(&place.join("users"));
        users.lock_shared().unwrap();
        let cluster = Self {
            place,
            _users: users,
        };
        if !cluster.accepts() {
            cluster.start();
        }
        drop(door);
        cluster
    }

    /// Where clients find it.
    pub fn url(&self, database: &str) -> String {
        Self::url_by(&self.place.join("run"), database)
    }

    /// By another socket that leads there.
    pub fn url_by(folder: &Path, database: &str) -> String {
        let host = folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://bridge@{host}/{database}")
    }

    /// Where a process on this machine finds it, and what leads there.
    pub fn socket(&self) -> PathBuf {
        self.place.join("run").join(".s.PGSQL.5432")
    }

    pub fn psql(&self, database: &str, sql: &str) -> String {
        let output = Command::new(programs().join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "bridge",
            ])
            .arg("-h")
            .arg(self.place.join("run"))
            .args(["-d", database, "-c", sql])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn accepts(&self) -> bool {
        Command::new(programs().join("pg_isready"))
            .args(["-q", "-t", "60", "-h"])
            .arg(self.place.join("run"))
            .status()
            .unwrap()
            .success()
    }

    fn start(&self) {
        let data = self.place.join("data");
        // What a killed run left behind is in an unknown state.
        let _ = fs::remove_dir_all(&data);
        let _ = fs::remove_dir_all(self.place.join("run"));
        fs::create_dir_all(&data).unwrap();
        fs::create_dir_all(self.place.join("run")).unwrap();
        for directory in [&data, &self.place.join("run")] {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
            give_away(directory);
        }
        let made = as_nobody(&programs().join("initdb"))
            .args([
                "--no-sync",
                "-U",
                "bridge",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        // The contract is about what is written, not about power cuts, and runs hundreds of databases.
        let settings = "listen_addresses=''\nfsync=off\nfull_page_writes=off\nmax_connections=400\n\
                        shared_buffers=32MB\nautovacuum=on\njit=off\nmax_wal_size=256MB\n";
        let socket = format!(
            "unix_socket_directories='{}'\n",
            self.place.join("run").display()
        );
        let mut all = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        all.push_str(settings);
        all.push_str(&socket);
        fs::write(data.join("postgresql.conf"), all).unwrap();
        let started = as_nobody(&programs().join("pg_ctl"))
            .args(["start", "-W", "-s", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(data.join("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(
            started.success(),
            "pg_ctl start, see {}",
            data.join("log").display()
        );
        let began = Instant::now();
        while !self.accepts() {
            assert!(
                began.elapsed() < START_WITHIN,
                "PostgreSQL does not start, see {}",
                data.join("log").display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        keep(&self.place, &data);
    }
}

/// Stops the cluster a few seconds after the last one has left; whoever comes meanwhile finds it running. Nobody comes
/// in before all of it is gone. Where somebody has removed the place it stops by itself.
fn keep(place: &Path, data: &Path) {
    let end = "[ ! -e \"$2/postmaster.pid\" ] || \"$1/pg_ctl\" stop -s -m immediate -D \"$2\"; rm -rf \"$2\"";
    let script = "while sleep 3 && [ -e \"$1\" ]; do \
                  flock -n \"$1/door\" flock -n \"$1/users\" /bin/sh -c \"$4\" end \"$2\" \"$3\" && break; done";
    // It outlives this process, and init waits for it.
    let keeper = as_nobody(Path::new("/bin/sh"))
        .args(["-c", script, "keeper"])
        .arg(place)
        .arg(programs())
        .arg(data)
        .arg(end)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    std::mem::forget(keeper.unwrap());
}

/// Short, since the path of a socket may not be long; not anybody else's, since the tests of two trees may run at once.
fn place() -> PathBuf {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let inode = fs::metadata(tree).unwrap().ino();
    std::env::temp_dir().join(format!("handover-bridge-postgres-{inode}"))
}

fn lock_file(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o666)
        .open(path)
        .unwrap()
}
