use serde_json::{Value, json};

use crate::{
    bots::{
        BotPlatform as _,
        chatlayer::adapter::tests::{bot, job, only_request},
    },
    domain::{
        delivery::{Done, Failure, Task},
        message::Content,
        retry::ErrorClass,
    },
    outbound::stub::{Behaviour, Stub},
};

const HISTORY: Task = Task::LookUp {
    history: true,
    session: false,
};
const SESSION: Task = Task::LookUp {
    history: false,
    session: true,
};
const BOTH: Task = Task::LookUp {
    history: true,
    session: true,
};

async fn look_up(stub: &Stub, task: Task, settings: &str) -> Result<Done, Failure> {
    bot(stub, settings)
        .perform(job(task, None).for_bot().unwrap())
        .await
}

fn texts(done: &Done) -> Vec<&str> {
    let text = |content: &'_ Content| matches!(content, Content::Text { .. });
    let said = done.found.transcript.iter().map(|item| &item.said.content);
    said.filter(|content| text(content))
        .filter_map(|content| match content {
            Content::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn message(actor: &str, text: &str) -> Value {
    json!({"actor": actor, "timestamp": "2026-01-01T00:00:00.000Z", "message": {"messageType": "text", "text": text}})
}

#[tokio::test]
async fn the_messages_of_the_conversation_are_asked_for_and_read_in_every_envelope() {
    let items = [message("user", "help"), message("bot", "Hello")];
    let envelopes = [
        json!({"data": items}),
        json!(items),
        json!({"data": {"messages": items, "next": null}}),
        json!({"rows": items, "count": 2}),
    ];
    for envelope in envelopes {
        let stub = Stub::answering("200 OK", "", &envelope.to_string()).await;
        let done = look_up(&stub, HISTORY, "").await.unwrap();
        assert_eq!(texts(&done), ["help", "Hello"], "{envelope}");
        let (head, _) = only_request(&stub).await;
        let path = "GET /v1/bots/b%2F1/conversations/..%2Fs%3F1/messages?version=LIVE HTTP/1.1";
        assert!(head.starts_with(path), "{head}");
        assert!(head.contains("authorization: Bearer id:canary"));
    }
}

#[tokio::test]
async fn the_legacy_history_is_asked_for_where_that_is_configured_and_its_newest_page_is_taken() {
    let row = |text: &str, second: u8| {
        json!({"isIntro": false, "id": text, "actor": "bot", "message": {"text": text},
            "createdAt": format!("2019-11-21T16:48:{second:02}.000Z")})
    };
    let body = json!({"rows": [row("a", 1), row("b", 2)], "count": 450}).to_string();
    let stub = Stub::answering("200 OK", "", &body).await;
    let done = look_up(&stub, HISTORY, "history = \"legacy\"").await;
    assert_eq!(texts(&done.unwrap()), ["a", "b"]);
    let requests = stub.requests().await;
    let offsets = [0, 250].map(|offset| {
        format!("GET /api/bots/b%2F1/history/..%2Fs%3F1?offset={offset}&limit=200&access_token=id%3Acanary ")
    });
    assert_eq!(requests.len(), 2);
    assert!(requests[0].starts_with(&offsets[0]) && requests[1].starts_with(&offsets[1]));
    assert!(!requests[0].contains("authorization"));
}

#[tokio::test]
async fn nothing_is_asked_for_that_is_turned_off_or_not_wanted() {
    let stub = Stub::answering("200 OK", "", "{}").await;
    let done = look_up(&stub, HISTORY, "history = \"off\"").await;
    assert_eq!(done, Ok(Done::default()));
    assert!(stub.requests().await.is_empty());
}

#[tokio::test]
async fn session_data_come_with_or_without_an_envelope() {
    let data = json!({"handover": {"tier": "gold"}, "data": 1});
    for body in [data.clone(), json!({"data": data})] {
        let stub = Stub::answering("200 OK", "", &body.to_string()).await;
        let done = look_up(&stub, SESSION, "").await.unwrap();
        assert_eq!(done.found.session.as_ref(), Some(&data));
        let (head, _) = only_request(&stub).await;
        let path = "GET /v1/bots/b%2F1/conversations/..%2Fs%3F1/session-data?version=LIVE ";
        assert!(head.starts_with(path), "{head}");
    }
}

#[tokio::test]
async fn what_can_be_found_is_worth_something_without_the_rest() {
    // An object is session data and no list of messages.
    let stub = Stub::answering("200 OK", "", r#"{"tier": "gold"}"#).await;
    let done = look_up(&stub, BOTH, "").await.unwrap();
    assert_eq!(done.found.session, Some(json!({"tier": "gold"})));
    assert!(done.found.transcript.is_empty());
    let failure = look_up(&stub, HISTORY, "").await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Unreadable);
}

#[tokio::test]
async fn a_look_up_that_fails_says_why_and_one_that_hangs_ends_in_time() {
    for (status, class) in [
        ("404 Not Found", ErrorClass::Gone),
        ("401 Unauthorized", ErrorClass::Unauthorized),
        ("503 Service Unavailable", ErrorClass::Busy),
    ] {
        let stub = Stub::answering(status, "", "{}").await;
        assert_eq!(look_up(&stub, BOTH, "").await.unwrap_err().class, class);
    }
    let silent = Stub::new(Behaviour::Silent).await;
    let started = std::time::Instant::now();
    let failure = look_up(&silent, BOTH, "").await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Ambiguous);
    assert!(
        started.elapsed().as_millis() < 1_900,
        "a desk needs time as well"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_counts_as_none() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[".to_vec();
    let endless = Stub::new(Behaviour::Endless(head, b"{\"a\": 1}, ".repeat(100))).await;
    let failure = look_up(&endless, HISTORY, "").await.unwrap_err();
    assert!(matches!(
        failure.class,
        ErrorClass::Unreadable | ErrorClass::Ambiguous
    ));
}

#[tokio::test]
async fn session_data_are_deleted_and_what_is_gone_already_is_told() {
    let stub = Stub::answering("204 No Content", "", "").await;
    let done = bot(&stub, "")
        .perform(job(Task::Forget, None).for_bot().unwrap())
        .await;
    assert_eq!(done, Ok(Done::default()));
    let (head, _) = only_request(&stub).await;
    let path = "DELETE /v1/bots/b%2F1/conversations/..%2Fs%3F1/session-data?version=LIVE ";
    assert!(head.starts_with(path), "{head}");
    assert!(head.contains("authorization: Bearer id:canary"));
    let gone = Stub::answering("404 Not Found", "", "").await;
    let failure = bot(&gone, "")
        .perform(job(Task::Forget, None).for_bot().unwrap())
        .await;
    assert_eq!(failure.unwrap_err().class, ErrorClass::Gone);
}
