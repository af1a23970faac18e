//! What one bot, one desk or one stranger may hold of what all share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use handover_bridge::{
    domain::{
        conversation::{Answer, Profile},
        delivery::HandoverFacts,
        ids::MessageId,
        message::{Actor, Content, Message},
        time::Timestamp,
    },
    http::shed::Capacity,
    store::{HandoverView, Page},
};

use crate::{
    client::{Bridge, Call, DESK, HANDOVER, KEY, OTHER_DESK, Reply, VERIFY, begin, send},
    store::{Apply, Script, TAKEN},
    unsigned::unfinished,
};

const MESSAGES: &str = include_str!("../samples/chatlayer/messages.user.text.json");
const OFFLOAD: &str = include_str!("../samples/chatlayer/offload.json");
const USER_TEXT: &str = include_str!("../samples/certainly/messages.user.text.json");
const TYPING: &str = r#"{"type": "typing"}"#;

/// Two of its pieces are all that one may hold, and four all that there is.
const SMALL: Capacity = Capacity {
    requests: 4,
    body_bytes: 64 << 10,
    values: 64 << 10,
};
static PIECE: [u8; 16 << 10] = [b' '; 16 << 10];
/// More than fill the gate.
const MANY: usize = 8;

/// Calls whose bodies stop after their first piece, as far as they come.
async fn hang(bridge: &Bridge, call: impl Fn(axum::body::Body) -> Call) -> Vec<Hanging> {
    let asked = Arc::new(AtomicUsize::new(0));
    let hanging = (0..MANY).map(|_| {
        let (router, call) = (bridge.router.clone(), call(unfinished(&PIECE, &asked)));
        tokio::spawn(async move { send(&router, call).await })
    });
    let hanging: Vec<_> = hanging.collect();
    // What finds no room is answered, or is heard out for what it is.
    while asked.load(Ordering::SeqCst) + answered(&hanging) < MANY {
        tokio::task::yield_now().await;
    }
    hanging
}

type Hanging = tokio::task::JoinHandle<Reply>;

fn answered(hanging: &[Hanging]) -> usize {
    hanging.iter().filter(|call| call.is_finished()).count()
}

fn events() -> String {
    format!("/api/v1/handovers/{HANDOVER}/events")
}

fn webshop(body: &'static str) -> Call {
    let path = format!("/hooks/chatlayer/webshop/{KEY}?verifyToken={VERIFY}");
    Call::post(&path, body)
}

fn fashion(event: &str, body: impl Into<axum::body::Body>) -> Call {
    Call::post(&format!("/hooks/certainly/fashion/{KEY}/{event}"), body)
}

#[tokio::test]
async fn bodies_of_one_bot_that_do_not_end_leave_room_for_all_others() {
    let script = Script {
        apply: Apply::requested(Answer::Accepted),
        ..Script::default()
    };
    let bridge = Bridge::letting_in(SMALL, script);
    let _hanging = hang(&bridge, |body| fashion("claim", body)).await;
    let offload = bridge.send(webshop(OFFLOAD)).await;
    assert_eq!(offload.json()["offloadSuccess"], true);
    assert_eq!(bridge.send(webshop(MESSAGES)).await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_end_take_no_place() {
    let bridge = Bridge::letting_in(SMALL, Script::default());
    let tiny = |asked: &Arc<AtomicUsize>| unfinished(b"{", asked);
    let asked = Arc::new(AtomicUsize::new(0));
    for _ in 0..MANY {
        for call in [
            fashion("messages", tiny(&asked)),
            Call::post(&events(), tiny(&asked)).json().bearer(DESK),
        ] {
            let router = bridge.router.clone();
            tokio::spawn(async move { send(&router, call).await });
        }
    }
    while asked.load(Ordering::SeqCst) < 2 * MANY {
        tokio::task::yield_now().await;
    }
    let reply = bridge.send(fashion("messages", USER_TEXT)).await;
    assert_eq!(reply.status, 200);
    let typing = Call::post(&events(), TYPING).json().bearer(DESK);
    assert_eq!(bridge.send(typing).await.status, 202);
}

#[tokio::test]
async fn bodies_of_one_desk_that_do_not_end_leave_room_for_all_others() {
    let bridge = Bridge::letting_in(SMALL, Script::default());
    let event = |body| Call::post(&events(), body).json();
    let _hanging = hang(&bridge, |body| event(body).bearer(DESK)).await;
    let typing = event(TYPING.into()).bearer(OTHER_DESK);
    assert_eq!(bridge.send(typing).await.status, 202);
}

fn long_handover() -> HandoverView {
    let said = Message {
        id: MessageId::from_uuid(TAKEN),
        seq: 1,
        actor: Actor::User,
        at: Timestamp::from_millis(0),
        content: Content::text("x".repeat(PIECE.len())),
        handover: None,
        late: false,
        raw: None,
    };
    HandoverView {
        facts: HandoverFacts {
            id: HANDOVER.parse().unwrap(),
            language: "en".to_owned(),
            payload: None,
            options: serde_json::Map::new(),
        },
        bot: "webshop".parse().unwrap(),
        user: "session-1".to_owned(),
        profile: Profile::default().into(),
        phase: None,
        answer: Answer::Accepted,
        transcript: Page {
            items: vec![said],
            more: false,
        },
    }
}

#[tokio::test]
async fn answers_that_are_not_read_are_few_and_leave_room_for_all_others() {
    let script = Script {
        handover: Some(long_handover()),
        ..Script::default()
    };
    let bridge = Bridge::letting_in(SMALL, script);
    let show = || Call::get(&format!("/api/v1/handovers/{HANDOVER}")).bearer(DESK);
    let mut unread = Vec::new();
    for _ in 0..MANY {
        unread.push(begin(&bridge.router, show()).await);
    }
    let statuses: Vec<_> = unread
        .iter()
        .map(|answer| answer.status().as_u16())
        .collect();
    assert_eq!(statuses, [200, 503, 503, 503, 503, 503, 503, 503]);
    let typing = Call::post(&events(), TYPING).json().bearer(OTHER_DESK);
    assert_eq!(bridge.send(typing).await.status, 202);
    drop(unread);
    assert_eq!(bridge.send(show()).await.status, 200);
}
