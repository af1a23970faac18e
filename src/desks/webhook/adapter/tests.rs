use serde_json::{Map, json};
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{About, HandoverFacts, Job, LegFacts, Standing, Task},
        ids::{
            BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId, MessageId,
        },
        message::{Actor, Content, Message},
        retry::ErrorClass,
        taken::Taken,
        time::Timestamp,
    },
    outbound::{
        stub::{Behaviour, Stub, loopback},
        webhook_signature::{WebhookSecret, WebhookSecrets},
    },
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

#[derive(Debug)]
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn desk(stub: &Stub) -> Webhook {
    let url = stub.base();
    let text = format!(
        r#"
        [server]
        public_url = "https://bridge.example"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [desks.custom]
        kind = "webhook"
        url = "{}hooks?key=canary"
        secret = "{SECRET}"
        token = "token-of-the-desk-of-the-tests"
        "#,
        url.expose()
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    let config::Kind::Webhook(configured) = config.desks.into_values().next().unwrap().kind else {
        panic!("another kind")
    };
    Webhook::new(
        Settings::compile(&configured).unwrap(),
        loopback(),
        Arc::new(At(START)),
    )
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(seq: u64, actor: Actor, text: &str) -> Message {
    Message {
        id: MessageId::from_uuid(id(u128::from(seq))),
        seq,
        actor,
        at: START,
        content: Content::text(text),
        handover: None,
        late: false,
        raw: Some("canary".into()),
    }
}

fn job(task: Task) -> Job {
    Job {
        about: About {
            delivery: DeliveryId::from_uuid(id(0xd)),
            created_at: START,
            conversation: ConversationId::from_uuid(id(0xc)),
            key: ConversationKey {
                bot: BotName::new("webshop").unwrap(),
                realm: "b1/LIVE".into(),
                user: ExternalId::new("s1").unwrap(),
            },
            profile: Profile {
                platform_bot_id: Some("b1".into()),
                version: Some("LIVE".into()),
                channel: Some("web".into()),
                language: Some("en".into()),
                user: UserProfile {
                    id: Some("u1".into()),
                    first_name: Some("Guest".into()),
                    ..UserProfile::default()
                },
            }
            .into(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(id(0xa)),
                language: "en".into(),
                payload: Some(json!({"department": "sales"})),
                options: Map::new(),
            },
        },
        task,
        taken: Taken::default(),
        leg: Some(LegFacts {
            id: LegId::from_uuid(id(0xe)),
            desk: DeskName::new("custom").unwrap(),
            standing: Standing::Unnamed,
            taken: Taken::default(),
        }),
        message: Some(message(2, Actor::User, "hello")),
        past: Past {
            messages: vec![
                message(1, Actor::User, "help"),
                message(3, Actor::System, "a notice"),
            ],
            total: 1,
        },
    }
}

async fn sent(task: Task) -> Value {
    let stub = Stub::answering("200 OK", "", "").await;
    assert_eq!(
        desk(&stub).perform(job(task).for_desk().unwrap()).await,
        Ok(Done::default())
    );
    body(&stub).await
}

async fn body(stub: &Stub) -> Value {
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

async fn opened_by(answer: &str) -> Result<Done, Failure> {
    let stub = Stub::answering("200 OK", "", answer).await;
    desk(&stub)
        .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
        .await
}

#[tokio::test]
async fn an_opened_handover_is_told_with_its_transcript_and_without_notices() {
    let expected = json!({"type": "handover.opened", "timestamp": "2026-01-01T00:00:00.000Z", "data": {
        "handover": {"id": id(0xa), "bot": "webshop", "bot_id": "b1", "version": "LIVE", "session_id": "s1",
            "channel": "web", "language": "en", "payload": {"department": "sales"}, "options": {},
            "user": {"id": "u1", "first_name": "Guest", "last_name": null, "avatar_url": null}},
        "transcript_total": 1,
        "transcript": [{"id": id(1), "seq": 1, "actor": "user", "at": "2026-01-01T00:00:00.000Z",
            "content": {"type": "text", "text": "help"}}]}});
    assert_eq!(sent(Task::Open { upto: 1 }).await, expected);
}

#[tokio::test]
async fn messages_failures_and_the_end_are_told_in_the_shapes_of_the_protocol() {
    let (handover_id, named) = (id(0xa), MessageId::from_uuid(id(2)));
    let told = |kind: &str, data: Value| json!({"type": kind, "timestamp": "2026-01-01T00:00:00.000Z", "data": data});
    let message = json!({"id": id(2), "seq": 2, "actor": "user", "at": "2026-01-01T00:00:00.000Z",
        "content": {"type": "text", "text": "hello"}});
    assert_eq!(
        sent(Task::Message {
            message: named,
            part: None
        })
        .await,
        told(
            "message.created",
            json!({"handover_id": handover_id, "message": message})
        )
    );
    let mut placeholder = message;
    placeholder["content"]["text"] =
        format!("One message could not be shown here, reference {named}").into();
    assert_eq!(
        sent(Task::Placeholder { message: named }).await,
        told(
            "message.created",
            json!({"handover_id": handover_id, "message": placeholder})
        )
    );
    assert_eq!(
        sent(Task::Failed {
            message: named,
            reason: "gone".into()
        })
        .await,
        told(
            "message.failed",
            json!({"handover_id": handover_id, "message_id": id(2), "reason": "gone"})
        )
    );
    assert_eq!(
        sent(Task::Close {
            reason: "idle".into()
        })
        .await,
        told(
            "handover.closed",
            json!({"handover_id": handover_id, "reason": "idle"})
        )
    );
}

#[tokio::test]
async fn an_answer_that_says_that_no_more_calls_are_taken_is_heeded() {
    let headers = "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 7\r\n";
    let message = MessageId::from_uuid(id(2));
    let reason = "idle".to_owned();
    let tasks = [
        Task::Open { upto: 1 },
        Task::Message {
            message,
            part: None,
        },
        Task::Placeholder { message },
        Task::Failed {
            message,
            reason: reason.clone(),
        },
        Task::Close {
            reason: reason.into(),
        },
    ];
    for task in tasks {
        for body in ["", r#"{"conversation_id": "c1"}"#] {
            let stub = Stub::answering("200 OK", headers, body).await;
            let done = desk(&stub)
                .perform(job(task.clone()).for_desk().unwrap())
                .await
                .unwrap();
            assert_eq!(done.quiet_for, Some(Duration::from_secs(7)), "{task:?}");
        }
    }
}

#[tokio::test]
async fn a_call_is_signed_over_the_bytes_that_are_sent() {
    let stub = Stub::answering("204 No Content", "", "").await;
    desk(&stub).probe().await.unwrap();
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} in {head}"))
    };
    assert!(head.starts_with("POST /hooks?key=canary "));
    assert_eq!(header(TIMESTAMP_HEADER), "1767225600");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({"type": "ping", "timestamp": "2026-01-01T00:00:00.000Z", "data": {}})
    );
    let content = SignedContent {
        id: header(ID_HEADER),
        at: START,
        body: body.as_bytes(),
    };
    let secrets = WebhookSecrets::new(vec![WebhookSecret::parse(SECRET).unwrap()]).unwrap();
    assert_eq!(
        secrets.verify(&content, header(SIGNATURE_HEADER), START),
        Ok(())
    );
}

