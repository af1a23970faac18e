//! What shows that a call is the bridge's.

use axum::http::HeaderMap;

use crate::{
    domain::time::Timestamp,
    outbound::webhook_signature::{
        ID_HEADER, SIGNATURE_HEADER, SignedContent, TIMESTAMP_HEADER, WebhookSecrets,
    },
};

/// The id of the call, if it is genuine.
pub(super) fn verified<'a>(
    secrets: &WebhookSecrets,
    headers: &'a HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Option<&'a str> {
    let id = text(headers, ID_HEADER).filter(|id| !id.is_empty())?;
    let seconds: i64 = text(headers, TIMESTAMP_HEADER)?.parse().ok()?;
    let at = Timestamp::from_millis(seconds.checked_mul(1000)?);
    let content = SignedContent { id, at, body };
    let signature = text(headers, SIGNATURE_HEADER)?;
    secrets.verify(&content, signature, now).ok()?;
    Some(id)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::outbound::webhook_signature::WebhookSecret;

    // The test vector of the Standard Webhooks reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: Timestamp = Timestamp::from_millis(1_614_265_330_000);

    fn verify(change: impl FnOnce(&mut HeaderMap)) -> bool {
        let mut headers: HeaderMap = [
            (ID_HEADER, "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            (TIMESTAMP_HEADER, "1614265330"),
            (SIGNATURE_HEADER, SIGNATURE),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect();
        change(&mut headers);
        let secret = WebhookSecret::parse(SECRET).unwrap();
        let secrets = WebhookSecrets::new(vec![secret]).unwrap();
        verified(&secrets, &headers, BODY, AT).is_some()
    }

    #[test]
    fn a_call_is_genuine_with_all_three_headers_as_they_were_signed() {
        assert!(verify(|_| {}));
        for name in [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER] {
            for value in ["", "1614265331", "9223372036854775807", "v1,AAAA"] {
                let put = |headers: &mut HeaderMap| {
                    headers.insert(name, HeaderValue::from_static(value));
                };
                assert!(!verify(put), "{name}: {value}");
            }
            assert!(
                !verify(|headers| {
                    headers.remove(name);
                }),
                "{name}"
            );
        }
    }
}
