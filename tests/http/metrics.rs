//! Metrics that come from the store, before a store that does as told.

use handover_bridge::{
    domain::{conversation::Phase, delivery::Destination, time::Timestamp},
    store::{Census, Owed},
};

use crate::{
    client::{ADMIN, Bridge, Call},
    store::Script,
};

async fn lines(bridge: &Bridge) -> Vec<String> {
    let reply = bridge.send(Call::get("/metrics").bearer(ADMIN)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_store_that_cannot_be_read_gives_no_good_news() {
    let bridge = Bridge::new(Script {
        census_fails: true,
        ..Script::default()
    });
    let lines = lines(&bridge).await;
    for line in [
        "handover_store_readable 0",
        "handover_unattended_conversations NaN",
        "handover_oldest_undelivered_seconds{desk=\"custom\"} NaN",
        "handover_undelivered{destination=\"bot:webshop\"} NaN",
    ] {
        assert!(
            lines.iter().any(|shown| shown == line),
            "{line} in {lines:#?}"
        );
    }
}

#[tokio::test]
async fn names_that_are_gone_are_added_up_under_one_that_nobody_can_have() {
    let desk = |name: &str| Destination::Desk(name.parse().unwrap());
    let owed = |count, since| Owed {
        count,
        since: Some(Timestamp::from_millis(since)),
    };
    let census = Census {
        at: Timestamp::from_millis(10_000),
        owed: [
            (desk("custom"), owed(3, 4_000)),
            (desk("gone"), owed(1, 9_000)),
            (desk("gone_too"), owed(2, 2_000)),
        ]
        .into(),
        open: [
            ((Some("gone".parse().unwrap()), Phase::Waiting), 1),
            ((Some("gone_too".parse().unwrap()), Phase::Waiting), 1),
            ((None, Phase::Requested), 3),
        ]
        .into(),
        ..Census::default()
    };
    let bridge = Bridge::new(Script {
        census,
        ..Script::default()
    });
    let lines = lines(&bridge).await;
    for line in [
        "handover_store_readable 1",
        "handover_oldest_undelivered_seconds{desk=\"custom\"} 6",
        "handover_oldest_undelivered_seconds{desk=\"other\"} 0",
        "handover_oldest_undelivered_seconds{desk=\"(removed)\"} 8",
        "handover_undelivered{destination=\"(removed)\"} 3",
        "handover_open_handovers{desk=\"(removed)\",phase=\"waiting\"} 2",
        "handover_open_handovers{desk=\"(none)\",phase=\"requested\"} 3",
    ] {
        assert!(
            lines.iter().any(|shown| shown == line),
            "{line} in {lines:#?}"
        );
    }
}
