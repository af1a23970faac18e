//! Looks for what must not be printed, in what is printed.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing::Dispatch;
use tracing_subscriber::{
    Layer as _, Registry,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
};

/// Stands in everything that a user or an agent says, and in the names of both.
pub(super) const TEXT: &str = "canarytext7f3a";
/// Stands in what the vendor answers.
pub(super) const ANSWER: &str = "canaryanswer91c2";

/// What has been logged. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

/// Libraries that log what they carry; the operator sees them only if asked for by name.
const OTHERS: [&str; 6] = ["hyper", "reqwest", "rustls", "h2", "mio", "tower"];

impl Log {
    /// Takes down everything, whatever its level, but what the HTTP client's own libraries say.
    pub(super) fn dispatch(&self) -> Dispatch {
        let is_ours = |target: &str| !OTHERS.iter().any(|other| target.starts_with(other));
        let layer = fmt::layer()
            .with_ansi(false)
            .with_writer(self.clone())
            .with_filter(filter_fn(move |metadata| is_ours(metadata.target())));
        Dispatch::new(Registry::default().with(layer))
    }

    /// The first of these that was logged.
    pub(super) fn holds(&self, canaries: &[String]) -> Option<String> {
        let log = String::from_utf8_lossy(&self.lock()).into_owned();
        found(&log, canaries)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first of these that stands in the text. It is not repeated: only where it stood.
pub(super) fn found(text: &str, canaries: &[String]) -> Option<String> {
    let is_there = canaries.iter().find(|canary| text.contains(*canary))?;
    let hidden = text.replace(is_there.as_str(), "<canary>");
    let line = hidden.lines().find(|line| line.contains("<canary>"));
    Some(line.unwrap_or_default().chars().take(300).collect())
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
