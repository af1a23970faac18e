//! How Chatwoot shows that a call is its own, and fresh: an HMAC-SHA256 over `timestamp.body`.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{
    config::{Rotating, Secrets},
    domain::time::Timestamp,
};

pub const TIMESTAMP_HEADER: &str = "x-chatwoot-timestamp";
pub const SIGNATURE_HEADER: &str = "x-chatwoot-signature";

/// How far the two clocks may lie apart.
const TOLERANCE: Duration = Duration::from_mins(5);
const SCHEME: &str = "sha256=";

/// The secrets of one inbox, any of which may have signed. None at all believe nothing. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Signatures(Rotating<Vec<SecretString>>);

/// What a call shows beside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// As it came, since it was signed so.
    timestamp: String,
    at: Timestamp,
    signature: Vec<u8>,
}

impl Signatures {
    /// For whoever exchanges them while the bridge runs.
    pub fn secrets(&self) -> &Rotating<Vec<SecretString>> {
        &self.0
    }

    /// Every secret is tried, in constant time.
    pub fn verify(&self, signed: &Signed, body: &[u8], now: Timestamp) -> bool {
        if !signed.is_fresh(now) {
            return false;
        }
        let secrets = self.0.get();
        secrets.iter().fold(false, |found, secret| {
            found | signed.is_made_with(secret, body)
        })
    }
}

impl From<&Secrets> for Signatures {
    fn from(secrets: &Secrets) -> Self {
        Self(Rotating::new(secrets.iter().cloned().collect()))
    }
}

impl Signed {
    /// `None`: no such call is signed by anybody.
    pub fn read(timestamp: &str, signature: &str) -> Option<Self> {
        let is_number = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
        let seconds: i64 = timestamp.parse().ok().filter(|_| is_number)?;
        Some(Self {
            timestamp: timestamp.to_owned(),
            at: Timestamp::from_millis(seconds.checked_mul(1000)?),
            signature: from_hex(signature.strip_prefix(SCHEME)?)?,
        })
    }

    /// Whether it can be believed at all, whatever it signs.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.at).max(self.at.since(now)) <= TOLERANCE
    }

    fn is_made_with(&self, secret: &SecretString, body: &[u8]) -> bool {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
            return false;
        };
        mac.update(self.timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&self.signature).is_ok()
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16));
    let digits: Vec<u32> = digits.collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high.saturating_mul(16).saturating_add(*low)).ok(),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    const BODY: &[u8] = br#"{"event":"message_created"}"#;
    /// `printf '1767225600.{"event":"message_created"}' | openssl dgst -sha256 -hmac secret-of-the-inbox`
    const SIGNATURE: &str = "b7aae789ca6e92a208b0d4c1b903f8371d421dec645aa9beea14adb02b96e56a";

    fn signatures(secrets: &[&str]) -> Signatures {
        let secrets = secrets.iter().copied().map(SecretString::from);
        Signatures(Rotating::new(secrets.collect()))
    }

    fn signed(timestamp: &str) -> Signed {
        Signed::read(timestamp, &format!("sha256={SIGNATURE}")).unwrap()
    }

    #[test]
    fn any_of_the_secrets_may_have_signed() {
        let call = signed("1767225600");
        for secrets in [
            &["secret-of-the-inbox"][..],
            &["old", "secret-of-the-inbox"],
            &["secret-of-the-inbox", "new"],
        ] {
            assert!(signatures(secrets).verify(&call, BODY, AT));
        }
        for secrets in [&[][..], &["other"], &["secret-of-the-inbox "]] {
            assert!(!signatures(secrets).verify(&call, BODY, AT));
        }
    }

    #[test]
    fn another_body_or_time_is_not_what_was_signed() {
        let secrets = signatures(&["secret-of-the-inbox"]);
        assert!(!secrets.verify(&signed("1767225600"), b"{}", AT));
        assert!(!secrets.verify(&signed("1767225601"), BODY, AT));
        assert!(!secrets.verify(&signed("01767225600"), BODY, AT));
    }

    #[test]
    fn five_minutes_either_way_are_fresh() {
        let secrets = signatures(&["secret-of-the-inbox"]);
        let at = |seconds: i64| Timestamp::from_millis(AT.as_millis() + seconds * 1000);
        let fresh = |seconds| secrets.verify(&signed("1767225600"), BODY, at(seconds));
        assert!(fresh(300) && fresh(-300));
        assert!(!fresh(301) && !fresh(-301));
    }

    #[test]
    fn headers_of_another_shape_are_none() {
        let good = format!("sha256={SIGNATURE}");
        for (timestamp, signature) in [
            ("", good.as_str()),
            ("-1", &good),
            ("+1767225600", &good),
            ("1767225600.5", &good),
            ("99999999999999999999", &good),
            ("1767225600", SIGNATURE),
            ("1767225600", "sha256=abc"),
            ("1767225600", "sha256=zz"),
            ("1767225600", "sha1=00"),
        ] {
            assert_eq!(
                Signed::read(timestamp, signature),
                None,
                "{timestamp} {signature}"
            );
        }
    }

    #[test]
    fn no_signature_at_all_is_no_signature() {
        let empty = Signed::read("1767225600", "sha256=").unwrap();
        assert!(!signatures(&["secret-of-the-inbox"]).verify(&empty, BODY, AT));
    }
}
