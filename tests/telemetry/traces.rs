//! One trace across a call that comes in and the calls that go out because of it.

use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use serde_json::json;

use crate::{
    bridge::{World, handover_of, message},
    collector::Collector,
};

const HOOK: &str = "/hooks/chatlayer/{bot}/{hook_key}";

#[tokio::test]
async fn a_message_and_its_delivery_are_one_trace() {
    let collector = Collector::start().await;
    let world = traced_world(&collector).await;
    let bridge = world.start().await;
    assert!(bridge.caller.asks_for_an_agent("canary-session").await);
    let said = message("canary-session", 1, "canary-text");
    bridge.caller.post_hook(&said).await;
    world
        .desk
        .until("the message", |calls| calls.len() == 2)
        .await;
    let handover = handover_of(&world.desk);
    let answer = json!({"type": "message", "content": {"type": "text", "text": "canary answer"}});
    bridge.caller.desk_says(&handover, &answer).await;
    world
        .platform
        .until("the answer", |calls| !calls.is_empty())
        .await;
    bridge.caller.metrics().await;
    bridge.stop().await;

    let spans = collector.spans();
    for (delivery, cause) in [
        ("deliver open", HOOK),
        ("deliver message", HOOK),
        ("deliver say", "/api/v1/handovers/{id}/events"),
    ] {
        let (delivery, cause) = (named(&spans, delivery), caused(&spans, delivery, cause));
        assert_eq!(delivery.trace_id, cause.trace_id);
        assert_eq!(
            attribute(delivery, "handover.delivery.outcome"),
            "delivered"
        );
        assert_eq!(attribute(cause, "http.route"), cause.name);
    }
    let traces: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!(
        traces.len(),
        3,
        "each call has a trace of its own, readings of metrics have none"
    );
    let bytes = String::from_utf8_lossy(&collector.bytes()).to_lowercase();
    assert!(!bytes.contains("canary"), "{bytes}");
}

#[tokio::test]
async fn a_trace_goes_on_where_it_was_after_failures_and_a_restart() {
    let collector = Collector::start().await;
    let world = traced_world(&collector).await;
    let bridge = world.start().await;
    assert!(bridge.caller.asks_for_an_agent("s1").await);
    world.desk.set_down(true);
    bridge.caller.says("s1", 1).await;
    world
        .desk
        .until("an attempt", |calls| calls.len() >= 2)
        .await;
    bridge.stop().await;
    world.desk.set_down(false);
    let bridge = world.start().await;
    world
        .desk
        .until("the message", |calls| {
            calls.last().is_some_and(|call| call.status.is_success())
        })
        .await;
    bridge.stop().await;

    let spans = collector.spans();
    let attempts: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "deliver message")
        .collect();
    assert!(attempts.len() >= 2);
    let (first, last) = (attempts[0], attempts[attempts.len() - 1]);
    let cause = caused(&spans, "deliver message", HOOK);
    for attempt in &attempts {
        assert_eq!(
            (&attempt.trace_id, &attempt.parent_span_id),
            (&cause.trace_id, &cause.span_id)
        );
    }
    assert_eq!(attribute(first, "handover.delivery.outcome"), "busy");
    assert_eq!(
        first.status.as_ref().unwrap().code,
        i32::from(StatusCode::Error)
    );
    assert_eq!(attribute(last, "handover.delivery.outcome"), "delivered");
}

#[tokio::test]
async fn without_a_collector_nothing_is_kept_and_one_that_is_away_stops_nobody() {
    let world = World::new().await;
    let bridge = world.start().await;
    assert!(bridge.caller.asks_for_an_agent("s1").await);
    bridge.stop().await;
    assert_eq!(world.rows("SELECT trace FROM deliveries"), [None]);

    let mut world = World::new().await;
    world.settings = r#"telemetry = { otlp_endpoint = "http://127.0.0.1:9" }"#.to_owned();
    let bridge = world.start().await;
    assert!(bridge.caller.asks_for_an_agent("s1").await);
    bridge.stop().await;
    let kept = world.rows("SELECT trace FROM deliveries");
    assert!(
        kept[0]
            .as_ref()
            .is_some_and(|trace| trace.starts_with("00-")),
        "{kept:?}"
    );
}

async fn traced_world(collector: &Collector) -> World {
    let mut world = World::new().await;
    world.settings = format!(
        r#"telemetry = {{ otlp_endpoint = "http://{}" }}"#,
        collector.address
    );
    world
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

/// The span of this name below which the delivery hangs.
fn caused<'s>(spans: &'s [Span], delivery: &str, cause: &str) -> &'s Span {
    let parent = &named(spans, delivery).parent_span_id;
    let found = spans
        .iter()
        .find(|span| span.span_id == *parent && span.name == cause);
    found.unwrap_or_else(|| panic!("{delivery} does not hang below {cause}: {spans:#?}"))
}

fn attribute(span: &Span, key: &str) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    let found = span
        .attributes
        .iter()
        .find(|attribute| attribute.key == key);
    let value = found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref());
    match value {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key} of {} is {other:?}", span.name),
    }
}
