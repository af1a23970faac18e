//! What an operator reads of a bridge at work.

use serde_json::json;

use crate::{
    bridge::{Bridge, World, handover_of, message},
    exposition::Exposition,
    until,
    vendors::Answer,
};

/// Reads the metrics until they say so; those that come from rows are up to a second old.
async fn seen(bridge: &Bridge, so: impl Fn(&Exposition) -> bool) -> Exposition {
    until(async || so(&bridge.caller.metrics().await)).await;
    bridge.caller.metrics().await
}

#[tokio::test]
async fn the_alarms_are_there_from_the_first_reading() {
    let world = World::new().await;
    let bridge = world.start().await;
    let seen = bridge.caller.metrics().await;
    for series in [
        "handover_unattended_conversations",
        "handover_oldest_undelivered_seconds{desk=\"live\"}",
        "handover_oldest_undelivered_seconds{desk=\"spare\"}",
        "handover_bot_oldest_undelivered_seconds{bot=\"webshop\"}",
        "handover_late_resumes{bot=\"webshop\"}",
        "handover_dead_letters_total{destination=\"desk:live\"}",
        "handover_dead_letters_total{destination=\"(removed)\"}",
        "handover_destination_paused{destination=\"bot:webshop\"}",
        "handover_breaker_open{destination=\"desk:spare\"}",
        "handover_store_failed_batches_total",
        "handover_warnings_total{kind=\"resume_late\"}",
        "handover_transitions_total{bot=\"webshop\",desk=\"live\",cause=\"requested\"}",
    ] {
        assert_eq!(seen.value(series).to_bits(), 0.0_f64.to_bits(), "{series}");
    }
    for series in [
        "handover_store_readable",
        "handover_http_connections{listener=\"admin\"}",
    ] {
        assert_eq!(seen.value(series).to_bits(), 1.0_f64.to_bits(), "{series}");
    }
    assert!(seen.value("process_resident_memory_bytes") > 1e6);
    assert!(seen.value("process_open_fds") > 5.0);
    assert!(seen.value("process_start_time_seconds") > 1.7e9);
    bridge.stop().await;
}

#[tokio::test]
async fn nobody_reads_them_without_the_token_and_nobody_at_all_on_the_public_side() {
    let world = World::new().await;
    let bridge = world.start().await;
    let caller = &bridge.caller;
    let get = async |address, token: &str| {
        let url = format!("http://{address}/metrics");
        let answer = caller
            .http
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert!(answer.headers().get("server").is_none());
        let status = answer.status().as_u16();
        (
            status,
            answer.text().await.unwrap().contains("handover_build_info"),
        )
    };
    assert_eq!(get(caller.admin, "wrong").await, (401, false));
    assert_eq!(
        get(caller.public, crate::bridge::ADMIN_TOKEN).await,
        (404, false)
    );
    assert_eq!(
        get(caller.admin, crate::bridge::ADMIN_TOKEN).await,
        (200, true)
    );
    bridge.stop().await;
}

#[tokio::test]
async fn a_handover_is_counted_from_the_request_to_the_resume() {
    let world = World::new().await;
    let bridge = world.start().await;
    let caller = &bridge.caller;
    assert!(caller.asks_for_an_agent("s1").await);
    caller.says("s1", 1).await;
    caller.says("s1", 1).await;
    caller.post_hook(&json!({"event": "messages"})).await;
    let handover = handover_of(&world.desk);
    caller
        .desk_says(&handover, &json!({"type": "attended"}))
        .await;
    caller
        .desk_says(&handover, &json!({"type": "nonsense"}))
        .await;

    let open = "handover_open_handovers{desk=\"live\",phase=\"attended\"}";
    let metrics = seen(&bridge, |seen| seen.value(open) > 0.0).await;
    let intake = |event: &str, outcome: &str| {
        metrics.value(&format!(
            "handover_intake_events_total{{bot=\"webshop\",event=\"{event}\",outcome=\"{outcome}\"}}"
        ))
    };
    let counts = [
        intake("request", "accepted"),
        intake("message", "accepted"),
        intake("message", "repeat"),
        intake("message", "invalid-contract"),
        metrics.value("handover_desk_events_total{desk=\"live\",outcome=\"accepted\"}"),
        metrics.value("handover_desk_events_total{desk=\"live\",outcome=\"invalid-contract\"}"),
        metrics.value("handover_http_problems_total{type=\"invalid-contract\"}") - 1.0,
    ];
    assert!(
        counts
            .iter()
            .all(|count| count.to_bits() == 1.0_f64.to_bits()),
        "{counts:?}"
    );

    caller
        .desk_says(&handover, &json!({"type": "closed", "reason": "solved"}))
        .await;
    let resumed = "handover_transitions_total{bot=\"webshop\",desk=\"live\",cause=\"resumed\"}";
    let metrics = seen(&bridge, |seen| {
        seen.value(resumed) > 0.0 && seen.all("handover_open_handovers").iter().sum::<f64>() < 0.5
    })
    .await;
    for series in [
        "handover_transitions_total{bot=\"webshop\",desk=\"live\",cause=\"requested\"}",
        "handover_transitions_total{bot=\"webshop\",desk=\"live\",cause=\"joined\"}",
        "handover_transitions_total{bot=\"webshop\",desk=\"live\",cause=\"closed\"}",
        "handover_answer_duration_seconds_count{bot=\"webshop\",answer=\"accepted\"}",
        "handover_join_duration_seconds_count{desk=\"live\"}",
        "handover_handover_duration_seconds_count{desk=\"live\"}",
        "handover_delivery_attempts_total{destination=\"desk:live\",kind=\"open\",outcome=\"delivered\"}",
        "handover_delivery_attempts_total{destination=\"desk:live\",kind=\"message\",outcome=\"delivered\"}",
        "handover_delivery_attempts_total{destination=\"bot:webshop\",kind=\"resume\",outcome=\"delivered\"}",
    ] {
        assert_eq!(
            metrics.value(series).to_bits(),
            1.0_f64.to_bits(),
            "{series}"
        );
    }
    assert!(metrics.value("handover_store_commit_duration_seconds_count") > 5.0);
    assert!(metrics.value("handover_delivery_age_seconds_count{destination=\"desk:live\"}") > 1.0);
    bridge.stop().await;
}

