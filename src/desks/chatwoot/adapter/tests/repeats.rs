//! Calls that may be repeats: what an earlier one has written is not written again.

use super::*;

const LIST: &str = "GET conversations/42/messages";
const WRITE: &str = "POST conversations/42/messages";
/// As Chatwoot tells when something was written: in seconds.
const AT: i64 = 1_767_225_600;

/// One of the bridge's messages, as the list of a conversation tells it.
fn ours(number: u64) -> Value {
    let key = format!("{}/0", id(0xd));
    json!({"id": number, "created_at": AT, "content_attributes": {"handover_delivery": key}})
}

fn others(numbers: std::ops::Range<u64>) -> Vec<Value> {
    let other = |number| json!({"id": number, "created_at": AT, "content_attributes": {}});
    numbers.map(other).collect()
}

fn written() -> (&'static str, String) {
    (OK, "{}".to_owned())
}

/// What is asked of a desk that answers so, and what came of it.
async fn again(job: &Job, answers: &[(&str, String)]) -> (Vec<String>, Result<Done, Failure>) {
    let stub = Stub::in_turn(answers).await;
    let done = desk(&stub).perform_again(job.for_desk().unwrap()).await;
    let calls = sent(&stub).await;
    (calls.into_iter().map(|(line, _)| line).collect(), done)
}

#[tokio::test]
async fn what_stands_in_the_conversation_already_is_not_written_again() {
    let about = MessageId::from_uuid(id(2));
    for task in [told(), Task::Placeholder { message: about }] {
        let mut list = others(400..403);
        list.push(ours(403));
        let (calls, done) = again(&opened(task), &[listed(&list)]).await;
        assert_eq!(done, Ok(Done::default()));
        assert_eq!(calls, [LIST]);
    }
}

#[tokio::test]
async fn what_did_not_arrive_is_written() {
    let of_another = json!({"id": 1, "content_attributes": {"handover_delivery": id(0xe)}});
    for list in [vec![], others(400..403), vec![of_another]] {
        let (calls, done) = again(&opened(told()), &[listed(&list), written()]).await;
        assert_eq!(done, Ok(Done::default()));
        assert_eq!(calls, [LIST, WRITE]);
    }
}

#[tokio::test]
async fn it_is_looked_for_also_behind_what_was_written_since() {
    let mut older = others(380..399);
    older.push(ours(399));
    let answers = [listed(&others(400..420)), listed(&older), listed(&[])];
    let (calls, done) = again(&opened(told()), &answers).await;
    assert_eq!(done, Ok(Done::default()));
    let before = |id| format!("{LIST}?before={id}");
    assert_eq!(calls, [LIST.to_owned(), before(400), before(380)]);
}

#[tokio::test]
async fn it_is_not_looked_for_among_what_is_older_than_the_message() {
    let mut list = others(400..420);
    list[0]["created_at"] = json!(AT - 61);
    let (calls, _) = again(&opened(told()), &[listed(&list), written()]).await;
    assert_eq!(calls, [LIST, WRITE]);
}

#[tokio::test]
async fn a_list_that_does_not_go_back_is_looked_through_once_more_and_no_further() {
    let same = listed(&others(400..420));
    let answers = [same.clone(), same, written()];
    let (calls, done) = again(&opened(told()), &answers).await;
    assert_eq!(done, Ok(Done::default()));
    assert_eq!(calls.len(), 3);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_neither_a_yes_nor_a_no() {
    for (answer, class) in [
        (("503 Service Unavailable", "{}"), ErrorClass::Busy),
        (("404 Not Found", "{}"), ErrorClass::Gone),
        (("401 Unauthorized", "{}"), ErrorClass::Unauthorized),
        ((OK, "<html>"), ErrorClass::Ambiguous),
        ((OK, r#"{"payload": [{"id": "x"}]}"#), ErrorClass::Ambiguous),
    ] {
        let (status, body) = answer;
        let (calls, done) = again(&opened(told()), &[(status, body.to_owned())]).await;
        assert_eq!(done.unwrap_err().class, class, "{answer:?}");
        assert_eq!(calls, [LIST], "{answer:?}");
    }
    let (calls, done) = again(&opened(told()), &[]).await;
    assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous, "cut off");
    assert_eq!(calls, [LIST]);
}
