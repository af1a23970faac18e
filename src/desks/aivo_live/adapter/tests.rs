mod messages;
mod queue;
mod templates;

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{HandoverFacts, Job, Task},
        fallback::Part,
        ids::{BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId},
        message::{Actor, Content, MediaKind, Message},
        retry::ErrorClass,
        taken::Taken,
        time::Timestamp,
    },
    outbound::stub::{Behaviour, Stub, loopback},
};

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const TOKEN: &str = "canary-bot-token";
const ROOM: &str = "d5211892-e170-4d4a-b2dd-de705b595674";
const QUEUED: &str = r#"{"conversationId": "d5211892-e170-4d4a-b2dd-de705b595674", "customToken": "canary-custom", "messageQueueId": 9}"#;
const LEG: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0001;
const HASH: &str = "01930000000070008000000000000001";

fn configured(stub: &Stub, settings: &str) -> config::AivoLive {
    let base = stub.base();
    let root = base.expose().trim_end_matches('/');
    let text = format!(
        r#"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [desks.live]
        kind = "aivo-live"
        api_url = "{root}"
        groups_url = "{root}"
        bot_id = 1000
        bot_token = "{TOKEN}"
        groups = [2179, 2180]
        hook_key = "hook-key-of-the-tests"
        headers = {{ X-Token = "canary-header" }}
        {settings}
        "#
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    match config.desks.into_values().next().unwrap().kind {
        config::Kind::AivoLive(desk) => *desk,
        _ => panic!("another kind"),
    }
}

fn desk(stub: &Stub, settings: &str) -> AivoLive {
    let settings = Settings::compile(&configured(stub, settings)).unwrap();
    AivoLive::new(settings, loopback())
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(seq: u64, actor: Actor, content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(id(u128::from(seq))),
        seq,
        actor,
        at: START,
        content,
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
                channel: Some("web".into()),
                user: UserProfile {
                    id: Some("u1".into()),
                    first_name: Some("Ada".into()),
                    fields: json!({"e_mail": "ada@example.com"})
                        .as_object()
                        .unwrap()
                        .clone(),
                    ..UserProfile::default()
                },
                ..Profile::default()
            }
            .into(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(id(0xa)),
                language: "en".into(),
                payload: Some(json!({"department": "sales", "Phone": 12345, "order": {"id": 7}})),
                options: Map::new(),
            },
        },
        task,
        taken: Taken::default(),
        leg: Some(LegFacts {
            id: LegId::from_uuid(id(LEG)),
            desk: DeskName::new("live").unwrap(),
            standing: Standing::Unnamed,
            taken: Taken::default(),
        }),
        message: Some(message(2, Actor::User, Content::text("hello"))),
        past: Past {
            messages: vec![
                message(1, Actor::User, Content::text("help")),
                message(3, Actor::System, Content::text("a notice")),
            ],
            total: 1,
        },
    }
}

/// Of a conversation whose queue call was answered as documented.
fn in_room(task: Task) -> Job {
    let answered = json!({"customToken": "canary-custom", "messageQueueId": 9});
    let mut job = job(task);
    let leg = job.leg.as_mut().unwrap();
    leg.standing = Standing::Named(ROOM.to_owned());
    leg.taken = Taken::from_iter([(kept_as(ROOM), answered)]);
    job
}

fn told(part: Option<Part>) -> Task {
    Task::Message {
        message: MessageId::from_uuid(id(2)),
        part,
    }
}

/// The one request that was made: its head and its body.
async fn sent(stub: &Stub) -> (String, Value) {
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let body = serde_json::from_str(body).unwrap_or_default();
    (head.to_ascii_lowercase(), body)
}

async fn made(job: &Job, settings: &str) -> (String, Value) {
    let stub = Stub::answering("200 OK", "", "").await;
    assert_eq!(
        desk(&stub, settings).perform(job.for_desk().unwrap()).await,
        Ok(Done::default())
    );
    sent(&stub).await
}

#[tokio::test]
async fn a_probe_takes_any_json_and_tells_of_groups_that_are_not_listed() {
    for (list, missing) in [
        (r#"[{"id": 2179}, {"id": 2180}]"#, 0),
        (r#"{"groups": [{"groupId": "2179", "name": "x"}]}"#, 1),
        (r#"[{"id": 5, "inside": [{"id": 6}]}]"#, 2),
        (r#"{"status": "ok"}"#, 0),
        ("[]", 0),
    ] {
        let stub = Stub::answering("200 OK", "", list).await;
        let remarks = desk(&stub, "").probe().await.unwrap();
        assert_eq!(remarks.len(), missing, "{list}: {remarks:?}");
        let (head, _) = sent(&stub).await;
        assert!(head.starts_with("get /group http/1.1"), "{head}");
        assert!(head.contains("x-token: canary-header"), "{head}");
    }
    let page = Stub::answering("200 OK", "", "<html>").await;
    assert!(desk(&page, "").probe().await.is_err());
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let stub = Stub::answering("400 Bad Request", "", "canary").await;
    let desk = desk(&stub, "");
    let job = in_room(told(None));
    let failure = desk.perform(job.for_desk().unwrap()).await.unwrap_err();
    let printed = format!("{desk:?} {failure:?} {failure} {:?}", job.leg);
    assert!(!printed.contains("canary"), "{printed}");
}
