mod broken;
mod closing;
mod failed;
mod opening;
mod repeats;
mod sorted;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{About, HandoverFacts, Job, LegFacts, Past, Standing, Task},
        ids::{
            BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId, MessageId,
        },
        message::MediaKind,
        taken::Taken,
        time::Timestamp,
    },
    outbound::stub::{Stub, loopback},
};

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const TOKEN: &str = "canary-access-token";
const CONVERSATION: &str = "42";

fn desk(stub: &Stub) -> Chatwoot {
    let base = stub.base();
    let root = base.expose().trim_end_matches('/');
    let text = format!(
        r#"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [desks.inbox]
        kind = "chatwoot"
        api_url = "{root}"
        account_id = 1
        inbox_id = 2
        api_access_token = "{TOKEN}"
        webhook_secret = "canary-webhook-secret"
        "#
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    let (name, desk) = config.desks.into_iter().next().unwrap();
    let config::Kind::Chatwoot(desk) = desk.kind else {
        panic!("another kind")
    };
    Chatwoot::new(&name, Settings::compile(&desk).unwrap(), loopback())
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(actor: Actor, content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(id(2)),
        seq: 2,
        actor,
        at: START,
        content,
        handover: None,
        late: false,
        raw: None,
    }
}

fn job(task: Task) -> Job {
    let fields = json!({"e_mail": "ada@example.com", "Phone": "+31 20 1234567"});
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
                user: UserProfile {
                    first_name: Some("Ada".into()),
                    last_name: Some("Lovelace".into()),
                    fields: fields.as_object().unwrap().clone(),
                    ..UserProfile::default()
                },
                ..Profile::default()
            }
            .into(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(id(0xa)),
                language: "en".into(),
                payload: None,
                options: Map::new(),
            },
        },
        task,
        taken: Taken::default(),
        leg: Some(LegFacts {
            id: LegId::from_uuid(id(0x1e6)),
            desk: DeskName::new("inbox").unwrap(),
            standing: Standing::Unnamed,
            taken: Taken::default(),
        }),
        message: Some(message(Actor::User, Content::text("hello"))),
        past: Past::default(),
    }
}

/// Of a handover that has its conversation.
fn opened(task: Task) -> Job {
    let mut job = job(task);
    job.leg.as_mut().unwrap().standing = Standing::Named(CONVERSATION.to_owned());
    job
}

fn told() -> Task {
    Task::Message {
        message: MessageId::from_uuid(id(2)),
        part: None,
    }
}

const OK: &str = "200 OK";

/// As Chatwoot answers with a list.
fn listed(items: &[Value]) -> (&'static str, String) {
    (OK, json!({ "payload": items }).to_string())
}

fn lines(calls: &[(String, Value)]) -> Vec<&str> {
    calls.iter().map(|(line, _)| line.as_str()).collect()
}

/// The requests that were made: each one's first line and its body.
async fn sent(stub: &Stub) -> Vec<(String, Value)> {
    let requests = stub.requests().await.into_iter();
    let parted = requests.map(|request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let token = format!("api_access_token: {TOKEN}");
        assert!(head.to_ascii_lowercase().contains(&token), "{head}");
        let line = head.lines().next().unwrap().replace(" HTTP/1.1", "");
        let line = line.replace("/api/v1/accounts/1/", "");
        (line, serde_json::from_str(body).unwrap_or_default())
    });
    parted.collect()
}

/// The one request that `job` makes.
async fn made(job: &Job) -> (String, Value) {
    let stub = Stub::answering("200 OK", "", "{}").await;
    assert_eq!(
        desk(&stub).perform(job.for_desk().unwrap()).await,
        Ok(Done::default())
    );
    let [request] = <[_; 1]>::try_from(sent(&stub).await).unwrap();
    request
}

#[tokio::test]
async fn what_the_user_says_is_the_users() {
    let (line, body) = made(&opened(told())).await;
    assert_eq!(line, "POST conversations/42/messages");
    assert_eq!(
        body,
        json!({
            "content": "hello",
            "message_type": "incoming",
            "private": false,
            "content_attributes": {"handover_delivery": format!("{}/0", id(0xd))},
        })
    );
}

#[tokio::test]
async fn a_file_is_told_by_its_address() {
    let mut job = opened(told());
    let file = Content::Media {
        kind: MediaKind::Image,
        url: "https://files.example/a.png".into(),
        name: None,
        caption: None,
    };
    job.message = Some(message(Actor::User, file));
    let (_, body) = made(&job).await;
    let content = body["content"].as_str().unwrap();
    assert!(content.contains("https://files.example/a.png"), "{content}");
}

