use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    config,
    domain::{
        conversation::{ConversationKey, Profile, ResumeContract},
        delivery::{About, HandoverFacts, Job, Past, Task},
        ids::{BotName, ConversationId, DeliveryId, ExternalId, HandoverId, MessageId},
        message::{Actor, Content, Message},
        retry::ErrorClass,
        taken::Taken,
        time::Timestamp,
    },
    outbound::stub::{Stub, loopback},
};

/// A bot as the configuration gives it, with `steps` as its pause and resume.
fn configured(api_url: &str, steps: &str) -> config::Chatlayer {
    let text = format!(
        r#"
        [server]
        public_url = "https://bridge.example"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [bots.webshop]
        platform = "chatlayer"
        api_url = "{api_url}"
        access_token = "id:canary"
        verify_token = "verify-token-of-the-tests"
        hook_key = "hook-key-of-the-tests"
        {steps}
        [desks.custom]
        kind = "webhook"
        url = "https://desk.example"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        token = "token-of-the-desk-of-the-tests"
        "#
    );
    let config = config::Config::load(&config::Source::text("test.toml", text)).unwrap();
    match config.bots.into_values().next().unwrap().platform {
        config::Platform::Chatlayer(bot) => bot,
        other @ config::Platform::Certainly(_) => panic!("{other:?}"),
    }
}

pub(in crate::bots::chatlayer) fn bot(stub: &Stub, steps: &str) -> Chatlayer {
    let settings = Settings::compile(&configured(stub.base().expose(), steps)).unwrap();
    Chatlayer::new(settings, loopback())
}

/// What is said of a bot that cannot be made.
fn refused(steps: &str) -> Vec<String> {
    let faults = Settings::compile(&configured("https://api.example", steps)).unwrap_err();
    let table = config::KeyPath::default();
    faults
        .into_iter()
        .map(|fault| fault.into_fault(&table).to_string())
        .collect()
}

async fn performed(bot: &Chatlayer, job: &Job) -> Result<Done, Failure> {
    bot.perform(job.for_bot()?).await
}

fn say(content: Content) -> Job {
    job(
        Task::Say {
            message: MessageId::from_uuid(Uuid::from_u128(2)),
            notice: false,
            part: None,
            speaker: None,
            answer: None,
        },
        Some(content),
    )
}

fn resume(index: usize) -> Job {
    let contract = ResumeContract {
        reason: "solved".into(),
        agent: None,
        seconds: 61,
        unanswered: true,
        dialog_state: None,
    };
    job(Task::resume(index, &contract), None)
}

