//! Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::domain::time::Timestamp;

/// Older or younger than this, a call may be a recording.
const TOLERANCE_SECONDS: i64 = 300;

/// The secret is not `whsec_` and base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is not whsec_ and base64")]
pub struct BadSecret;

pub(super) struct Verifier(Hmac<Sha256>);

impl Verifier {
    pub(super) fn new(secret: &SecretString) -> Result<Self, BadSecret> {
        let encoded = secret
            .expose_secret()
            .strip_prefix("whsec_")
            .ok_or(BadSecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        let mac = Hmac::new_from_slice(&key).map_err(|_| BadSecret)?;
        Ok(Self(mac))
    }

    /// The id of the call if it is genuine: any one of its signatures suffices, since secrets are rolled.
    pub(super) fn verify<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Option<&'a str> {
        let id = headers.get("webhook-id")?.to_str().ok()?;
        let timestamp = headers.get("webhook-timestamp")?.to_str().ok()?;
        let signatures = headers.get("webhook-signature")?.to_str().ok()?;
        let at: i64 = timestamp.parse().ok()?;
        let age = now.as_millis().div_euclid(1000).checked_sub(at)?;
        if id.is_empty() || !(-TOLERANCE_SECONDS..=TOLERANCE_SECONDS).contains(&age) {
            return None;
        }
        let mut mac = self.0.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        let genuine = signatures
            .split_ascii_whitespace()
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        genuine.then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    // The test vector of the Standard Webhooks reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT: Timestamp = Timestamp::from_millis(1_614_265_330_000);

    fn verify(signature: &str, body: &str, now: Timestamp) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(
            "webhook-id",
            HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek"),
        );
        headers.insert("webhook-timestamp", HeaderValue::from_static("1614265330"));
        headers.insert(
            "webhook-signature",
            HeaderValue::from_str(signature).unwrap(),
        );
        let verifier = Verifier::new(&SECRET.into()).unwrap();
        verifier.verify(&headers, body.as_bytes(), now).is_some()
    }

    #[test]
    fn the_published_vector_is_genuine_and_nothing_else_is() {
        let body = r#"{"test": 2432232314}"#;
        assert!(verify(SIGNATURE, body, AT));
        assert!(verify(&format!("v1,AAAA v2,x {SIGNATURE}"), body, AT));
        assert!(!verify(SIGNATURE, r#"{"test": 2432232315}"#, AT));
        assert!(!verify("v1,AAAA", body, AT));
        assert!(!verify(&SIGNATURE.replace("v1", "v2"), body, AT));
        assert!(!verify(
            SIGNATURE,
            body,
            Timestamp::from_millis(1_614_265_631_000)
        ));
        assert!(!verify(
            SIGNATURE,
            body,
            Timestamp::from_millis(1_614_265_029_000)
        ));
    }

    #[test]
    fn a_secret_without_its_prefix_is_refused() {
        assert!(Verifier::new(&"c2VjcmV0".into()).is_err());
        assert!(Verifier::new(&"whsec_not base64".into()).is_err());
    }
}
