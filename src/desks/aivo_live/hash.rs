//! `user.hash`, by which Aivo names a user in its events.
//!
//! It is made of the leg and not of the user, so that an event finds its leg whichever room it is about: a queue call whose
//! answer was lost may have made one room, the next another.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::domain::ids::LegId;

/// Letters and digits alone, as Aivo recommends.
const LENGTH: usize = 32;
/// Aivo puts this and the token behind the hash that it is sent.
const BEFORE_TOKEN: char = '_';

/// As it is sent with the queue call.
pub(super) fn of(leg: LegId) -> String {
    leg.as_uuid().simple().to_string()
}

/// As Aivo knows it from then on. Holds the token, so it is a secret.
pub(super) fn effective(leg: LegId, bot_token: &SecretString) -> String {
    format!("{}{BEFORE_TOKEN}{}", of(leg), bot_token.expose_secret())
}

/// The leg that a hash is of, with what Aivo has put behind it or without. None: it was not made here.
pub(super) fn leg(hash: &str) -> Option<LegId> {
    let own = hash.split(BEFORE_TOKEN).next().unwrap_or_default();
    let leg = (own.len() == LENGTH).then(|| Uuid::try_parse(own).ok());
    leg.flatten().map(LegId::from_uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_leads_back_to_its_leg_with_the_token_and_without() {
        let leg_id = LegId::from_uuid(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
        let sent = of(leg_id);
        assert_eq!(sent, "01930000000070008000000000000001");
        assert!(sent.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let known = effective(leg_id, &"tok_en".into());
        assert_eq!(known, format!("{sent}_tok_en"));
        assert_eq!(leg(&sent), Some(leg_id));
        assert_eq!(leg(&known), Some(leg_id));
    }

    #[test]
    fn what_was_not_made_here_is_nobodys() {
        for hash in [
            "",
            "_",
            "b9e8f46b56efbace7a64cdab3_71146a36682af3c0915577",
            "23423456emvnghtisk456f08",
            "01930000-0000-7000-8000-000000000001",
            "{1930000000070008000000000000001}",
            "0193000000007000800000000000000é",
        ] {
            assert_eq!(leg(hash), None, "{hash}");
        }
    }
}
