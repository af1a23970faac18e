//! How an agent sees that a message did not reach the user.

use super::*;

const MARK: &str = "PATCH conversations/42/messages/501";
const NOTE: &str = "POST conversations/42/messages";

/// As Chatwoot has told of the agent's message.
fn told_of() -> Value {
    json!({"event": "message_created", "id": 501, "conversation": {"id": 42}, "content": "hi"})
}

fn failed(raw: Option<&str>) -> Job {
    let mut job = opened(Task::Failed {
        message: MessageId::from_uuid(id(2)),
        reason: "too_long".to_owned(),
    });
    let said = message(Actor::Agent, Content::text("hi"));
    let raw = raw.map(str::to_owned);
    job.message = Some(Message { raw, ..said });
    job
}

async fn asked(
    job: &Job,
    answers: &[(&str, String)],
) -> (Vec<(String, Value)>, Result<Done, Failure>) {
    let stub = Stub::in_turn(answers).await;
    let done = desk(&stub).perform(job.for_desk().unwrap()).await;
    (sent(&stub).await, done)
}

fn answer(status: &str) -> (&str, String) {
    (status, "{}".to_owned())
}

#[tokio::test]
async fn the_message_itself_is_marked_with_the_reason() {
    let raw = told_of().to_string();
    let (calls, done) = asked(&failed(Some(&raw)), &[answer(OK)]).await;
    assert_eq!(done, Ok(Done::default()));
    let body = json!({"status": "failed", "external_error": "too_long"});
    assert_eq!(calls, [(MARK.to_owned(), body)]);
}

#[tokio::test]
async fn where_it_is_not_known_which_message_it_was_a_note_says_it() {
    let with = |path: &str, value: Value| {
        let mut told = told_of();
        *told.pointer_mut(path).unwrap() = value;
        Some(told.to_string())
    };
    for raw in [
        None,
        Some("no json".to_owned()),
        Some(json!({"id": 501}).to_string()),
        // What another desk has told, before the user came here.
        with("/event", json!("message")),
        with("/conversation/id", json!(43)),
        with("/id", json!("m-1")),
    ] {
        let (calls, done) = asked(&failed(raw.as_deref()), &[answer(OK)]).await;
        assert_eq!(done, Ok(Done::default()), "{raw:?}");
        assert_eq!(lines(&calls), [NOTE], "{raw:?}");
        let content = calls[0].1["content"].as_str().unwrap();
        assert!(content.ends_with("did not reach the user: too_long"));
    }
}

#[tokio::test]
async fn where_chatwoot_does_not_want_it_marked_a_note_says_it() {
    let raw = told_of().to_string();
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "409 Conflict",
        "422 Unprocessable Entity",
    ] {
        let answers = [answer(status), answer(OK)];
        let (calls, done) = asked(&failed(Some(&raw)), &answers).await;
        assert_eq!(done, Ok(Done::default()), "{status}");
        assert_eq!(lines(&calls), [MARK, NOTE], "{status}");
    }
}

#[tokio::test]
async fn a_mark_that_was_not_answered_is_made_again_and_no_note_is_written() {
    let raw = told_of().to_string();
    for (answers, class) in [
        (vec![], ErrorClass::Ambiguous),
        (vec![answer("503 Service Unavailable")], ErrorClass::Busy),
        (
            vec![answer("429 Too Many Requests")],
            ErrorClass::RateLimited,
        ),
    ] {
        let (calls, done) = asked(&failed(Some(&raw)), &answers).await;
        assert_eq!(done.unwrap_err().class, class);
        assert_eq!(lines(&calls), [MARK]);
    }
}
