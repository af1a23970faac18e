//! `[store]`: where conversations are kept.

use std::path::PathBuf;

use config::Value;

use super::{fault::Problem, section::Section, value};

/// The store and how it is brought up.
#[derive(Clone, Debug)]
pub struct Store {
    pub url: StoreUrl,
    /// Bring the tables up to date at the start; else `handover migrate` does.
    pub migrate: bool,
}

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:` and the path of the database file, relative to the working directory.
    Sqlite(PathBuf),
}

impl Store {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let url = section.defaulted("url", StoreUrl::read);
        let migrate = section.defaulted("migrate", value::switch);
        section.not_yet(&["pool", "listen_url"]);
        section.finish();
        Some(Self {
            url: url?,
            migrate: migrate?,
        })
    }
}

impl StoreUrl {
    fn read(value: &Value) -> Result<Self, Problem> {
        const EXPECTED: Problem = Problem::Expected(
            "\"sqlite:\" and the path of a file, such as \"sqlite:data/handover.db\"",
        );
        let url = value::text(value)?;
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err(Problem::ValueNotYet {
                instead: "\"sqlite:\" and the path of a file",
            });
        }
        let path = url.strip_prefix("sqlite:").ok_or(EXPECTED)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        // A database in memory is none: everything acknowledged would be gone with the process.
        if path.is_empty() || path.starts_with(':') || path.contains('?') || path.ends_with('/') {
            return Err(EXPECTED);
        }
        Ok(Self::Sqlite(path.into()))
    }
}
