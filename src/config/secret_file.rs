//! The files that secrets are read from: one secret a line, blank lines and the space around a line left out. So a
//! trailing newline is no part of a secret, and two lines are two secrets, as they are during a rotation.

use std::{
    fs::File,
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use secrecy::{ExposeSecret as _, SecretString};

use super::fault::Problem;
use crate::domain::time::Timestamp;

/// What is known of the files of one secret, without what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// When the youngest of them was written; nothing if the file system does not tell.
    pub(super) written_at: Option<Timestamp>,
    /// One that every user of this machine can read.
    pub(super) open_to_all: Option<PathBuf>,
}

/// No list of secrets is longer; what is, is another file, named by mistake.
const LONGEST: u64 = 64 * 1024;
/// Where container engines put secrets, readable for all and with nobody else to read them.
const MOUNTED: &str = "/run/secrets";

impl Files {
    /// Reads `path`, takes note of it, and gives its secrets.
    pub(super) fn read(&mut self, path: &Path) -> Result<Vec<SecretString>, Problem> {
        let mut file = File::open(path).map_err(Problem::SecretFile)?;
        self.note(path, &file).map_err(Problem::SecretFile)?;
        let mut content = String::new();
        let length = file.by_ref().take(LONGEST + 1).read_to_string(&mut content);
        let content = SecretString::from(content);
        if u64::try_from(length.map_err(Problem::SecretFile)?).unwrap_or(u64::MAX) > LONGEST {
            return Err(Problem::Expected("a file of at most 64 KiB"));
        }
        let lines = content.expose_secret().lines().map(str::trim);
        Ok(lines
            .filter(|line| !line.is_empty())
            .map(SecretString::from)
            .collect())
    }

    fn note(&mut self, path: &Path, file: &File) -> io::Result<()> {
        const READ_BY_OTHERS: u32 = 0o004;
        let metadata = file.metadata()?;
        let written_at = metadata.modified().ok().and_then(|at| {
            let since = at.duration_since(UNIX_EPOCH).ok()?;
            Some(Timestamp::default().plus(since))
        });
        self.written_at = self.written_at.max(written_at);
        let is_open = metadata.permissions().mode() & READ_BY_OTHERS != 0;
        if metadata.is_file() && is_open && !path.starts_with(MOUNTED) {
            self.open_to_all.get_or_insert_with(|| path.to_owned());
        }
        Ok(())
    }
}
