//! `[retention]`: how long what is kept. Upkeep deletes the rest in small batches.

use std::time::Duration;

use super::{section::Section, value};

/// How long each class of records is kept.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Conversations that were never handed over; zero: nothing of them is written.
    pub observed: Duration,
    /// Conversations that were.
    pub transcripts: Duration,
    pub delivered: Duration,
    pub dead_letters: Duration,
    /// The marks by which a repeat is known; shorter than a sender's longest retry lets repeats through. Those of a message stay
    /// at least as long as it is kept.
    pub keys: Duration,
    pub audit: Duration,
}

impl Retention {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let observed = section.defaulted("observed", value::duration);
        let transcripts = section.defaulted("transcripts", value::some_duration);
        let delivered = section.defaulted("delivered", value::some_duration);
        let dead_letters = section.defaulted("dead_letters", value::some_duration);
        let keys = section.defaulted("keys", value::some_duration);
        let audit = section.defaulted("audit", value::some_duration);
        section.finish();
        Some(Self {
            observed: observed?,
            transcripts: transcripts?,
            delivered: delivered?,
            dead_letters: dead_letters?,
            keys: keys?,
            audit: audit?,
        })
    }
}
