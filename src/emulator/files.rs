//! The files that a user sends from the chat page, kept in memory for as long as the emulator runs.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use fastrand::Rng;

/// The largest file taken.
pub(super) const MAX_FILE: usize = 5 * 1024 * 1024;

/// The oldest gives way to the newest.
const MAX_FILES: usize = 16;

/// Types that a browser may show in place; everything else is only offered for saving.
const SHOWN: [(&str, &str); 4] = [
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];

#[derive(Clone, Debug)]
pub(super) struct File {
    pub content_type: &'static str,
    pub bytes: Bytes,
}

pub(super) struct Files {
    root: String,
    kept: Mutex<(VecDeque<(String, File)>, Rng)>,
}

impl Files {
    pub(super) fn new(root: String, seed: u64) -> Self {
        Self {
            root,
            kept: Mutex::new((VecDeque::new(), Rng::with_seed(!seed))),
        }
    }

    /// Keeps the file and answers its address.
    pub(super) fn keep(&self, content_type: &str, bytes: Bytes) -> String {
        let (content_type, ending) = SHOWN
            .into_iter()
            .find(|(shown, _)| *shown == content_type)
            .unwrap_or(("application/octet-stream", "bin"));
        let mut kept = self.kept();
        let name = format!("{:016x}.{ending}", kept.1.u64(..));
        if kept.0.len() == MAX_FILES {
            kept.0.pop_front();
        }
        kept.0.push_back((
            name.clone(),
            File {
                content_type,
                bytes,
            },
        ));
        format!("{}/{name}", self.root)
    }

    pub(super) fn get(&self, name: &str) -> Option<File> {
        let kept = self.kept();
        let (_, file) = kept.0.iter().find(|(kept, _)| kept == name)?;
        Some(file.clone())
    }

    fn kept(&self) -> MutexGuard<'_, (VecDeque<(String, File)>, Rng)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