#[tokio::test]
async fn what_others_say_and_what_the_bridge_says_is_a_private_note() {
    let mut of_bot = opened(told());
    of_bot.message = Some(message(Actor::Bot, Content::text("a moment")));
    let about = MessageId::from_uuid(id(2));
    let placeholder = opened(Task::Placeholder { message: about });
    let failed = opened(Task::Failed {
        message: about,
        reason: "no such user".into(),
    });
    for (job, says) in [
        (of_bot, "Bot: a moment"),
        (placeholder, "could not be shown"),
        (failed, "no such user"),
    ] {
        let (line, body) = made(&job).await;
        assert_eq!(line, "POST conversations/42/messages");
        assert_eq!(
            (&body["message_type"], &body["private"]),
            (&json!("outgoing"), &json!(true))
        );
        assert!(body["content"].as_str().unwrap().contains(says), "{body}");
    }
}

#[tokio::test]
async fn the_end_resolves_the_conversation() {
    let close = Task::Close {
        reason: "user_left".into(),
    };
    let (line, body) = made(&opened(close)).await;
    assert_eq!(line, "POST conversations/42/toggle_status");
    assert_eq!(body, json!({"status": "resolved"}));
}

#[tokio::test]
async fn what_was_opened_at_another_desk_of_this_name_is_gone() {
    let about = MessageId::from_uuid(id(2));
    let reason = "no such user".to_owned();
    for task in [
        told(),
        Task::Placeholder { message: about },
        Task::Failed {
            message: about,
            reason,
        },
    ] {
        let stub = Stub::answering(OK, "", "{}").await;
        for again in [false, true] {
            let (desk, job) = (desk(&stub), job(task.clone()));
            let failed = if again {
                desk.perform_again(job.for_desk().unwrap()).await
            } else {
                desk.perform(job.for_desk().unwrap()).await
            };
            assert_eq!(failed.unwrap_err().class, ErrorClass::Gone);
        }
        assert!(stub.requests().await.is_empty(), "{task:?}");
    }
}

#[tokio::test]
async fn a_failure_has_the_class_of_its_status() {
    for (status, class) in [
        ("404 Not Found", ErrorClass::Gone),
        ("401 Unauthorized", ErrorClass::Unauthorized),
        ("409 Conflict", ErrorClass::Rejected),
        ("422 Unprocessable Entity", ErrorClass::Rejected),
        ("503 Service Unavailable", ErrorClass::Busy),
    ] {
        let stub = Stub::answering(status, "", "{}").await;
        let failed = desk(&stub)
            .perform(opened(told()).for_desk().unwrap())
            .await
            .unwrap_err();
        assert_eq!(failed.class, class, "{status}");
    }
}

#[tokio::test]
async fn a_probe_says_what_is_wrong_with_the_inbox() {
    let hook = "https://bridge.example/hooks/chatwoot/inbox/key";
    let good = json!({"id": 2, "channel_type": "Channel::Api", "webhook_url": hook});
    let with = |name: &str, value: Value| {
        let mut inbox = good.clone();
        inbox[name] = value;
        inbox
    };
    for (inbox, says) in [
        (good.clone(), None),
        (
            with("channel_type", json!("Channel::WebWidget")),
            Some("not of the channel API"),
        ),
        (
            with(
                "webhook_url",
                json!("https://bridge.example/hooks/chatwoot/inbox?a=b"),
            ),
            None,
        ),
        (with("webhook_url", Value::Null), Some("does not lead to")),
        (
            with(
                "webhook_url",
                json!("https://bridge.example/hooks/chatwoot"),
            ),
            Some("does not lead to"),
        ),
        (
            with(
                "webhook_url",
                json!("https://bridge.example/hooks/chatwoot/inbox2"),
            ),
            Some("does not lead to"),
        ),
        (
            with("lock_to_single_conversation", json!(true)),
            Some("locked"),
        ),
    ] {
        let stub = Stub::answering("200 OK", "", &inbox.to_string()).await;
        let remarks = desk(&stub).probe().await.unwrap();
        match says {
            Some(says) => assert!(
                remarks.len() == 1 && remarks[0].contains(says),
                "{remarks:?}"
            ),
            None => assert!(remarks.is_empty(), "{remarks:?}"),
        }
        assert_eq!(sent(&stub).await[0].0, "GET inboxes/2");
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let stub = Stub::answering("400 Bad Request", "", "canary").await;
    let desk = desk(&stub);
    let failure = desk
        .perform(opened(told()).for_desk().unwrap())
        .await
        .unwrap_err();
    let printed = format!("{desk:?} {failure:?} {failure}");
    assert!(!printed.contains("canary"), "{printed}");
}
