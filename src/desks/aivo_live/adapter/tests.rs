use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::HandoverFacts,
        fallback::Part,
        ids::{BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId},
        message::{Actor, Content, MediaKind, Message},
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
        delivery: DeliveryId::from_uuid(id(0xd)),
        task,
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
        },
        handover: HandoverFacts {
            id: HandoverId::from_uuid(id(0xa)),
            language: "en".into(),
            payload: Some(json!({"department": "sales", "Phone": 12345, "order": {"id": 7}})),
            options: Map::new(),
        },
        taken: Taken::default(),
        leg: Some(LegFacts {
            id: LegId::from_uuid(id(LEG)),
            desk: DeskName::new("live").unwrap(),
            reference: None,
            taken: Taken::default(),
        }),
        message: Some(message(2, Actor::User, Content::text("hello"))),
        transcript: vec![
            message(1, Actor::User, Content::text("help")),
            message(3, Actor::System, Content::text("a notice")),
        ],
        transcript_total: 1,
    }
}

/// Of a conversation whose queue call was answered as documented.
fn in_room(task: Task) -> Job {
    let answered = json!({"customToken": "canary-custom", "messageQueueId": 9});
    let mut job = job(task);
    let leg = job.leg.as_mut().unwrap();
    leg.reference = Some(ROOM.to_owned());
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

async fn opened(job: Job, settings: &str) -> Value {
    let stub = Stub::answering("200 OK", "", QUEUED).await;
    desk(&stub, settings).perform(&job).await.unwrap();
    sent(&stub).await.1
}

async fn opened_by(status: &str, answer: &str) -> Result<Done, Failure> {
    let stub = Stub::answering(status, "", answer).await;
    desk(&stub, "").perform(&job(Task::Open { upto: 1 })).await
}

async fn made(job: &Job, settings: &str) -> (String, Value) {
    let stub = Stub::answering("200 OK", "", "").await;
    assert_eq!(
        desk(&stub, settings).perform(job).await,
        Ok(Done::default())
    );
    sent(&stub).await
}

#[tokio::test]
async fn the_queue_call_is_the_documented_one() {
    let stub = Stub::answering("200 OK", "", QUEUED).await;
    let done = desk(&stub, "")
        .perform(&job(Task::Open { upto: 1 }))
        .await
        .unwrap();
    assert_eq!(done.reference.as_deref(), Some(ROOM));
    assert_eq!(
        done.taken.get(&kept_as(ROOM)),
        Some(&json!({"customToken": "canary-custom", "messageQueueId": 9}))
    );
    let (head, body) = sent(&stub).await;
    assert!(
        head.starts_with("post /api/v1/live-handler/queue/external http/1.1"),
        "{head}"
    );
    assert!(head.contains("\r\nx-token: canary-header"), "{head}");
    let expected = json!({
        "botId": 1000, "groupsId": [2179, 2180], "botToken": TOKEN, "protocolId": 28,
        "user": {"hash": HASH, "firstname": "Ada", "lastname": "", "email": "ada@example.com", "phone": "12345",
            "extra": {"bot": "webshop", "channel": "web", "language": "en", "session_id": "s1", "user_id": "u1", "handover_id": id(0xa),
                "department": "sales", "order": "{\"id\":7}", "transcript": "User: help"}},
        "status": "queued", "lastSender": "user",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn extra_may_be_a_list_and_be_without_the_past() {
    let body = opened(
        job(Task::Open { upto: 1 }),
        "extra = \"list\"\ntranscript_chars = 0",
    )
    .await;
    let extra = body["user"]["extra"].as_array().unwrap();
    assert_eq!(extra.first(), Some(&json!({"bot": "webshop"})));
    assert!(
        extra.iter().all(|one| one.as_object().unwrap().len() == 1),
        "{extra:?}"
    );
    assert!(
        !extra.iter().any(|one| one.get("transcript").is_some()),
        "{extra:?}"
    );
}

#[tokio::test]
async fn the_groups_of_the_route_go_over_those_of_the_desk() {
    for (options, groups) in [
        (json!({"groups": [5]}), json!([5])),
        (json!({"groups": 5}), json!([5])),
        (json!({"groups": []}), json!([2179, 2180])),
        (json!({"groups": ["sales"]}), json!([2179, 2180])),
        (json!({"priority": 1}), json!([2179, 2180])),
    ] {
        let mut job = job(Task::Open { upto: 1 });
        job.handover.options = options.as_object().unwrap().clone();
        assert_eq!(opened(job, "").await["groupsId"], groups, "{options}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_use_has_taken_the_user_all_the_same() {
    for answer in [
        "",
        "<html>",
        "{}",
        "[]",
        r#"{"conversationId": 7}"#,
        r#"{"conversationId": ""}"#,
        r#"{"conversationId": ".."}"#,
    ] {
        let failure = opened_by("200 OK", answer).await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Unreadable, "{answer}");
    }
    let long = format!(r#"{{"conversationId": "{}"}}"#, "x".repeat(300));
    assert_eq!(
        opened_by("200 OK", &long).await.unwrap_err().class,
        ErrorClass::Unreadable
    );
    let bare = opened_by("200 OK", r#"{"conversationId": "r1"}"#)
        .await
        .unwrap();
    assert_eq!(bare.taken.get(&kept_as("r1")), Some(&json!({})));
}

#[tokio::test]
async fn answers_and_silences_have_their_class() {
    for (status, class) in [
        ("400 Bad Request", ErrorClass::Rejected),
        ("401 Unauthorized", ErrorClass::Unauthorized),
        ("404 Not Found", ErrorClass::Gone),
        ("429 Too Many Requests", ErrorClass::RateLimited),
        ("302 Found", ErrorClass::Redirected),
        ("503 Service Unavailable", ErrorClass::Busy),
    ] {
        assert_eq!(
            opened_by(status, "canary").await.unwrap_err().class,
            class,
            "{status}"
        );
    }
    let stub = Stub::new(Behaviour::HangUp).await;
    let failure = desk(&stub, "").perform(&job(Task::Open { upto: 1 })).await;
    assert_eq!(failure.unwrap_err().class, ErrorClass::Ambiguous);
}

#[tokio::test]
async fn a_text_goes_out_as_the_default_template_says() {
    let (head, body) = made(&in_room(told(None)), "").await;
    assert!(
        head.starts_with("post /api/v1/live-handler/message/external http/1.1"),
        "{head}"
    );
    assert!(head.contains("\r\nx-token: canary-header"), "{head}");
    let hash = format!("{HASH}_{TOKEN}");
    let expected = json!({"botId": 1000, "conversationId": ROOM, "hash": hash, "customToken": "canary-custom",
        "action": "text", "value": "hello"});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_conversation_that_is_known_by_its_events_alone_has_no_token() {
    let mut job = in_room(told(None));
    job.leg.as_mut().unwrap().taken = Taken::default();
    let (_, body) = made(&job, "").await;
    assert_eq!(
        (&body["conversationId"], &body["customToken"]),
        (&json!(ROOM), &Value::Null)
    );
}

#[tokio::test]
async fn each_of_two_conversations_keeps_its_own_token() {
    let mut job = in_room(told(None));
    let leg = job.leg.as_mut().unwrap();
    let second = Taken::from_iter([(kept_as("r2"), json!({"customToken": "second"}))]);
    leg.taken = leg.taken.clone().with(&second).unwrap();
    let (_, body) = made(&job, "").await;
    assert_eq!(body["customToken"], "canary-custom");
    job.leg.as_mut().unwrap().reference = Some("r2".to_owned());
    let (_, body) = made(&job, "").await;
    assert_eq!(body["customToken"], "second");
}

#[tokio::test]
async fn what_is_not_the_users_says_whose_it_is() {
    let mut job = in_room(told(None));
    job.message = Some(message(2, Actor::Bot, Content::text("Welcome")));
    assert_eq!(made(&job, "").await.1["value"], "Bot: Welcome");
    let lines = [
        (
            Task::Placeholder {
                message: MessageId::from_uuid(id(2)),
            },
            "[One message could not be shown here, reference 00000000-0000-0000-0000-000000000002]",
        ),
        (
            Task::Failed {
                message: MessageId::from_uuid(id(2)),
                reason: "link_not_allowed".into(),
            },
            "[A message of yours did not reach the user: link_not_allowed]",
        ),
    ];
    for (task, text) in lines {
        assert_eq!(made(&in_room(task), "").await.1["value"], text);
    }
}

#[tokio::test]
async fn a_file_is_a_link_unless_the_template_knows_files() {
    let file = Content::Media {
        kind: MediaKind::Audio,
        url: "https://files.example/a.mp3".to_owned(),
        name: None,
        caption: None,
    };
    let mut job = in_room(told(None));
    job.message = Some(message(2, Actor::User, file));
    let (_, body) = made(&job, "").await;
    assert_eq!(body["action"], "text");
    assert!(
        body["value"]
            .as_str()
            .unwrap()
            .contains("https://files.example/a.mp3"),
        "{body}"
    );
    let (_, body) = made(&job, "files = \"native\"").await;
    assert_eq!(
        (&body["action"], &body["value"]),
        (&json!("file"), &json!("https://files.example/a.mp3"))
    );
}

#[tokio::test]
async fn a_part_of_a_long_text_is_one_call() {
    let mut job = in_room(told(Some(Part {
        index: 1,
        text_limit: 100,
    })));
    let text = format!("{} {}", "a".repeat(90), "b".repeat(90));
    job.message = Some(message(2, Actor::User, Content::text(text)));
    assert_eq!(
        made(&job, "text_limit = 100").await.1["value"],
        "b".repeat(90)
    );
}

#[tokio::test]
async fn an_operators_own_calls_are_made_as_written_and_their_answers_kept() {
    let stub = Stub::answering("200 OK", "", r#"{"ticket": "t1"}"#).await;
    let own = r#"
        [desks.live.requests.message]
        method = "PUT"
        url = "{{ desk.api_url }}/rooms/{{ desk_ref.conversationId }}/{{ message.id }}"
        headers = { authorization = "Bearer {{ desk_ref.customToken }}" }
        body = "{ 'text': message.text, 'url': message.url, 'token': bot_token }"
        take = { ticket = "answer.ticket" }
    "#;
    let done = desk(&stub, own)
        .perform(&in_room(told(None)))
        .await
        .unwrap();
    assert_eq!(done.taken.get("ticket"), Some(&json!("t1")));
    let (head, body) = sent(&stub).await;
    let path = format!("put /rooms/{ROOM}/00000000-0000-0000-0000-000000000002 http");
    assert!(head.starts_with(&path), "{head}");
    assert!(
        head.contains("\r\nauthorization: bearer canary-custom"),
        "{head}"
    );
    assert_eq!(body, json!({"text": "hello", "url": null, "token": TOKEN}));

    let mut later = in_room(Task::Close {
        reason: "ended".into(),
    });
    let leg = later.leg.as_mut().unwrap();
    leg.taken = leg.taken.clone().with(&done.taken).unwrap();
    let close = r#"
        [desks.live.requests.close]
        method = "DELETE"
        url = "{{ desk.api_url }}/tickets/{{ desk_ref.ticket }}"
        body = "{ 'why': reason }"
    "#;
    let (head, body) = made(&later, close).await;
    assert!(head.starts_with("delete /tickets/t1 http"), "{head}");
    assert_eq!(body, json!({"why": "ended"}));
}

#[tokio::test]
async fn no_header_of_ours_goes_to_another_host() {
    let elsewhere = Stub::answering("200 OK", "", "").await;
    let stub = Stub::answering("200 OK", "", "").await;
    let base = elsewhere.base();
    let own = format!(
        "[desks.live.requests.message]\nmethod = \"POST\"\nurl = \"{}x\"\nbody = \"message.text\"\n",
        base.expose()
    );
    desk(&stub, &own)
        .perform(&in_room(told(None)))
        .await
        .unwrap();
    let (head, body) = sent(&elsewhere).await;
    assert!(!head.contains("canary"), "{head}");
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn the_default_close_names_the_conversation_and_the_reason() {
    let (head, body) = made(
        &in_room(Task::Close {
            reason: "idle".into(),
        }),
        "",
    )
    .await;
    assert!(
        head.starts_with("post /api/v1/live-handler/close/external http/1.1"),
        "{head}"
    );
    assert_eq!(
        (&body["conversationId"], &body["reason"]),
        (&json!(ROOM), &json!("idle"))
    );
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
async fn a_dry_run_finds_what_only_shows_when_a_template_is_filled_in() {
    let stub = Stub::answering("200 OK", "", "").await;
    assert!(desk(&stub, "").dry_run().is_empty());
    assert!(desk(&stub, "files = \"native\"").dry_run().is_empty());
    for (key, url, body) in [
        ("message", "{{ desk.api_url }}/x", "message.txt"),
        (
            "message",
            "{{ desk.api_url }}/{{ desk_ref.customToken }}",
            "1",
        ),
        ("close", "{{ desk.api_url }}/x", "desk_ref.nothing"),
    ] {
        let own = format!(
            "[desks.live.requests.{key}]\nmethod = \"POST\"\nurl = \"{url}\"\nbody = \"{body}\""
        );
        let faults = desk(&stub, &own).dry_run();
        let [fault] = &faults[..] else {
            panic!("{faults:?}")
        };
        assert_eq!(fault.place, format!("requests.{key}"));
    }
    assert!(stub.requests().await.is_empty(), "it calls nobody");
}

#[tokio::test]
async fn what_cannot_be_compiled_stops_the_start_and_says_where() {
    let stub = Stub::answering("200 OK", "", "").await;
    for (settings, says) in [
        (
            "[desks.live.requests.close]\nmethod = \"POST\"\nurl = \"{{ desk.api_url }}\"\nbody = \"message.text\"",
            "requests.close",
        ),
        (
            "[desks.live.requests.message]\nmethod = \"POST\"\nurl = \"{{ desk.api_url\"",
            "requests.message",
        ),
    ] {
        let error = Settings::compile(&configured(&stub, settings)).unwrap_err();
        assert_eq!(error.to_string(), says);
    }
    let mut odd = configured(&stub, "");
    odd.headers = vec![("a b".to_owned(), "canary".into())];
    let error = Settings::compile(&odd).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let stub = Stub::answering("400 Bad Request", "", "canary").await;
    let desk = desk(&stub, "");
    let job = in_room(told(None));
    let failure = desk.perform(&job).await.unwrap_err();
    let printed = format!("{desk:?} {failure:?} {failure} {:?}", job.leg);
    assert!(!printed.contains("canary"), "{printed}");
}
