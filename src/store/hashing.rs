//! Keys under which an event was taken. Kept as a keyed hash: nobody who reads the store learns what was said, and
//! nobody outside can make a key that collides with another's.
//!
//! A hash begins with a few bytes that all keys of one owner share, so that the keys of a conversation lie side by side
//! in an index: to look for both keys of a message takes one page of it, and so does to put them there.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::domain::{dedupe::DedupeKey, time::Timestamp};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Enough to keep owners apart for the most part; what is left of a hash tells keys apart, with 96 bits.
const OWNER_BYTES: usize = 4;

/// Makes hashes. Cheap to clone; used by the callers, so that the writer need not do it.
#[derive(Clone)]
pub(super) struct Hasher(Hmac<Sha256>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Hashed {
    pub(super) hash: [u8; 16],
    pub(super) body: Option<[u8; 16]>,
}

/// What is known under one of an event's keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// What the caller was told the first time; none where nothing of ours came of it.
    pub(super) reference: Option<Uuid>,
    pub(super) same_body: bool,
}

impl Hasher {
    /// With the secret that was made with the store. None: it is not fit for one.
    pub(super) fn new(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    pub(super) fn hash_all(&self, keys: &[DedupeKey]) -> Vec<Hashed> {
        let mut owner = (&[][..], [0; 16]);
        let hashed = keys.iter().map(|key| {
            if owner.0 != key.owner() {
                owner = (key.owner(), self.keyed(key.owner()));
            }
            let mut hash = self.keyed(key.bytes());
            for (ours, owners) in hash.iter_mut().zip(owner.1).take(OWNER_BYTES) {
                *ours = owners;
            }
            Hashed {
                hash,
                body: key.body().map(|body| self.keyed(&body)),
            }
        });
        hashed.collect()
    }

    fn keyed(&self, bytes: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|at| full.get(at).copied().unwrap_or_default())
    }
}

/// The day that keys of now are filed under.
pub(super) const fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}
