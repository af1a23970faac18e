//! What operators and the command line read and change.

use handover_bridge::{
    domain::{
        conversation::Phase,
        delivery::{Destination, TaskKind},
        effect::WarningKind,
        ids::{DeliveryId, ErasureId, HandoverId},
        retry::ErrorClass,
        time::Timestamp,
    },
    http::admin::shape,
    store::{
        Changed, DeliveryState, DeliveryView, Erasure, HandoverSummary, ListedClass, ListedKind,
        Named, WarningView, Whose,
    },
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{ADMIN, Bridge, Call, HANDOVER},
    store::{Script, TAKEN},
};

fn delivery(number: u128) -> DeliveryView {
    DeliveryView {
        id: DeliveryId::from_uuid(Uuid::from_u128(number)),
        handover: HandoverId::from_uuid(TAKEN),
        destination: Destination::Desk("custom".parse().unwrap()),
        kind: ListedKind::Known(TaskKind::Message),
        state: DeliveryState::Dead,
        attempts: 3,
        error_class: Some(ListedClass::Call(ErrorClass::Rejected)),
        created_at: Timestamp::from_millis(0),
        next_at: None,
        message: None,
        settled_at: None,
    }
}

fn get(path: &str) -> Call {
    Call::get(path).bearer(ADMIN)
}

#[tokio::test]
async fn deliveries_are_listed_in_pages_and_by_filter() {
    let bridge = Bridge::new(Script {
        deliveries: (1..=3).map(delivery).collect(),
        ..Script::default()
    });
    let first = bridge
        .send(get(
            "/api/admin/deliveries?state=dead&destination=desk:custom&limit=2",
        ))
        .await;
    assert_eq!(
        first.json()["deliveries"][0],
        json!({
            "id": Uuid::from_u128(1), "handover": TAKEN, "destination": "desk:custom", "kind": "message",
            "state": "dead", "attempts": 3, "error_class": "rejected", "created_at": "1970-01-01T00:00:00.000Z",
            "next_at": null,
        })
    );
    let page: shape::Deliveries = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(page.deliveries.len(), 2);
    let next = page.next.expect("there is a third");
    let last = bridge
        .send(get(&format!("/api/admin/deliveries?after={next}")))
        .await;
    assert_eq!(last.json()["next"], json!(null));

    let asked = bridge.store.asked();
    assert_eq!(asked[0].state, Some(DeliveryState::Dead));
    assert_eq!(
        asked[0].destination,
        Some(Destination::Desk("custom".parse().unwrap()))
    );
    assert_eq!((asked[1].after, asked[1].state), (Some(next), None));
}

