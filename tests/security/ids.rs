//! Ids that would be paths: refused where they come in, or one segment of whatever is called with them.

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    PATIENCE,
    bridge::{Bridge, DESK_TOKEN, bearer, text},
    raw,
};

#[tokio::test]
async fn an_id_that_could_climb_or_be_cut_is_refused_wherever_it_stands() {
    let bridge = Bridge::start().await;
    let long = "x".repeat(257);
    for id in ["", ".", "..", &long, "s\\u0000", "s\\n"] {
        for (field, good) in [("sessionId", "s1"), ("botId", "b1")] {
            for event in ["messages", "offload"] {
                let body = text("s1", 1)
                    .replace(
                        &format!("\"{field}\":\"{good}\""),
                        &format!("\"{field}\":\"{id}\""),
                    )
                    .replace("\"event\":\"messages\"", &format!("\"event\":\"{event}\""));
                let answer = bridge.hook(&body).await;
                assert_eq!(
                    (answer.status, answer.problem().as_str()),
                    (422, "invalid-contract"),
                    "{field} {id:.9} {event}"
                );
            }
        }
    }
}

#[tokio::test]
async fn any_other_id_is_one_segment_of_every_call_that_is_made_with_it() {
    let bridge = Bridge::start().await;
    let hostile = [
        "%2e%2e", "../..", "x?y", "x#y", "a/b", "a\\b", ";x", "a%2fb", "\u{e9}/", "//host",
    ];
    for session in hostile {
        let before = bridge.platform.calls().len();
        let handover = bridge.offload(session).await;
        let events = format!("/api/v1/handovers/{handover}/events");
        for event in [
            json!({"type": "message", "content": {"type": "text", "text": "hello"}}),
            json!({"type": "closed"}),
        ] {
            let event = raw::post(&events, &bearer(DESK_TOKEN), &event.to_string());
            let answer = raw::exchange(bridge.public, event.as_bytes())
                .await
                .remove(0);
            assert_eq!(answer.status, 202, "{}", answer.body);
        }
        // The text and what resumes the bot; the last call says when all have been made.
        let asked = Instant::now();
        let path = format!("/api/v1/handovers/{handover}");
        let state = async || {
            let shown = raw::ask(bridge.public, ("GET", &path), &bearer(DESK_TOKEN)).await;
            shown.json()["state"].as_str().unwrap().to_owned()
        };
        while state().await != "closed" {
            assert!(
                asked.elapsed() < PATIENCE,
                "{session}: the bot is not resumed"
            );
            sleep(std::time::Duration::from_millis(10)).await;
        }
        let calls = bridge.platform.calls().split_off(before);
        assert!(calls.len() >= 2, "{calls:?}");
        for (_, uri, _) in calls {
            let segments: Vec<_> = uri.path().split('/').collect();
            let place = segments
                .iter()
                .position(|segment| decoded(segment) == session);
            assert!(place.is_some(), "{session} is not whole in {uri}");
            let query = uri.query();
            assert!(
                query.is_none_or(|query| query == "version=LIVE"),
                "{session} has made a query of {uri}"
            );
            assert!(
                !segments.iter().any(|segment| [".", ".."].contains(segment)),
                "{session} climbs in {uri}"
            );
        }
    }
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}
