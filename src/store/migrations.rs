//! How far a store has come with the migrations of its schema. It remembers what each of them looked like.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Something in the schema that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// There have been more migrations than this version has.
    Newer { found: usize, known: usize },
    /// Another one of this number.
    Changed { number: usize },
}

/// How many of ours a store has been through, by their checksums. It may have been through no others.
pub(super) fn been_through(applied: &[String], ours: &[&str]) -> Result<usize, Unknown> {
    let (found, known) = (applied.len(), ours.len());
    if found > known {
        return Err(Unknown::Newer { found, known });
    }
    let changed = ours
        .iter()
        .zip(applied)
        .position(|(ours, applied)| checksum(ours) != *applied);
    match changed {
        Some(at) => Err(Unknown::Changed { number: at + 1 }),
        None => Ok(found),
    }
}

/// In hexadecimal digits.
pub(super) fn checksum(migration: &str) -> String {
    let digest = Sha256::digest(migration.as_bytes());
    let mut hex = String::with_capacity(2 * digest.len());
    for byte in digest {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [&str; 2] = ["CREATE TABLE one", "CREATE TABLE two"];

    #[test]
    fn a_store_has_been_through_as_many_as_it_remembers() {
        let all = OURS.map(checksum);
        for count in 0..=all.len() {
            assert_eq!(been_through(&all[..count], &OURS), Ok(count));
        }
    }

    #[test]
    fn what_another_version_has_made_is_not_known() {
        let more = ["one", "two", "three"].map(checksum);
        let newer = Unknown::Newer { found: 3, known: 2 };
        assert_eq!(been_through(&more, &OURS), Err(newer));
        let other = [checksum(OURS[0]), checksum("CREATE TABLE other")];
        let changed = Unknown::Changed { number: 2 };
        assert_eq!(been_through(&other, &OURS), Err(changed));
    }
}