#[tokio::test]
async fn a_filter_that_would_not_be_applied_is_refused() {
    let bridge = Bridge::new(Script::default());
    for path in [
        "/api/admin/deliveries?stat=dead",
        "/api/admin/deliveries?state=lost",
        "/api/admin/deliveries?destination=custom",
        "/api/admin/deliveries?destination=desk:No",
        "/api/admin/deliveries?after=x",
        "/api/admin/deliveries?limit=-1",
        "/api/admin/deliveries?limit=0",
        "/api/admin/handovers?limit=1001",
        "/api/admin/handovers?state=closed",
    ] {
        let reply = bridge.send(get(path)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (422, "invalid-contract"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_delivery_is_retried_or_skipped_or_said_why_not() {
    for action in ["retry", "skip"] {
        let path = format!("/api/admin/deliveries/{HANDOVER}/{action}");
        for (change, status) in [
            (Some(Changed::Yes), 200),
            (Some(Changed::NotNow), 409),
            (Some(Changed::NotFound), 404),
            (None, 503),
        ] {
            let bridge = Bridge::new(Script {
                change,
                ..Script::default()
            });
            let reply = bridge.send(Call::post(&path, "").bearer(ADMIN)).await;
            assert_eq!(reply.status, status);
            match status {
                200 => assert_eq!(reply.json(), json!({"id": HANDOVER})),
                409 => assert_eq!(reply.problem(), "conflict"),
                _ => {}
            }
        }
        let bridge = Bridge::new(Script {
            change: Some(Changed::Yes),
            ..Script::default()
        });
        let reply = bridge
            .send(Call::post(&format!("/api/admin/deliveries/x/{action}"), "").bearer(ADMIN))
            .await;
        assert_eq!(reply.status, 404);
        let form = Call::post(&path, "a=b")
            .bearer(ADMIN)
            .header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(bridge.send(form).await.problem(), "unsupported-media-type");
    }
}

#[tokio::test]
async fn open_handovers_and_warnings_are_shown_without_texts() {
    let at = Timestamp::from_millis(0);
    let summary = HandoverSummary {
        id: HANDOVER.parse().unwrap(),
        bot: "webshop".parse().unwrap(),
        desk: Some("custom".parse().unwrap()),
        phase: Phase::Attended,
        requested_at: at,
        phase_since: at,
        wake_at: at,
    };
    let undecided = HandoverSummary {
        desk: None,
        phase: Phase::Requested,
        ..summary.clone()
    };
    let warning = WarningView {
        kind: WarningKind::UnkeyedHook,
        subject: "webshop".to_owned(),
        count: 2,
        first_at: at,
        last_at: at,
    };
    let bridge = Bridge::new(Script {
        summaries: vec![summary, undecided],
        warnings: vec![warning],
        ..Script::default()
    });
    let epoch = "1970-01-01T00:00:00.000Z";
    for path in [
        "/api/admin/handovers",
        "/api/admin/handovers?state=open&limit=5",
    ] {
        assert_eq!(
            bridge.send(get(path)).await.json(),
            json!({"handovers": [{
                "id": HANDOVER, "bot": "webshop", "desk": "custom", "phase": "attended", "since": epoch,
                "requested_at": epoch, "wake_at": epoch,
            }, {
                "id": HANDOVER, "bot": "webshop", "desk": null, "phase": "requested", "since": epoch,
                "requested_at": epoch, "wake_at": epoch,
            }], "next": null})
        );
    }
    assert_eq!(
        bridge.send(get("/api/admin/warnings")).await.json(),
        json!({"warnings": [{"kind": "unkeyed_hook", "subject": "webshop", "count": 2, "first_at": epoch, "last_at": epoch}]})
    );
}

fn erasure(finished: bool) -> Erasure {
    let at = Timestamp::from_millis(0);
    Erasure {
        id: ErasureId::from_uuid(TAKEN),
        requested_at: at,
        finished_at: finished.then_some(at),
        conversations: 2,
        left: u64::from(!finished),
        platform_deleted: 1,
        platform_kept: 0,
        waits_for: (!finished).then(|| delivery(9)).into_iter().collect(),
    }
}

fn erase(body: &serde_json::Value) -> Call {
    Call::post("/api/admin/erasures", body.to_string())
        .bearer(ADMIN)
        .header("content-type", "application/json")
}

#[tokio::test]
async fn a_user_is_erased_by_session_or_by_id_and_within_a_bot_and_a_version() {
    let bridge = Bridge::new(Script {
        erasure: Some(erasure(false)),
        ..Script::default()
    });
    let reply = bridge.send(erase(&json!({"session_id": "s1"}))).await;
    assert_eq!(reply.status, 202);
    let begun = reply.json();
    assert_eq!(
        (
            &begun["id"],
            &begun["state"],
            &begun["left"],
            &begun["finished_at"]
        ),
        (&json!(TAKEN), &json!("pending"), &json!(1), &json!(null))
    );
    assert_eq!(begun["waits_for"][0]["destination"], "desk:custom");
    let narrowed =
        json!({"user_id": "u1", "bot": "webshop", "version": "LIVE", "keep_at_platform": true});
    assert_eq!(bridge.send(erase(&narrowed)).await.status, 202);
    let whose = |named, id: &str, bot: Option<&str>, version: Option<&str>| Whose {
        named: vec![named, kept_under(id)],
        bot: bot.map(|bot| bot.parse().unwrap()),
        version: version.map(ToOwned::to_owned),
    };
    assert_eq!(
        bridge.store.erased(),
        [
            (whose(Named::Key("s1".to_owned()), "s1", None, None), true),
            (
                whose(
                    Named::Profile("u1".to_owned()),
                    "u1",
                    Some("webshop"),
                    Some("LIVE")
                ),
                false
            ),
        ]
    );
}

/// Under what the test's bots on Certainly keep a user. Those on Chatlayer keep sessions, which have one name.
fn kept_under(id: &str) -> Named {
    let bots = ["fashion", "by_token", "by_password"];
    let keys = bots.map(|bot| (bot.parse().unwrap(), id.to_owned()));
    Named::KeyWith(keys.into())
}

#[tokio::test]
async fn a_user_is_erased_by_the_id_that_the_platform_shows() {
    let bridge = Bridge::new(Script {
        erasure: Some(erasure(false)),
        ..Script::default()
    });
    let shown = "webbot:44";
    for body in [json!({"session_id": shown}), json!({"user_id": shown})] {
        assert_eq!(bridge.send(erase(&body)).await.status, 202);
    }
    let erased = bridge.store.erased();
    let named: Vec<_> = erased.into_iter().map(|(whose, _)| whose.named).collect();
    assert_eq!(
        named,
        [
            [Named::Key(shown.to_owned()), kept_under("44")],
            [Named::Profile(shown.to_owned()), kept_under("44")],
        ]
    );
}

#[tokio::test]
async fn a_bot_that_nobody_knows_is_refused_and_one_that_is_gone_is_not() {
    let bridge = Bridge::new(Script {
        erasure: Some(erasure(false)),
        kept_of: Some("gone".parse().unwrap()),
        ..Script::default()
    });
    let by_session = |bot: &str| erase(&json!({"session_id": "s1", "bot": bot}));
    let slip = bridge.send(by_session("typo")).await;
    assert_eq!(
        (slip.status.as_u16(), slip.problem().as_str()),
        (404, "not-found")
    );
    assert_eq!(bridge.store.erased(), []);
    for known in ["webshop", "gone"] {
        assert_eq!(bridge.send(by_session(known)).await.status, 202, "{known}");
    }
}

#[tokio::test]
async fn an_erasure_that_names_nobody_or_two_is_refused() {
    let bridge = Bridge::new(Script {
        erasure: Some(erasure(false)),
        ..Script::default()
    });
    for body in [
        json!({}),
        json!({"session_id": "s1", "user_id": "u1"}),
        json!({"session_id": ""}),
        json!({"session_id": "s".repeat(1001)}),
        json!({"user_id": 7}),
        json!({"session_id": "s1", "bot": "No"}),
        json!({"session_id": "s1", "everything": true}),
        json!([]),
    ] {
        let reply = bridge.send(erase(&body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (422, "invalid-contract"),
            "{body}"
        );
    }
    let broken = Call::post("/api/admin/erasures", "{")
        .bearer(ADMIN)
        .header("content-type", "application/json");
    assert_eq!(bridge.send(broken).await.problem(), "malformed");
    let untyped = Call::post("/api/admin/erasures", r#"{"session_id": "s1"}"#).bearer(ADMIN);
    assert_eq!(
        bridge.send(untyped).await.problem(),
        "unsupported-media-type"
    );
    let large = json!({"session_id": "s1", "version": "x".repeat(17 * 1024)});
    assert_eq!(bridge.send(erase(&large)).await.problem(), "too-large");
    assert_eq!(bridge.store.erased(), []);
}

#[tokio::test]
async fn an_erasure_tells_how_far_it_has_come() {
    let bridge = Bridge::new(Script {
        erasure: Some(erasure(true)),
        ..Script::default()
    });
    let reply = bridge
        .send(get(&format!("/api/admin/erasures/{TAKEN}")))
        .await;
    assert_eq!(
        reply.json(),
        json!({
            "id": TAKEN, "state": "finished", "requested_at": "1970-01-01T00:00:00.000Z",
            "finished_at": "1970-01-01T00:00:00.000Z", "conversations": 2, "left": 0, "platform_deleted": 1,
            "platform_kept": 0, "waits_for": [],
        })
    );
    for unknown in [HANDOVER, "x"] {
        let reply = bridge
            .send(get(&format!("/api/admin/erasures/{unknown}")))
            .await;
        assert_eq!(reply.status, 404);
    }
    let busy = Bridge::new(Script::default());
    assert_eq!(
        busy.send(erase(&json!({"user_id": "u1"}))).await.status,
        503
    );
}