pub(in crate::bots::chatlayer) async fn only_request(stub: &Stub) -> (String, Value) {
    let [request] = <[String; 1]>::try_from(stub.requests().await).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (
        head.to_owned(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

pub(in crate::bots::chatlayer) fn job(task: Task, content: Option<Content>) -> Job {
    let message = content.map(|content| Message {
        id: MessageId::from_uuid(Uuid::from_u128(2)),
        seq: 1,
        actor: Actor::Agent,
        at: Timestamp::from_millis(0),
        content,
        handover: None,
        late: false,
        raw: None,
    });
    Job {
        about: About {
            delivery: DeliveryId::from_uuid(Uuid::from_u128(3)),
            created_at: Timestamp::from_millis(0),
            conversation: ConversationId::from_uuid(Uuid::from_u128(4)),
            key: ConversationKey {
                bot: BotName::new("webshop").unwrap(),
                realm: "b/1/LIVE".into(),
                user: ExternalId::new("../s?1").unwrap(),
            },
            profile: Profile::default().into(),
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
        message,
        past: Past::default(),
    }
}

#[tokio::test]
async fn a_text_goes_out_as_an_action_of_the_right_session() {
    let stub = Stub::answering("200 OK", "", "<html>whatever</html>").await;
    assert_eq!(
        performed(&bot(&stub, ""), &say(Content::text("Hello"))).await,
        Ok(Done::default())
    );
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with(
            "POST /v1/bots/b%2F1/conversations/..%2Fs%3F1/actions?version=LIVE HTTP/1.1\r\n"
        ),
        "{head}"
    );
    assert!(head.contains("authorization: Bearer id:canary"));
    assert_eq!(
        body,
        json!({"sendMessages": [{"textMessageTemplate": {"textMessages": [{"text": "Hello"}]}}]})
    );
}

#[tokio::test]
async fn what_cannot_be_shown_is_rejected_without_a_call() {
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
        ("401 Unauthorized", ErrorClass::Unauthorized),
        ("404 Not Found", ErrorClass::Gone),
        ("400 Bad Request", ErrorClass::Rejected),
        ("503 Service Unavailable", ErrorClass::Busy),
    ];
    for (status, class) in rows {
        let stub = Stub::answering(status, "", "{}").await;
        let failure = performed(&bot(&stub, ""), &say(Content::text("Hello")))
            .await
            .unwrap_err();
        assert_eq!(
            (failure.class, failure.status),
            (class, status[..3].parse().ok()),
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_default_resume_calls_the_bots_own_api_with_its_token() {
    let stub = Stub::answering("200 OK", "", "").await;
    assert_eq!(
        performed(&bot(&stub, ""), &resume(0)).await,
        Ok(Done::default())
    );
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with("POST /v1/bots/b%2F1/conversations/..%2Fs%3F1/actions?version=LIVE "),
        "{head}"
    );
    assert!(head.contains("authorization: Bearer id:canary"));
    assert_eq!(body["sessionData"]["handover_reason"], "solved");
    assert_eq!(body["sessionData"]["handover_agent"], Value::Null);
    assert_eq!(body["sessionData"]["handover_seconds"], 61);
    assert_eq!(body["sessionData"]["handover_unanswered"], true);
}

#[tokio::test]
async fn a_dialog_state_is_triggered_with_its_session_data() {
    let stub = Stub::answering("200 OK", "", "").await;
    let steps = r#"resume = [{ dialog_state = "d1", session_data = { why = "reason|upper", long = "seconds > 60" } }]"#;
    assert_eq!(
        performed(&bot(&stub, steps), &resume(0)).await,
        Ok(Done::default())
    );
    let (head, body) = only_request(&stub).await;
    assert!(
        head.starts_with("POST /api/webview?access_token=id%3Acanary "),
        "{head}"
    );
    let expected = json!({"botId": "b/1", "senderId": "../s?1", "action": {"nextDialogstate": "d1"},
        "session": {"namespace": "handover", "data": {"long": true, "why": "SOLVED"}}});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_token_goes_to_no_other_host() {
    let (own, other) = (
        Stub::answering("200 OK", "", "").await,
        Stub::answering("200 OK", "", "").await,
    );
    let url = other.base().expose().trim_end_matches('/').to_owned();
    let steps = format!(
        r#"pause = [{{ request = {{ method = "PUT", url = "{url}/x/{{{{ session_id }}}}", headers = {{ x-lang = "{{{{ language }}}}" }} }} }}]"#
    );
    let pause = job(Task::Pause { index: 0 }, None);
    performed(&bot(&own, &steps), &pause).await.unwrap();
    let (head, body) = only_request(&other).await;
    assert!(
        head.starts_with("PUT /x/..%2Fs%3F1 ") && head.contains("x-lang: en"),
        "{head}"
    );
    assert!(!head.contains("canary"));
    assert_eq!(body, json!({}));
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
            for job in [resume(0), job(Task::Pause { index: 0 }, None)] {
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
async fn only_the_conversations_own_address_says_that_it_is_gone() {
    let stub = Stub::answering("404 Not Found", "", "{}").await;
    let other = Stub::answering("410 Gone", "", "{}").await;
    let elsewhere = other.base().expose().trim_end_matches('/').to_owned();
    let conversation = "{{ bot.api_url }}/v1/bots/{{ bot_id }}/conversations/{{ session_id }}";
    for (url, class) in [
        (
            format!("{conversation}/actions?version={{{{ version }}}}"),
            ErrorClass::Gone,
        ),
        (format!("{conversation}/action"), ErrorClass::Rejected),
        (format!("{conversation}/unpause"), ErrorClass::Rejected),
        (format!("{elsewhere}/crm"), ErrorClass::Rejected),
    ] {
        let step = format!(r#"[{{ request = {{ method = "POST", url = "{url}" }} }}]"#);
        let bot = bot(&stub, &format!("pause = {step}\nresume = {step}"));
        for job in [resume(0), job(Task::Pause { index: 0 }, None)] {
            let failure = performed(&bot, &job).await.unwrap_err();
            assert_eq!(failure.class, class, "{url}");
            assert!(matches!(failure.status, Some(404 | 410)), "{failure:?}");
        }
    }
    let dialog = bot(&stub, r#"resume = [{ dialog_state = "d1" }]"#);
    let failure = dialog
        .perform(resume(0).for_bot().unwrap())
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::Rejected, "names no conversation");
}

#[tokio::test]
async fn a_resume_step_that_the_configuration_no_longer_has_is_done() {
    let stub = Stub::answering("200 OK", "", "").await;
    assert_eq!(
        performed(&bot(&stub, "resume = []"), &resume(0)).await,
        Ok(Done::without_a_call())
    );
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn the_probe_is_a_read() {
    let stub = Stub::answering("200 OK", "", "[]").await;
    bot(&stub, "").probe().await.unwrap();
    assert!(
        only_request(&stub)
            .await
            .0
            .starts_with("GET /v1/bots HTTP/1.1")
    );
}

#[tokio::test]
async fn what_answers_a_probe_with_a_web_page_is_not_the_api() {
    let stub = Stub::answering("200 OK", "", "<html>Welcome</html>").await;
    let error = bot(&stub, "").probe().await.unwrap_err();
    assert!(matches!(error, CallError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn the_last_call_that_chatlayer_takes_says_so_and_another_hosts_limit_does_not_count() {
    let headers = "x-ratelimit-limit: 1200\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 7\r\n";
    let stub = Stub::answering("200 OK", headers, "{}").await;
    let done = performed(&bot(&stub, ""), &say(Content::text("Hello"))).await;
    assert_eq!(
        done.unwrap().quiet_for,
        Some(std::time::Duration::from_secs(7))
    );

    let own = Stub::answering("200 OK", "", "").await;
    let url = stub.base().expose().trim_end_matches('/').to_owned();
    let steps = format!(r#"pause = [{{ request = {{ method = "POST", url = "{url}/x" }} }}]"#);
    let done = performed(&bot(&own, &steps), &job(Task::Pause { index: 0 }, None)).await;
    assert_eq!(done.unwrap().quiet_for, None);
}

#[tokio::test]
async fn the_next_call_carries_the_token_that_was_put_in_place() {
    let stub = Stub::answering("200 OK", "", "[]").await;
    let bot = bot(&stub, "");
    bot.probe().await.unwrap();
    bot.settings.access_token().set("id:new".into());
    bot.probe().await.unwrap();
    let tokens: Vec<_> = stub
        .requests()
        .await
        .iter()
        .map(|head| {
            (
                head.contains("Bearer id:canary"),
                head.contains("Bearer id:new"),
            )
        })
        .collect();
    assert_eq!(tokens, [(true, false), (false, true)]);
}

#[tokio::test]
async fn what_only_shows_when_a_step_is_filled_in_shows_in_the_dry_run() {
    let stub = Stub::answering("200 OK", "", "").await;
    let steps = r#"
        pause = [{ request = { method = "POST", url = "{{ bot.api_url }}/{{ channel }}" } }]
        resume = [
            { text = "Bye" },
            { text = "{{ agent|upper }}" },
            { dialog_state = "d", session_data = { name = "agent.name" } },
            { request = { method = "POST", url = "no address" } },
        ]"#;
    let faults = bot(&stub, steps).dry_run();
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "test.toml:13: bots.webshop.pause[0].request cannot be filled in",
            "test.toml:17: bots.webshop.resume[2] cannot be filled in",
            "test.toml:18: bots.webshop.resume[3].request cannot be filled in",
        ]
    );
    assert!(bot(&stub, "").dry_run().is_empty(), "the default");
    assert!(stub.requests().await.is_empty());
}

#[test]
fn faults_of_steps_are_found_at_start_and_say_where_they_are() {
    let steps = r#"resume = [
            { text = "Bye" },
            { text = "{{ oops" },
            { dialog_state = "d", session_data = { why = "raeson" } },
        ]
        pause = [
            { request = { method = "POST", url = "{{ bot.api_url }}", body = "reason" } },
            { request = { method = "POST", url = "{{ bot.api_url }}", take = { id = "reply.id" } } },
        ]"#;
    let told = refused(steps);
    assert_eq!(
        told[..2],
        [
            "test.toml:18: bots.webshop.pause[0].request cannot be used: \
             the body speaks of reason, which is not known there",
            "test.toml:19: bots.webshop.pause[1].request cannot be used: \
             the take id speaks of reply, which is not known there",
        ]
    );
    let syntax = "test.toml:14: bots.webshop.resume[1] cannot be used: \
                  the text cannot be compiled: not a template: ";
    assert!(told[2].starts_with(syntax), "{told:?}");
    assert_eq!(
        told[3..],
        ["test.toml:15: bots.webshop.resume[2] cannot be used: \
          the session data why speaks of raeson, which is not known there"]
    );
}

const TAKING: &str = r#"resume = [
    { request = { method = "POST", url = "{{ bot.api_url }}/first", take = { ticket = "answer.ticket", gone = "answer.gone" } } },
    { request = { method = "POST", url = "{{ bot.api_url }}/second/{{ taken.ticket }}" } },
]"#;

#[tokio::test]
async fn what_a_step_takes_from_its_answer_is_there_for_later_steps() {
    let stub = Stub::answering(
        "200 OK",
        "content-type: application/json\r\n",
        r#"{"ticket": "t/1"}"#,
    )
    .await;
    let bot = bot(&stub, TAKING);
    let done = performed(&bot, &resume(0)).await.unwrap();
    assert_eq!(done.taken.get("ticket"), Some(&json!("t/1")));
    assert_eq!(
        done.taken.get("gone"),
        None,
        "what is not there is left out"
    );
    let later = Job {
        taken: done.taken,
        ..resume(1)
    };
    performed(&bot, &later).await.unwrap();
    let requests = stub.requests().await;
    assert!(
        requests[1].starts_with("POST /second/t%2F1 "),
        "{requests:?}"
    );
    assert!(
        performed(&bot, &resume(1)).await.is_err(),
        "nothing was taken"
    );
}