#[tokio::test]
async fn the_webhook_id_is_the_deliverys_over_all_attempts() {
    let stub = Stub::answering("200 OK", "", "").await;
    let desk = desk(&stub);
    let close = job(Task::Close {
        reason: "idle".into(),
    });
    desk.perform(close.for_desk().unwrap()).await.unwrap();
    desk.perform(close.for_desk().unwrap()).await.unwrap();
    let requests = stub.requests().await;
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|request| request.contains(&format!("webhook-id: {}", close.about.delivery)))
    );
}

#[tokio::test]
async fn any_2xx_takes_the_handover_and_only_accepted_false_refuses_it() {
    for answer in [
        "",
        "{}",
        "<html></html>",
        "[]",
        "{\"accepted\": \"false\"}",
        "{\"accepted\": null}",
        "null",
    ] {
        assert_eq!(opened_by(answer).await, Ok(Done::default()), "{answer}");
    }
    let kept = Done {
        reference: Some("c7".into()),
        position: Some(3),
        ..Done::default()
    };
    assert_eq!(
        opened_by(r#"{"conversation_id": "c7", "position": 3}"#).await,
        Ok(kept)
    );
    let numbered = opened_by(r#"{"conversation_id": 7, "position": -3}"#)
        .await
        .unwrap();
    assert_eq!(
        (numbered.reference.as_deref(), numbered.position),
        (Some("7"), None)
    );
    let refused = |answer| async move { opened_by(answer).await.unwrap().refused };
    assert_eq!(
        refused(r#"{"accepted": false, "reason": "full"}"#)
            .await
            .as_deref(),
        Some("full")
    );
    assert_eq!(
        refused(r#"{"accepted": false}"#).await.as_deref(),
        Some("refused")
    );
    let long = format!(
        r#"{{"accepted": false, "reason": "{}"}}"#,
        "é".repeat(1_000)
    );
    assert_eq!(
        opened_by(&long)
            .await
            .unwrap()
            .refused
            .unwrap()
            .chars()
            .count(),
        256
    );
}

#[tokio::test]
async fn other_answers_follow_the_error_table() {
    let rows = [
        ("410 Gone", ErrorClass::Gone),
        ("409 Conflict", ErrorClass::Duplicate),
        ("302 Found", ErrorClass::Redirected),
        ("422 Unprocessable Content", ErrorClass::Rejected),
        ("501 Not Implemented", ErrorClass::Unsupported),
    ];
    for (status, class) in rows {
        let stub = Stub::answering(status, "", "").await;
        let failure = desk(&stub)
            .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
            .await
            .unwrap_err();
        assert_eq!(failure.class, class, "{status}");
    }
    let stub = Stub::new(Behaviour::HangUp).await;
    let failure = desk(&stub)
        .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.status),
        (ErrorClass::Ambiguous, None)
    );
}