#[tokio::test]
async fn what_does_not_arrive_shows_until_it_has() {
    let world = World::new().await;
    let bridge = world.start().await;
    let caller = &bridge.caller;
    assert!(caller.asks_for_an_agent("s1").await);
    world.desk.answer_next([Answer::Status(422)]);
    caller.says("s1", 1).await;
    let kept = "handover_dead_letters_kept{destination=\"desk:live\"}";
    let metrics = seen(&bridge, |seen| seen.value(kept) > 0.0).await;
    let dead = metrics.value("handover_dead_letters_total{destination=\"desk:live\"}");
    assert_eq!(dead.to_bits(), 1.0_f64.to_bits());

    world.desk.set_down(true);
    caller.says("s1", 2).await;
    let oldest = "handover_oldest_undelivered_seconds{desk=\"live\"}";
    let metrics = seen(&bridge, |seen| seen.value(oldest) >= 1.5).await;
    let busy = "handover_delivery_attempts_total{destination=\"desk:live\",kind=\"message\",outcome=\"busy\"}";
    assert!(metrics.value(busy) >= 1.0);
    assert!(metrics.value("handover_undelivered{destination=\"desk:live\"}") >= 1.0);
    assert!(metrics.value("handover_oldest_undelivered_seconds{desk=\"spare\"}") < 0.5);
    assert!(metrics.value("handover_delivery_retries_total{destination=\"desk:live\"}") >= 1.0);

    world.desk.set_down(false);
    seen(&bridge, |seen| seen.value(oldest) < 0.5).await;

    world.platform.answer_next([Answer::Status(401)]);
    let handover = handover_of(&world.desk);
    let said = json!({"type": "message", "content": {"type": "text", "text": "hello"}});
    caller.desk_says(&handover, &said).await;
    let paused = "handover_destination_paused{destination=\"bot:webshop\"}";
    let metrics = seen(&bridge, |seen| seen.value(paused) > 0.0).await;
    let warned = metrics.value("handover_warnings_total{kind=\"destination_paused\"}");
    assert_eq!(warned.to_bits(), 1.0_f64.to_bits());
    assert!(metrics.value("handover_unattended_conversations") < 0.5);
    bridge.stop().await;
}

#[tokio::test]
async fn no_label_holds_what_came_from_outside() {
    let world = World::new().await;
    let bridge = world.start().await;
    let caller = &bridge.caller;
    assert!(caller.asks_for_an_agent("canary-session").await);
    caller
        .post_hook(&message("canary-session", 1, "canary-text"))
        .await;
    caller
        .post_hook(&json!({"event": "canary-event", "sessionId": "canary-session"}))
        .await;
    let wrong = format!("http://{}/canary/path", caller.public);
    let method = reqwest::Method::from_bytes(b"CANARY").unwrap();
    caller.http.request(method, wrong).send().await.unwrap();
    let handover = handover_of(&world.desk);
    let metrics = caller.metrics().await;
    assert!(
        metrics.has(
            "handover_http_request_duration_seconds_count{route=\"unmatched\",status=\"4xx\"}"
        )
    );
    let text = metrics.text.to_lowercase();
    assert!(
        !text.contains("canary") && !text.contains(&handover),
        "{text}"
    );
    bridge.stop().await;
}
