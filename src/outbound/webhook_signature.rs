//! Standard Webhooks: how a desk knows that a call comes from this bridge, and is fresh.

use std::time::Duration;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

use crate::domain::time::Timestamp;

pub const ID_HEADER: &str = "webhook-id";
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far the two clocks may lie apart.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// A signing secret, written `whsec_` and base64 or base64 alone.
#[derive(Clone, Debug)]
pub struct WebhookSecret(SecretSlice<u8>);

/// The secrets in use, the first of which is the current one.
#[derive(Clone, Debug)]
pub struct WebhookSecrets(Vec<WebhookSecret>);

/// What is signed: the id names the delivery and stays over all attempts, the time is that of the attempt.
#[derive(Clone, Copy, Debug)]
pub struct SignedContent<'a> {
    pub id: &'a str,
    pub at: Timestamp,
    pub body: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a webhook secret is base64, with or without whsec_ before it")]
    NotBase64,
    #[error("a webhook secret is not empty")]
    Empty,
    #[error("no webhook secret is given")]
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the time of the call lies too far from now")]
    Stale,
    #[error("no signature matches")]
    Mismatch,
}

impl WebhookSecret {
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&STANDARD, config)
            .decode(encoded)
            .map_err(|_| SecretError::NotBase64)?;
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Self(bytes.into()))
    }

    /// `None` cannot happen, since HMAC takes keys of any length.
    fn mac(&self, content: &SignedContent<'_>) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).ok()?;
        mac.update(content.id.as_bytes());
        mac.update(b".");
        mac.update(seconds(content.at).to_string().as_bytes());
        mac.update(b".");
        mac.update(content.body);
        Some(mac)
    }
}

impl WebhookSecrets {
    pub fn new(secrets: Vec<WebhookSecret>) -> Result<Self, SecretError> {
        if secrets.is_empty() {
            Err(SecretError::None)
        } else {
            Ok(Self(secrets))
        }
    }

    /// The value of the signature header: one signature for every secret, so that a desk may change over at leisure.
    pub fn sign(&self, content: &SignedContent<'_>) -> String {
        let macs = self.0.iter().filter_map(|secret| secret.mac(content));
        let signatures =
            macs.map(|mac| format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())));
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// Whether any signature of the header is one of ours over this content, compared in constant time.
    pub fn verify(
        &self,
        content: &SignedContent<'_>,
        header: &str,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        if now.since(content.at).max(content.at.since(now)) > TOLERANCE {
            return Err(SignatureError::Stale);
        }
        let given = header
            .split(' ')
            .filter_map(|part| part.strip_prefix("v1,"));
        let given: Vec<_> = given
            .filter_map(|text| BASE64_STANDARD.decode(text).ok())
            .collect();
        let matches = self.0.iter().any(|secret| {
            let same = |signature: &Vec<u8>| {
                secret
                    .mac(content)
                    .is_some_and(|mac| mac.verify_slice(signature).is_ok())
            };
            given.iter().any(same)
        });
        if matches {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

/// The value of the timestamp header.
pub fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_614_265_330_000);
    const VECTOR: SignedContent<'_> = SignedContent {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at: AT,
        body: br#"{"test": 2432232314}"#,
    };
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secrets(texts: &[&str]) -> WebhookSecrets {
        let parsed = texts.iter().map(|text| WebhookSecret::parse(text).unwrap());
        WebhookSecrets::new(parsed.collect()).unwrap()
    }

    fn published() -> WebhookSecrets {
        secrets(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    }

    #[test]
    fn signs_the_published_vector() {
        assert_eq!(published().sign(&VECTOR), SIGNATURE);
        assert_eq!(
            secrets(&["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).sign(&VECTOR),
            SIGNATURE
        );
    }

    #[test]
    fn two_secrets_give_two_signatures_and_either_is_believed() {
        let both = secrets(&[
            "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ]);
        let header = both.sign(&VECTOR);
        assert_eq!(header.split(' ').count(), 2);
        assert_eq!(published().verify(&VECTOR, &header, AT), Ok(()));
        assert_eq!(both.verify(&VECTOR, SIGNATURE, AT), Ok(()));
    }

    #[test]
    fn any_change_of_id_time_or_body_is_noticed() {
        let changed = [
            SignedContent {
                id: "msg_other",
                ..VECTOR
            },
            SignedContent {
                at: AT.plus(Duration::from_secs(1)),
                ..VECTOR
            },
            SignedContent {
                body: br#"{"test":2432232314}"#,
                ..VECTOR
            },
        ];
        for content in changed {
            assert_eq!(
                published().verify(&content, SIGNATURE, AT),
                Err(SignatureError::Mismatch)
            );
        }
        for header in [
            "",
            "v1,",
            "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "v1,AAAA",
            "rubbish",
        ] {
            assert_eq!(
                published().verify(&VECTOR, header, AT),
                Err(SignatureError::Mismatch),
                "{header}"
            );
        }
    }

    #[test]
    fn five_minutes_either_way_are_tolerated_and_no_more() {
        let verify = |now| published().verify(&VECTOR, SIGNATURE, now);
        assert_eq!(verify(AT.plus(TOLERANCE)), Ok(()));
        assert_eq!(verify(AT.minus(TOLERANCE)), Ok(()));
        assert_eq!(
            verify(AT.plus(TOLERANCE + Duration::from_secs(1))),
            Err(SignatureError::Stale)
        );
        assert_eq!(
            verify(AT.minus(TOLERANCE + Duration::from_secs(1))),
            Err(SignatureError::Stale)
        );
    }

    #[test]
    fn secrets_that_are_none_are_refused_and_none_is_printed() {
        assert_eq!(
            WebhookSecret::parse("whsec_!").unwrap_err(),
            SecretError::NotBase64
        );
        assert_eq!(
            WebhookSecret::parse("whsec_").unwrap_err(),
            SecretError::Empty
        );
        assert_eq!(
            WebhookSecrets::new(Vec::new()).unwrap_err(),
            SecretError::None
        );
        assert!(
            !format!("{:?}", published()).contains("181"),
            "the key's first byte"
        );
    }
}
