use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    config::{Config, KeyPath, Kind, Source},
    desks::template::SettingsError,
    domain::{
        conversation::{ConversationKey, Profile},
        delivery::{About, HandoverFacts, Job, LegFacts, Task},
        ids::{
            BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId, MessageId,
        },
        message::{Actor, Button},
        retry::ErrorClass,
        taken::Taken,
        time::Timestamp,
    },
    outbound::stub::{Stub, loopback},
};

const OPEN: &str = r#"
    [desks.tickets.requests.open]
    method = "POST"
    url = "{{ desk.api_url }}/tickets"
    headers = { Authorization = "Bearer {{ secrets.api }}", Key = "{{ delivery_id }}" }
    body = "{ 'text': transcript_text, 'of': transcript_total, 'lines': transcript | length }"
    take = { reference = "answer.id", accepted = "answer.ok", reason = "answer.why", position = "answer.place", room = "answer.room" }
"#;
const MESSAGE: &str = r#"
    [desks.tickets.requests.message]
    method = "POST"
    url = "{{ desk.api_url }}/tickets/{{ desk_ref.reference }}/{{ desk_ref.room }}"
    body = "{ 'text': message.text, 'type': message.content.type, 'by': message.actor }"
"#;

fn close(url: &str, body: &str) -> String {
    format!(
        r#"
    [desks.tickets.requests.close]
    method = "PUT"
    url = "{{{{ desk.api_url }}}}/tickets{url}"
    body = "{body}"
    "#
    )
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn settings(base: &str, more: &str) -> Result<Settings, Vec<SettingsError>> {
    let text = format!(
        r#"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [desks.tickets]
        kind = "template"
        api_url = "{base}api"
        token = "token-of-the-desk-of-the-tests"
        secrets = {{ api = "canary" }}
        {more}
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let Kind::Template(desk) = config.desks.into_values().next().unwrap().kind else {
        panic!("another kind of desk")
    };
    Settings::compile(&desk)
}

/// What is said of a desk that cannot be made.
fn refused(more: &str) -> Vec<String> {
    let faults = settings("http://127.0.0.1/", more).unwrap_err();
    let table = KeyPath::default();
    faults
        .into_iter()
        .map(|fault| fault.into_fault(&table).to_string())
        .collect()
}

fn desk(stub: &Stub, more: &str) -> Template {
    Template::new(settings(stub.base().expose(), more).unwrap(), loopback())
}

fn message(content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(id(2)),
        seq: 2,
        actor: Actor::User,
        at: Timestamp::from_millis(1_767_225_600_000),
        content,
        handover: None,
        late: false,
        raw: None,
    }
}

fn job(task: Task, content: Content) -> Job {
    Job {
        about: About {
            delivery: DeliveryId::from_uuid(id(0xd)),
            created_at: Timestamp::from_millis(1_767_225_600_000),
            conversation: ConversationId::from_uuid(id(0xc)),
            key: ConversationKey {
                bot: BotName::new("webshop").unwrap(),
                realm: "b1/LIVE".into(),
                user: ExternalId::new("s1").unwrap(),
            },
            profile: Profile::default().into(),
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
            id: LegId::from_uuid(id(0xe)),
            desk: DeskName::new("tickets").unwrap(),
            standing: Standing::Named("7".into()),
            taken: Taken::from_iter([("room".to_owned(), json!("a/b"))]),
        }),
        message: Some(message(content)),
        past: Past {
            messages: vec![
                message(Content::text("help")),
                Message {
                    actor: Actor::System,
                    ..message(Content::text("a notice"))
                },
                Message {
                    actor: Actor::Bot,
                    ..message(Content::Intro {})
                },
            ],
            total: 9,
        },
    }
}

fn telling() -> Task {
    Task::Message {
        message: MessageId::from_uuid(id(2)),
        part: None,
    }
}

