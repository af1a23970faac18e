use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, ResumeContract, UserProfile},
        delivery::{About, HandoverFacts, Job, Past, Task},
        ids::{BotName, ConversationId, DeliveryId, ExternalId, HandoverId, MessageId},
        message::{Actor, Message},
        taken::Taken,
        time::Timestamp,
    },
    outbound::stub::{Stub, loopback},
};

const HANDOVER: &str = "/webbot/api/webchat/d%2F7/handover/webbot%3A..%2Fu%3F1/";
const TAKEOVER: &str = "/webbot/api/webchat/d%2F7/takeover/webbot%3A..%2Fu%3F1/";

/// A bot as the configuration gives it, with more settings.
fn configured(api_url: &str, settings: &str) -> config::Certainly {
    let text = format!(
        r#"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [bots.fashion]
        platform = "certainly"
        api_url = "{api_url}"
        deployment_id = "d/7"
        access_token = "canary"
        hook_key = "hook-key-of-the-tests"
        {settings}
        "#
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    match config.bots.into_values().next().unwrap().platform {
        config::Platform::Certainly(bot) => bot,
        other @ config::Platform::Chatlayer(_) => panic!("{other:?}"),
    }
}

fn bot(stub: &Stub, settings: &str) -> Certainly {
    let settings = Settings::compile(&configured(stub.base().expose(), settings)).unwrap();
    Certainly::new(settings, loopback())
}

/// What is said of a bot that cannot be made.
fn refused(settings: &str) -> Vec<String> {
    let faults = Settings::compile(&configured("https://api.example", settings)).unwrap_err();
    let table = config::KeyPath::default();
    faults
        .into_iter()
        .map(|fault| fault.into_fault(&table).to_string())
        .collect()
}

async fn performed(bot: &Certainly, job: &Job) -> Result<Done, Failure> {
    bot.perform(job.for_bot()?).await
}

fn say(content: Content) -> Job {
    let message = MessageId::from_uuid(Uuid::from_u128(2));
    let task = Task::Say {
        message,
        notice: false,
        part: None,
        speaker: None,
        answer: None,
    };
    Job {
        message: Some(Message {
            id: message,
            seq: 1,
            actor: Actor::Agent,
            at: Timestamp::from_millis(0),
            content,
            handover: None,
            late: false,
            raw: None,
        }),
        ..job(task)
    }
}

fn resume(index: usize) -> Job {
    let contract = ResumeContract {
        reason: "solved".into(),
        agent: None,
        seconds: 61,
        unanswered: true,
        dialog_state: None,
    };
    job(Task::resume(index, &contract))
}

fn pause() -> Job {
    job(Task::Pause { index: 0 })
}

/// Of a user whom the claim named otherwise than the conversation is.
fn job(task: Task) -> Job {
    Job {
        about: About {
            delivery: DeliveryId::from_uuid(Uuid::from_u128(3)),
            created_at: Timestamp::from_millis(0),
            conversation: ConversationId::from_uuid(Uuid::from_u128(4)),
            key: ConversationKey {
                bot: BotName::new("fashion").unwrap(),
                realm: "d/7".into(),
                user: ExternalId::new("../u?1").unwrap(),
            },
            profile: Profile {
                user: UserProfile {
                    id: Some("webbot:../u?1".to_owned()),
                    ..UserProfile::default()
                },
                ..Profile::default()
            }
            .into(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(Uuid::from_u128(5)),
                language: "en".into(),
                payload: None,
                options: Map::new(),
            },
        },
        task,
        taken: Taken::default(),
        leg: None,
        message: None,
        past: Past::default(),
    }
}

async fn only_request(stub: &Stub) -> (String, Value) {
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (
        head.to_owned(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_text_goes_out_to_the_claimed_user_with_the_slash_at_the_end() {
    let stub = Stub::answering("200 OK", "", "<html>whatever</html>").await;
    let done = performed(&bot(&stub, ""), &say(Content::text("Hello"))).await;
    assert_eq!(done, Ok(Done::default()));
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with(&format!("POST {HANDOVER} HTTP/1.1\r\n")),
        "{head}"
    );
    assert!(head.contains("authorization: Bearer canary"), "{head}");
    assert_eq!(body, json!({"message": "Hello"}));
}

#[tokio::test]
async fn a_user_whom_no_claim_has_named_is_called_as_messages_name_them() {
    for (settings, path) in [
        ("", HANDOVER),
        (
            "user_id_prefix = \"\"",
            "/webbot/api/webchat/d%2F7/handover/..%2Fu%3F1/",
        ),
    ] {
        let stub = Stub::answering("200 OK", "", "").await;
        let mut job = say(Content::text("Hello"));
        job.about.profile = Profile::default().into();
        performed(&bot(&stub, settings), &job).await.unwrap();
        let (head, _) = only_request(&stub).await;
        assert!(head.starts_with(&format!("POST {path} ")), "{head}");
    }
}

#[tokio::test]
async fn each_way_of_showing_who_calls_is_that_and_no_other() {
    let rows = [
        ("none", HANDOVER.to_owned(), None),
        (
            "bearer",
            HANDOVER.to_owned(),
            Some("authorization: Bearer canary"),
        ),
        ("query", format!("{HANDOVER}?access_token=canary"), None),
        // user:bearer canary
        (
            "basic",
            HANDOVER.to_owned(),
            Some("authorization: Basic dXNlcjpiZWFyZXIgY2FuYXJ5"),
        ),
    ];
    for (auth, target, header) in rows {
        let stub = Stub::answering("200 OK", "", "").await;
        let bot = bot(&stub, &format!("auth = \"{auth}\""));
        performed(&bot, &pause()).await.unwrap();
        let (head, _) = only_request(&stub).await;
        assert!(
            head.starts_with(&format!("GET {target} HTTP/1.1\r\n")),
            "{auth}: {head}"
        );
        match header {
            Some(header) => assert!(head.contains(header), "{auth}: {head}"),
            None => assert!(!head.contains("authorization"), "{auth}: {head}"),
        }
    }
}

#[tokio::test]
async fn the_bot_is_told_to_listen_and_to_take_over_by_the_documented_calls() {
    let stub = Stub::answering("200 OK", "", "").await;
    let bot = bot(&stub, "claim_end = \"handover done&x\"");
    performed(&bot, &pause()).await.unwrap();
    performed(&bot, &resume(0)).await.unwrap();
    let heads: Vec<_> = stub.requests().await;
    assert!(
        heads[0].starts_with(&format!("GET {HANDOVER} ")),
        "{}",
        heads[0]
    );
    let takeover = format!("GET {TAKEOVER}?ClaimEnd=handover%20done%26x ");
    assert!(heads[1].starts_with(&takeover), "{}", heads[1]);
    assert_eq!(bot.facts().pause_steps, 1);
    assert!(!bot.facts().answer_pauses);
}

#[tokio::test]
async fn without_a_claim_end_the_takeover_names_none() {
    let stub = Stub::answering("200 OK", "", "").await;
    performed(&bot(&stub, ""), &resume(0)).await.unwrap();
    let (head, _) = only_request(&stub).await;
    assert!(head.starts_with(&format!("GET {TAKEOVER} ")), "{head}");
}

#[tokio::test]
async fn trigger_message_is_the_other_sender() {
    let stub = Stub::answering("200 OK", "", r#"{"message":"1","error":[]}"#).await;
    let bot = bot(
        &stub,
        "sender = \"trigger-message\"\napi_token = \"profile\"",
    );
    performed(&bot, &say(Content::text("Hello"))).await.unwrap();
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with("POST /actionsvc/trigger-message/ HTTP/1.1\r\n"),
        "{head}"
    );
    // user:bearer profile
    assert!(
        head.contains("authorization: Basic dXNlcjpiZWFyZXIgcHJvZmlsZQ=="),
        "{head}"
    );
    assert_eq!(
        body,
        json!({"text_message": "Hello", "user_id": "webbot:../u?1"})
    );
}

#[tokio::test]
async fn a_user_whom_trigger_message_does_not_know_is_gone() {
    let rows = [
        (
            "400 Bad Request",
            r#"{"error":"Bot user with this id does not exist","message":null}"#,
            ErrorClass::Gone,
        ),
        (
            "400 Bad Request",
            r#"{"error":"text_message is required","message":null}"#,
            ErrorClass::Rejected,
        ),
        (
            "200 OK",
            r#"{"error":"text_message is required","message":null}"#,
            ErrorClass::Rejected,
        ),
        ("503 Service Unavailable", "{}", ErrorClass::Busy),
    ];
    for (status, answer, class) in rows {
        let stub = Stub::answering(status, "", answer).await;
        let bot = bot(&stub, "sender = \"trigger-message\"");
        let failure = performed(&bot, &say(Content::text("Hello")))
            .await
            .unwrap_err();
        assert_eq!(
            (failure.class, failure.status),
            (class, status[..3].parse().ok()),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_dialog_state_moves_the_flow_and_sets_variables() {
    let stub = Stub::answering("200 OK", "", "").await;
    let steps = r#"resume = [{ dialog_state = "1068935", session_data = { why = "reason|upper", agent = "agent" } }]"#;
    performed(&bot(&stub, steps), &resume(0)).await.unwrap();
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with("POST /actionsvc/trigger-response/ HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("authorization: JWT canary"), "{head}");
    assert_eq!(
        body,
        json!({
            "user_id": "webbot:../u?1", "module_id": 1_068_935, "wait_time": 0, "is_async": true,
            "custom_vars": {"why": "SOLVED", "agent": null},
        })
    );
}

#[tokio::test]
async fn a_long_text_of_a_step_takes_several_calls() {
    let stub = Stub::answering("200 OK", "", "").await;
    let text = format!("{} {}", "a".repeat(90), "b".repeat(90));
    let settings = format!(
        "text_limit = 100\nresume = [{{ text = \"{text}\" }}, {{ request = {{ method = \"GET\", url = \"{{{{ bot.api_url }}}}\" }} }}]"
    );
    performed(&bot(&stub, &settings), &resume(0)).await.unwrap();
    assert_eq!(stub.requests().await.len(), 2);
}

#[tokio::test]
async fn what_no_words_can_stand_for_is_rejected_without_a_call() {
    let stub = Stub::answering("200 OK", "", "").await;
    let failure = performed(&bot(&stub, ""), &say(Content::Intro {}))
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::Rejected);
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn answers_are_sorted_into_their_classes() {
    let rows = [
        ("301 Moved Permanently", ErrorClass::Redirected),
        ("401 Unauthorized", ErrorClass::Unauthorized),
        ("404 Not Found", ErrorClass::Gone),
        ("400 Bad Request", ErrorClass::Rejected),
        ("503 Service Unavailable", ErrorClass::Busy),
    ];
    for (status, class) in rows {
        let stub = Stub::answering(status, "location: /elsewhere/\r\n", "{}").await;
        let bot = bot(&stub, "");
        for job in [say(Content::text("Hello")), pause(), resume(0)] {
            let failure = performed(&bot, &job).await.unwrap_err();
            let expected = (class, status[..3].parse().ok());
            assert_eq!((failure.class, failure.status), expected, "{status}");
        }
        assert_eq!(stub.requests().await.len(), 3, "no redirect is followed");
    }
}

#[tokio::test]
async fn what_another_host_answers_says_nothing_of_the_bot() {
    for status in [
        "200 OK",
        "401 Unauthorized",
        "429 Too Many Requests",
        "503 Busy",
    ] {
        let own = Stub::answering(status, "", "{}").await;
        let other = Stub::answering(status, "", "{}").await;
        let url = other.base().expose().trim_end_matches('/').to_owned();
        for (url, unasked) in [("{{ bot.api_url }}", false), (&*url, true)] {
            let step = format!(r#"[{{ request = {{ method = "POST", url = "{url}/x" }} }}]"#);
            let bot = bot(&own, &format!("pause = {step}\nresume = {step}"));
            for job in [resume(0), pause()] {
                let said = match performed(&bot, &job).await {
                    Ok(done) => done.unasked,
                    Err(failure) => failure.unasked,
                };
                assert_eq!(said, unasked, "{status} of {url}");
            }
        }
    }
}

#[tokio::test]
async fn only_the_users_own_addresses_say_that_the_user_is_gone() {
    let stub = Stub::answering("404 Not Found", "", "{}").await;
    let other = Stub::answering("410 Gone", "", "{}").await;
    let elsewhere = other.base().expose().trim_end_matches('/').to_owned();
    let webchat = "{{ bot.api_url }}/webbot/api/webchat/{{ deployment_id }}";
    for (url, class) in [
        (
            format!("{webchat}/takeover/{{{{ user_id }}}}/?ClaimEnd=7"),
            ErrorClass::Gone,
        ),
        (
            format!("{webchat}/take-over/{{{{ user_id }}}}/"),
            ErrorClass::Rejected,
        ),
        (format!("{elsewhere}/crm"), ErrorClass::Rejected),
    ] {
        let step = format!(r#"[{{ request = {{ method = "POST", url = "{url}" }} }}]"#);
        let bot = bot(&stub, &format!("pause = {step}\nresume = {step}"));
        for job in [resume(0), pause()] {
            let failure = performed(&bot, &job).await.unwrap_err();
            assert_eq!(failure.class, class, "{url}");
        }
    }
    let bot = bot(
        &stub,
        "sender = \"trigger-message\"\nresume = [{ dialog_state = \"7\" }]",
    );
    for job in [resume(0), say(Content::text("Hello"))] {
        let failure = performed(&bot, &job).await.unwrap_err();
        let expected = (ErrorClass::Rejected, Some(404));
        assert_eq!((failure.class, failure.status), expected, "names no user");
    }
}

#[tokio::test]
async fn what_certainly_has_no_call_for_fails_for_good() {
    let stub = Stub::answering("200 OK", "", "").await;
    let bot = bot(&stub, "pause = []");
    let look_up = Task::LookUp {
        history: true,
        session: true,
    };
    for job in [job(Task::Forget), job(look_up), pause()] {
        let failure = performed(&bot, &job).await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Unsupported);
    }
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn the_token_goes_to_no_other_host() {
    let own = Stub::answering("200 OK", "", "").await;
    let other = Stub::answering("200 OK", "", "").await;
    let url = other.base().expose().trim_end_matches('/').to_owned();
    let steps = format!(
        r#"pause = [{{ request = {{ method = "PUT", url = "{url}/x/{{{{ user_id }}}}" }} }}]"#
    );
    performed(&bot(&own, &steps), &pause()).await.unwrap();
    let (head, _) = only_request(&other).await;
    assert!(head.starts_with("PUT /x/webbot%3A..%2Fu%3F1 "), "{head}");
    assert!(!head.contains("canary"));
}

#[tokio::test]
async fn the_probe_reads_how_the_widget_looks_and_proves_no_token() {
    let stub = Stub::answering("200 OK", "", "{}").await;
    assert_eq!(bot(&stub, "").probe().await.unwrap(), [UNPROVEN]);
    let (head, _) = only_request(&stub).await;
    assert!(
        head.starts_with("GET /webbot/api/webchat/d%2F7/config/ HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(!head.contains("canary"));
    let page = Stub::answering("200 OK", "", "<html>Welcome</html>").await;
    let error = bot(&page, "").probe().await.unwrap_err();
    assert!(matches!(error, CallError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn the_next_call_carries_the_tokens_that_were_put_in_place() {
    let stub = Stub::answering("200 OK", "", "").await;
    let steps = r#"resume = [{ dialog_state = "7" }]"#;
    let bot = bot(&stub, &format!("api_token = \"profile\"\n{steps}"));
    bot.settings.access_token().unwrap().set("new".into());
    bot.settings.api_token().unwrap().set("newer".into());
    performed(&bot, &pause()).await.unwrap();
    performed(&bot, &resume(0)).await.unwrap();
    let heads = stub.requests().await;
    assert!(heads[0].contains("Bearer new\r\n"), "{}", heads[0]);
    assert!(heads[1].contains("JWT newer\r\n"), "{}", heads[1]);
}

#[tokio::test]
async fn faults_of_steps_are_found_at_start_and_in_the_dry_run() {
    assert_eq!(
        refused(r#"resume = [{ text = "{{ session_id }}" }]"#),
        ["test.toml:10: bots.fashion.resume[0] cannot be used: \
          the text speaks of session_id, which is not known there"]
    );
    let stub = Stub::answering("200 OK", "", "").await;
    assert!(bot(&stub, "").dry_run().is_empty(), "the default");
    let odd = r#"pause = [{ request = { method = "GET", url = "{{ claim_end }}" } }]"#;
    assert_eq!(bot(&stub, odd).dry_run().len(), 1);
    assert!(stub.requests().await.is_empty());
}
