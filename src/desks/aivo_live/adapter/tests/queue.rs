//! The call that queues a user.

use super::*;

async fn opened(job: Job, settings: &str) -> Value {
    let stub = Stub::answering("200 OK", "", QUEUED).await;
    desk(&stub, settings)
        .perform(job.for_desk().unwrap())
        .await
        .unwrap();
    sent(&stub).await.1
}

async fn opened_by(status: &str, answer: &str) -> Result<Done, Failure> {
    let stub = Stub::answering(status, "", answer).await;
    desk(&stub, "")
        .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
        .await
}

#[tokio::test]
async fn the_queue_call_is_the_documented_one() {
    let stub = Stub::answering("200 OK", "", QUEUED).await;
    let done = desk(&stub, "")
        .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
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
        (json!({"group": 5}), json!([5])),
        (json!({"groups": []}), json!([2179, 2180])),
        (json!({"groups": ["sales"]}), json!([2179, 2180])),
        (json!({"priority": 1}), json!([2179, 2180])),
    ] {
        let mut job = job(Task::Open { upto: 1 });
        job.about.handover.options = options.as_object().unwrap().clone();
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
    let failure = desk(&stub, "")
        .perform(job(Task::Open { upto: 1 }).for_desk().unwrap())
        .await;
    assert_eq!(failure.unwrap_err().class, ErrorClass::Ambiguous);
}
