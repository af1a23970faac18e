//! The routes before the real store: what repeats, keys and closed handovers come to for a caller.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::Router;
use handover_bridge::{
    clock::{SystemClock, new_id},
    domain::policy::{BotPolicy, DeskPolicy, Limits, Policy},
    store::{
        Store,
        sqlite::{self, SqliteStore},
    },
    telemetry::Instruments,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{ADMIN, Call, DESK, KEY, OTHER_DESK, Reply, VERIFY, router_before, send};

const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");
const TEXT: &str = include_str!("../samples/chatlayer/messages.user.text.json");
/// The same session and message id as [`TEXT`]: a repeat of it.
const LOCATION: &str = include_str!("../samples/chatlayer/messages.user.location.json");

pub struct Whole {
    store: Arc<SqliteStore>,
    router: Router,
    folder: TempDir,
}

impl Whole {
    /// The desk `custom` takes at once what it is asked, or is asked and does not answer.
    pub fn new(takes_at_once: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = Policy {
            limits: Limits {
                decide_within: Duration::from_millis(100),
                ..Limits::default()
            },
            bots: BTreeMap::from([("webshop".parse().unwrap(), BotPolicy::default())]),
            desks: BTreeMap::from([(
                "custom".parse().unwrap(),
                DeskPolicy {
                    takes_at_once,
                    ..DeskPolicy::new()
                },
            )]),
            observe: true,
            ..Policy::default()
        };
        let options = sqlite::Options {
            path: folder.path().join("handover.db"),
            migrate: true,
            policy: Arc::new(policy),
            clock: Arc::new(SystemClock),
            new_id,
            transcript_limits: BTreeMap::new(),
            instruments: Instruments::default(),
        };
        let store = Arc::new(options.open().unwrap());
        Self {
            router: router_before(store.clone()),
            store,
            folder,
        }
    }

    /// As long as this is there, nothing is written.
    pub fn hold(&self) -> rusqlite::Connection {
        let other = rusqlite::Connection::open(self.folder.path().join("handover.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    }

    pub async fn send(&self, call: Call) -> Reply {
        send(&self.router, call).await
    }

    async fn offload(&self) -> Value {
        let reply = self
            .send(Call::post(
                &format!("/hooks/chatlayer/webshop/{KEY}"),
                OFFLOAD,
            ))
            .await;
        assert_eq!(reply.status, 200);
        reply.json()
    }

    async fn messages(&self, body: &'static str) -> Reply {
        self.send(Call::post(
            &format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}"),
            body,
        ))
        .await
    }

    /// The one handover that is open, as operators see it.
    pub async fn open_handover(&self) -> String {
        let list = self
            .send(Call::get("/api/admin/handovers?state=open").bearer(ADMIN))
            .await
            .json();
        assert_eq!(list["handovers"].as_array().unwrap().len(), 1);
        list["handovers"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn tell(&self, handover: &str, (key, body): (Option<&str>, Value)) -> Reply {
        let call = Call::post(
            &format!("/api/v1/handovers/{handover}/events"),
            body.to_string(),
        )
        .json()
        .bearer(DESK);
        let call = key
            .into_iter()
            .fold(call, |call, key| call.header("idempotency-key", key));
        self.send(call).await
    }

    pub async fn show(&self, handover: &str, token: &str) -> Reply {
        self.send(Call::get(&format!("/api/v1/handovers/{handover}")).bearer(token))
            .await
    }
}

fn said(taken: bool) -> Value {
    json!({"offloadSuccess": taken, "pauseBot": taken})
}

fn text(text: &str) -> Value {
    json!({"type": "message", "content": {"type": "text", "text": text}})
}

#[tokio::test]
async fn a_handover_from_the_offload_to_its_end() {
    let bridge = Whole::new(true);
    assert_eq!(bridge.offload().await, said(true));
    assert_eq!(
        bridge.offload().await,
        said(true),
        "a repeat hears the same"
    );
    let handover = bridge.open_handover().await;

    let first = bridge.tell(&handover, (Some("k1"), text("Hello"))).await;
    assert_eq!(first.status, 202);
    let again = bridge.tell(&handover, (Some("k1"), text("Hello"))).await;
    assert_eq!((again.status.as_u16(), again.json()), (202, first.json()));
    let other = bridge.tell(&handover, (Some("k1"), text("Goodbye"))).await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (422, "idempotency-mismatch")
    );
    let ok = bridge.tell(&handover, (None, text("ok"))).await;
    let ok_again = bridge.tell(&handover, (None, text("ok"))).await;
    assert_ne!(
        ok.json(),
        ok_again.json(),
        "without a key every call is a new event"
    );

    let shown = bridge.show(&handover, DESK).await.json();
    assert_eq!(shown["state"], "attended");
    assert_eq!(
        shown["handover"]["session_id"],
        "emulator-714a7b79-d674-4a62-a9a9-49581d7451e5"
    );
    let texts: Vec<_> = shown["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["content"]["text"])
        .collect();
    assert_eq!(texts[0], "Hi Welcome");
    for (theirs, kind) in [
        (bridge.show(&handover, OTHER_DESK).await, "other"),
        (bridge.show(&new_id().to_string(), DESK).await, "none"),
    ] {
        assert_eq!(
            (theirs.status.as_u16(), theirs.problem().as_str()),
            (404, "not-found"),
            "{kind}"
        );
    }

    assert_eq!(
        bridge
            .tell(
                &handover,
                (None, json!({"type": "closed", "reason": "solved"}))
            )
            .await
            .status,
        202
    );
    let late = bridge.tell(&handover, (None, text("wait"))).await;
    assert_eq!(
        (late.status.as_u16(), late.problem().as_str()),
        (409, "closed")
    );
    assert_eq!(
        bridge.offload().await,
        said(false),
        "a late `true` would pause a bot that nobody resumes"
    );
}

#[tokio::test]
async fn an_offload_that_no_desk_answers_waits_for_the_timer_and_is_declined() {
    let bridge = Whole::new(false);
    let timers = bridge.store.clone();
    let firing = tokio::spawn(async move {
        loop {
            let bell = timers.timer_bell();
            timers.fire_timers(10).await.unwrap();
            let _ = tokio::time::timeout(Duration::from_millis(20), bell.notified()).await;
        }
    });
    let (first, repeat) = tokio::join!(bridge.offload(), bridge.offload());
    assert_eq!((first, repeat), (said(false), said(false)));
    firing.abort();
}

#[tokio::test]
async fn a_repeated_message_is_answered_as_the_first_and_kept_once() {
    let bridge = Whole::new(true);
    for body in [TEXT, TEXT, LOCATION] {
        let reply = bridge.messages(body).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({})));
    }
    let mut offload: Value = serde_json::from_str(TEXT).unwrap();
    offload["event"] = "offload".into();
    let call = Call::post(
        &format!("/hooks/chatlayer/webshop/{KEY}"),
        offload.to_string(),
    );
    assert_eq!(bridge.send(call).await.json(), said(true));
    let handover = bridge.open_handover().await;
    let shown = bridge.show(&handover, DESK).await.json();
    assert_eq!(shown["transcript"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_the_store_the_bot_keeps_the_user_and_all_others_are_to_come_again() {
    let bridge = Whole::new(true);
    bridge.offload().await;
    let handover = bridge.open_handover().await;
    bridge.store.close().await;
    assert_eq!(bridge.offload().await, said(false));
    for reply in [
        bridge.messages(TEXT).await,
        bridge.tell(&handover, (None, text("Hello"))).await,
        bridge.show(&handover, DESK).await,
        bridge
            .send(Call::get("/api/admin/deliveries").bearer(ADMIN))
            .await,
        bridge.send(Call::get("/readyz")).await,
    ] {
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (503, "unavailable")
        );
        assert!(reply.headers.contains_key("retry-after"));
    }
    assert_eq!(bridge.send(Call::get("/livez")).await.status, 200);
}

#[tokio::test]
async fn what_came_is_in_the_file_byte_for_byte() {
    let bridge = Whole::new(true);
    let item = concat!(
        r#"{ "actor" :"user","zeta":1.50, "message":{"text":"h\u00e9 \/ <&>", "messageType":"text","#,
        r#""big":12345678901234567890,"e":1e2, "id":"m1","future":{"b":[1 ,2],"a":null}} }"#
    );
    let unknown =
        r#"{"event" : "rated","sessionId":"s1","botId":"b1", "version":"LIVE","stars":5.0}"#;
    let messages = format!(
        r#"{{"event":"messages","botId":"b1","version":"LIVE","sessionId":"s1","messages":[ {item}]}}"#
    );
    for body in [messages.as_str(), unknown] {
        let path = format!("/hooks/chatlayer/webshop?verifyToken={VERIFY}");
        let reply = bridge.send(Call::post(&path, body.to_owned())).await;
        assert_eq!(reply.status, 200);
    }
    bridge.store.close().await;
    let file = rusqlite::Connection::open(bridge.folder.path().join("handover.db")).unwrap();
    for (query, came) in [
        ("SELECT raw FROM messages", item),
        ("SELECT raw FROM unknown_events", unknown),
    ] {
        let kept: String = file.query_row(query, (), |row| row.get(0)).unwrap();
        assert_eq!(kept, came);
    }
}
