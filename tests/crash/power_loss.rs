//! The disk that the bridge writes to, and what is left of it after a kill.
//!
//! A SIGKILL leaves the page cache, so it cannot show a missing sync. Under the shim of `power_loss.c` a kill takes
//! away everything that was not synced, as a power cut does at its worst.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use rusqlite::{Connection, OpenFlags};

/// What survives a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// All that was written.
    PageCache,
    /// What was synced.
    Synced,
}

/// One folder on that disk.
#[derive(Debug)]
pub struct Platter {
    folder: PathBuf,
    /// None: everything survives.
    shim: Option<PathBuf>,
}

impl Platter {
    /// An empty disk in `folder`. Compiles the shim if it is needed.
    pub fn new(folder: &Path, survives: Survives) -> Self {
        let folder = folder.canonicalize().expect("the round's folder exists");
        let shim = (survives == Survives::Synced).then(|| compile(&folder));
        let platter = Self { folder, shim };
        fs::create_dir(platter.disk()).expect("the round's folder can be written");
        platter
    }

    /// Where the bridge writes.
    pub fn disk(&self) -> PathBuf {
        self.folder.join("disk")
    }

    /// Whether a kill takes anything away.
    pub fn loses(&self) -> bool {
        self.shim.is_some()
    }

    /// Before a start: what is on the disk now has been synced.
    pub fn prepare(&self, command: &mut Command) {
        let Some(shim) = &self.shim else { return };
        copy_flat(&self.disk(), &self.shadow()).expect("the shadow can be written");
        command
            .env("LD_PRELOAD", shim)
            .env("SHADOW_BASE", self.disk())
            .env("SHADOW_DIR", self.shadow());
    }

    /// After a kill: what was not synced is gone.
    pub fn cut(&self) {
        if self.shim.is_none() {
            return;
        }
        for file in fs::read_dir(self.shadow()).expect("the shadow can be read") {
            let file = file.expect("the shadow can be read").path();
            if file
                .extension()
                .is_some_and(|extension| extension == "unfinished")
            {
                fs::remove_file(file).expect("the shadow can be written");
            }
        }
        fs::remove_dir_all(self.disk()).expect("the disk can be written");
        fs::rename(self.shadow(), self.disk()).expect("the round's folder can be written");
    }

    /// What `SQLite` finds wrong with the database that the kill has left; nothing, if all is well.
    ///
    /// It looks at a copy: the recovery is the bridge's own work.
    pub fn integrity(&self) -> Option<String> {
        let copy = self.folder.join("integrity");
        copy_flat(&self.disk(), &copy).expect("the round's folder can be written");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let checked =
            Connection::open_with_flags(copy.join("handover.db"), flags).and_then(|store| {
                store.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
            });
        fs::remove_dir_all(copy).expect("the round's folder can be written");
        match checked {
            Ok(answer) if answer == "ok" => None,
            Ok(answer) => Some(answer),
            Err(error) => Some(error.to_string()),
        }
    }

    fn shadow(&self) -> PathBuf {
        self.folder.join("shadow")
    }
}

/// Copies the files of a folder that has no folders.
fn copy_flat(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

fn compile(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/power_loss.c");
    let shim = folder.join("power_loss.so");
    let mut cc = Command::new("cc");
    cc.args([
        "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
    ])
    .arg(&shim)
    .arg(source)
    .arg("-ldl");
    let compiled = cc.status().expect("a C compiler is installed as cc");
    assert!(compiled.success(), "the power-loss shim does not compile");
    shim
}

mod tests {
    use super::*;

    #[test]
    fn after_the_cut_there_is_what_was_synced_and_nothing_else() {
        // Not with what is temporary, which may be in memory: no disk, and often nothing there can be loaded.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.expect("a folder can be made");
        let platter = Platter::new(folder.path(), Survives::Synced);
        fs::write(platter.disk().join("old"), "old").expect("the disk can be written");
        let mut shell = Command::new("sh");
        let script = "echo 1 > synced && sync synced && echo 2 >> synced && echo 1 > unsynced \
                      && echo 1 > removed && sync removed && unlink removed && unlink old";
        shell.args(["-c", script]).current_dir(platter.disk());
        platter.prepare(&mut shell);
        assert!(shell.status().expect("there is a shell").success());
        platter.cut();
        let left = fs::read_dir(platter.disk()).expect("the disk can be read");
        let left: Vec<_> = left
            .map(|file| file.expect("the disk can be read").file_name())
            .collect();
        assert_eq!(left, ["synced"]);
        let kept = fs::read_to_string(platter.disk().join("synced"));
        assert_eq!(kept.expect("it is there"), "1\n");
    }
}