async fn only(stub: &Stub) -> (String, Value) {
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn an_offer_tells_the_past_and_takes_what_later_calls_need() {
    let stub = Stub::answering(
        "200 OK",
        "",
        r#"{"id": 7, "ok": true, "place": 3, "room": "r1", "why": null}"#,
    )
    .await;
    let desk = desk(&stub, &[OPEN, MESSAGE].concat());
    let open = job(Task::Open { upto: 3 }, Content::text("help"));
    let done = desk.perform(open.for_desk().unwrap()).await.unwrap();
    let expected = Done {
        reference: Some("7".into()),
        position: Some(3),
        taken: Taken::from_iter([("room".to_owned(), json!("r1"))]),
        ..Done::default()
    };
    assert_eq!(done, expected);
    let (head, body) = only(&stub).await;
    assert!(head.starts_with("POST /api/tickets "), "{head}");
    assert!(head.contains("authorization: Bearer canary"), "{head}");
    assert!(
        head.contains(&format!("key: {}", open.about.delivery)),
        "{head}"
    );
    let told = "(7 earlier messages are left out)\nUser: help\nBot: The conversation was opened without a word.";
    assert_eq!(body, json!({"text": told, "of": 9, "lines": 2}));
}

#[tokio::test]
async fn a_refusal_is_one_only_where_the_answer_says_false() {
    for (answer, refused) in [
        (r#"{"id": 7, "ok": false, "why": "full"}"#, Some("full")),
        (r#"{"ok": false}"#, Some("refused")),
        (r#"{"id": 7, "ok": "false"}"#, None),
        (r#"{"id": 7}"#, None),
    ] {
        let stub = Stub::answering("200 OK", "", answer).await;
        let desk = desk(&stub, &[OPEN, MESSAGE].concat());
        let open = job(Task::Open { upto: 1 }, Content::text("help"));
        let done = desk.perform(open.for_desk().unwrap()).await.unwrap();
        assert_eq!(done.refused.as_deref(), refused, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_the_reference_is_no_success() {
    for answer in [
        "",
        "{}",
        r#"{"id": null}"#,
        r#"{"id": {}}"#,
        "<html></html>",
    ] {
        let stub = Stub::answering("200 OK", "", answer).await;
        let desk = desk(&stub, &[OPEN, MESSAGE].concat());
        let failure = desk
            .perform(
                job(Task::Open { upto: 1 }, Content::text("help"))
                    .for_desk()
                    .unwrap(),
            )
            .await
            .unwrap_err();
        assert_eq!(failure.class, ErrorClass::Unsupported, "{answer}");
    }
}

#[tokio::test]
async fn a_message_goes_where_the_answers_said_as_the_text_that_agents_can_be_shown() {
    let stub = Stub::answering("200 OK", "", "").await;
    let desk = desk(&stub, &[OPEN, MESSAGE].concat());
    let content = Content::Buttons {
        text: "Which?".into(),
        buttons: vec![Button::Postback {
            title: "Red".into(),
            payload: Value::Null,
        }],
    };
    desk.perform(job(telling(), content).for_desk().unwrap())
        .await
        .unwrap();
    let (head, body) = only(&stub).await;
    assert!(head.starts_with("POST /api/tickets/7/a%2Fb "), "{head}");
    assert_eq!(
        body,
        json!({"text": "Which?\n1. Red", "type": "text", "by": "user"})
    );
}

#[tokio::test]
async fn without_a_request_for_them_a_close_is_no_call_and_a_failure_is_a_message() {
    let stub = Stub::answering("200 OK", "", "").await;
    let desk = desk(&stub, &[OPEN, MESSAGE].concat());
    let close = Task::Close {
        reason: "idle".into(),
    };
    desk.perform(job(close, Content::text("hello")).for_desk().unwrap())
        .await
        .unwrap();
    assert!(stub.requests().await.is_empty());
    let failed = Task::Failed {
        message: MessageId::from_uuid(id(2)),
        reason: "too_long".into(),
    };
    desk.perform(job(failed, Content::text("hello")).for_desk().unwrap())
        .await
        .unwrap();
    let (_, body) = only(&stub).await;
    assert_eq!(
        body["text"],
        "A message of yours did not reach the user (too_long): hello"
    );
}

#[tokio::test]
async fn a_message_that_failed_is_told_by_its_id_where_it_is_kept_no_more() {
    const FAILED: &str = r#"
    [desks.tickets.requests.failed]
    method = "POST"
    url = "{{ desk.api_url }}/failed"
    body = "{ 'id': message_id, 'why': reason }"
    "#;
    let about = MessageId::from_uuid(id(2));
    let failed = Task::Failed {
        message: about,
        reason: "skipped".into(),
    };
    let mut job = job(failed, Content::text("hello"));
    job.message = None;
    let stub = Stub::answering("200 OK", "", "").await;
    let told = desk(&stub, &[OPEN, MESSAGE, FAILED].concat());
    told.perform(job.for_desk().unwrap()).await.unwrap();
    let (_, body) = only(&stub).await;
    assert_eq!(body, json!({"id": about, "why": "skipped"}));
}

#[tokio::test]
async fn what_another_host_answers_says_nothing_of_the_desk() {
    for status in [
        "200 OK",
        "401 Unauthorized",
        "429 Too Many Requests",
        "503 Busy",
    ] {
        let own = Stub::answering(status, "", "").await;
        let other = Stub::answering(status, "", "").await;
        let host = other.base().expose().trim_end_matches('/').to_owned();
        for (host, unasked) in [("{{ desk.api_url }}", false), (&*host, true)] {
            let message = MESSAGE.replace("{{ desk.api_url }}", host);
            let desk = desk(&own, &[OPEN, &message].concat());
            let said = match desk
                .perform(job(telling(), Content::text("hello")).for_desk().unwrap())
                .await
            {
                Ok(done) => done.unasked,
                Err(failure) => failure.unasked,
            };
            assert_eq!(said, unasked, "{status} of {host}");
        }
    }
}

#[tokio::test]
async fn what_was_opened_at_another_desk_of_this_name_is_gone() {
    let about = MessageId::from_uuid(id(2));
    for task in [telling(), Task::Placeholder { message: about }] {
        let stub = Stub::answering("200 OK", "", "").await;
        let mut job = job(task, Content::text("hello"));
        let leg = job.leg.as_mut().unwrap();
        (leg.standing, leg.taken) = (Standing::Unnamed, Taken::default());
        let desk = desk(&stub, &[OPEN, MESSAGE].concat());
        let failure = desk.perform(job.for_desk().unwrap()).await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Gone);
        assert!(stub.requests().await.is_empty());
    }
}

/// The end of a handover whose opening was never answered.
async fn ended_unanswered(desk: &Template) -> Result<Done, Failure> {
    let reason = "declined".into();
    let mut close = job(Task::Close { reason }, Content::text("hello"));
    let leg = close.leg.as_mut().unwrap();
    (leg.standing, leg.taken) = (Standing::Unnamed, Taken::default());
    desk.perform(close.for_desk().unwrap()).await
}

#[tokio::test]
async fn what_never_got_a_name_is_not_closed_where_the_request_needs_one() {
    for (url, body) in [
        ("/{{ desk_ref.reference }}", "{}"),
        ("", "{ 'id': desk_ref.reference | int, 'why': reason }"),
        ("/{{ desk_ref.room }}", "{ 'why': reason }"),
    ] {
        let stub = Stub::answering("200 OK", "", "").await;
        let desk = desk(&stub, &[OPEN, MESSAGE, &close(url, body)].concat());
        let done = ended_unanswered(&desk).await;
        assert_eq!(done, Ok(Done::without_a_call()), "{body}");
        assert!(stub.requests().await.is_empty(), "{url} {body}");
    }
}

#[tokio::test]
async fn what_never_got_a_name_is_closed_where_the_request_needs_none() {
    for body in [
        "{ 'handover': handover.id, 'why': reason }",
        "{ 'handover': handover.id, 'id': desk_ref.reference | default(none) }",
    ] {
        let stub = Stub::answering("500 Internal Server Error", "", "").await;
        let desk = desk(&stub, &[OPEN, MESSAGE, &close("", body)].concat());
        let failure = ended_unanswered(&desk).await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Busy);
        assert_eq!(only(&stub).await.1["handover"], id(0xa).to_string());
    }
}

#[tokio::test]
async fn a_close_that_could_not_be_filled_in_with_a_name_either_is_a_fault() {
    let body = "{ 'id': desk_ref.reference, 'why': handover.payload.department }";
    let stub = Stub::answering("200 OK", "", "").await;
    let desk = desk(&stub, &[OPEN, MESSAGE, &close("", body)].concat());
    let failure = ended_unanswered(&desk).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Rejected);
}

#[tokio::test]
async fn a_template_that_cannot_be_filled_in_is_refused_without_a_call() {
    let stub = Stub::answering("200 OK", "", "").await;
    let cannot = MESSAGE.replace("desk_ref.room", "handover.payload.room");
    let desk = desk(&stub, &[OPEN, &cannot].concat());
    let job = job(telling(), Content::text("hello"));
    let failure = desk.perform(job.for_desk().unwrap()).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Rejected);
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn a_probe_without_a_request_of_its_own_is_content_with_any_answer() {
    let stub = Stub::answering("404 Not Found", "", "").await;
    desk(&stub, &[OPEN, MESSAGE].concat())
        .probe()
        .await
        .unwrap();
    let ping = "[desks.tickets.requests.ping]\nmethod = \"GET\"\nurl = \"{{ desk.api_url }}/me\"\n";
    let stub = Stub::answering("401 Unauthorized", "", "").await;
    let asked = desk(&stub, &[OPEN, MESSAGE, ping].concat()).probe().await;
    assert_eq!(asked.unwrap_err().class(), ErrorClass::Unauthorized);
}

#[test]
fn what_cannot_work_is_found_before_anybody_is_called() {
    let compiled = |more: &str| settings("http://127.0.0.1/", more);
    let whole = [OPEN, MESSAGE].concat();
    assert!(compiled(&whole).unwrap().dry_run().is_empty());
    for (right, wrong, told) in [
        ("answer.id", "secrets.api", "secrets"),
        ("message.actor", "mesage.actor", "mesage"),
        ("answer.place", "answer.", "cannot be compiled"),
    ] {
        let [fault] = &refused(&whole.replace(right, wrong))[..] else {
            panic!("{wrong}")
        };
        assert!(fault.contains(told), "{fault}");
        assert!(fault.starts_with("test.toml:"), "{fault}");
    }
    let several = whole
        .replace("answer.id", "secrets.api")
        .replace("message.actor", "mesage.actor");
    assert_eq!(refused(&several).len(), 2, "{several}");
    let take = "take = { reference = \"answer.id\" }\n";
    let told = refused(&[&whole, take].concat());
    assert!(told[0].contains("take reference"), "{told:?}");
    for (right, wrong) in [
        ("desk_ref.room", "desk_ref.hall"),
        ("message.text", "message.words"),
        ("{{ desk.api_url }}/tickets\"", "tickets\""),
        ("transcript_text", "handover.payload.department"),
    ] {
        let faults = compiled(&whole.replace(right, wrong)).unwrap().dry_run();
        assert_eq!(faults.len(), 1, "{wrong}: {faults:?}");
        let told = faults[0].to_string();
        assert!(told.starts_with("test.toml:"), "{told}");
    }
}
