//! The log tells of every request, and nothing of what came in it.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::http::Method;

use crate::{
    client::{ADMIN, Bridge, Call, DESK, HANDOVER, KEY, VERIFY},
    store::{Apply, Script},
};

/// Collects what is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_route_and_no_secret_and_no_text() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let body = r#"{"event": "messages", "text": "canary-text", "sessionId": "canary-session"}"#;
    let said = r#"{"type": "message", "content": {"type": "text", "text": "canary-text"}}"#;
    let keyed = format!("/hooks/chatlayer/webshop/{KEY}");
    let events = format!("/api/v1/handovers/{HANDOVER}/events");
    for apply in [
        Apply::Taken,
        Apply::Fails(|| handover_bridge::store::Error::Busy),
        Apply::Panics,
    ] {
        let bridge = Bridge::new(Script {
            apply,
            ..Script::default()
        });
        bridge
            .send(Call::get(&format!(
                "{keyed}?challenge.verifyToken={VERIFY}"
            )))
            .await;
        bridge
            .send(Call::post(&format!("{keyed}?verifyToken={VERIFY}"), body))
            .await;
        bridge
            .send(Call::post(
                &format!("{keyed}-canary-wrong?verifyToken=canary-wrong"),
                body,
            ))
            .await;
        bridge.send(Call::post(&keyed, body)).await;
        bridge
            .send(
                Call::post(&events, said)
                    .json()
                    .bearer(DESK)
                    .header("idempotency-key", "canary-idempotency"),
            )
            .await;
        bridge
            .send(Call::get("/api/admin/warnings?canary-query=1").bearer(ADMIN))
            .await;
        bridge.send(Call::get("/canary-path")).await;
        bridge
            .send(Call::new(Method::from_bytes(b"CANARY").unwrap(), "/livez"))
            .await;
    }

    let text = lines.text();
    for canary in ["canary", "CANARY", VERIFY, KEY, DESK, ADMIN, HANDOVER] {
        assert!(!text.contains(canary), "{canary} was logged");
    }
    let requests: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["fields"]["http.route"].is_string())
        .collect();
    assert_eq!(requests.len(), 3 * 8);
    let first = &requests[0];
    assert_eq!(first["fields"]["http.method"], "GET");
    assert_eq!(
        first["fields"]["http.route"],
        "/hooks/chatlayer/{bot}/{hook_key}"
    );
    assert_eq!(first["fields"]["http.status"], 200);
    assert!(first["fields"]["http.duration_ms"].is_u64());
    assert!(first["span"]["request.id"].is_string());
    assert_eq!(requests[6]["fields"]["http.route"], "unmatched");
}
