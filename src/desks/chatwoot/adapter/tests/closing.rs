//! The end of a handover of which no answer has ever said which conversation it is.

use super::{
    opening::{asked, contact, earlier, nothing},
    *,
};

const LIST: &str = "GET contacts/7/conversations";

fn close() -> Job {
    job(Task::Close {
        reason: "declined".into(),
    })
}

fn search() -> String {
    format!("GET contacts/search?q={}", id(0xc))
}

async fn asked_again(
    job: &Job,
    answers: &[(&str, String)],
) -> (Vec<(String, Value)>, Result<Done, Failure>) {
    let stub = Stub::in_turn(answers).await;
    let done = desk(&stub).perform_again(job.for_desk().unwrap()).await;
    (sent(&stub).await, done)
}

fn numbered(number: u64, mut conversation: Value) -> Value {
    conversation["id"] = json!(number);
    conversation
}

#[tokio::test]
async fn whatever_a_broken_opening_has_made_is_resolved() {
    let mut of_another_leg = earlier("open", "none");
    of_another_leg["custom_attributes"]["leg"] = json!(id(1).to_string());
    let all = [
        numbered(40, of_another_leg),
        numbered(41, earlier("resolved", "told")),
        numbered(42, earlier("open", "pending")),
        numbered(43, earlier("pending", "none")),
    ];
    let answers = [listed(&[contact()]), listed(&all), nothing(), nothing()];
    let (calls, done) = asked(&close(), &answers).await;
    assert_eq!(done, Ok(Done::default()));
    assert_eq!(
        lines(&calls),
        [
            &search(),
            LIST,
            "POST conversations/42/toggle_status",
            "POST conversations/43/toggle_status"
        ]
    );
    for (_, body) in &calls[2..] {
        assert_eq!(body, &json!({"status": "resolved"}));
    }
}

#[tokio::test]
async fn where_nothing_was_made_there_is_nothing_to_end() {
    let other = json!({"id": 8, "identifier": "other"});
    let resolved = [earlier("resolved", "told")];
    for answers in [
        vec![listed(&[])],
        vec![listed(&[other])],
        vec![listed(&[contact()]), listed(&[])],
        vec![listed(&[contact()]), listed(&resolved)],
    ] {
        let (calls, done) = asked_again(&close(), &answers).await;
        assert_eq!(done, Ok(Done::default()));
        assert_eq!(calls.len(), answers.len(), "{:?}", lines(&calls));
    }
}

#[tokio::test]
async fn that_nothing_was_made_is_believed_when_a_call_that_was_cut_off_must_be_over() {
    let (_, done) = asked(&close(), &[listed(&[])]).await;
    let failure = done.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Busy);
    assert_eq!(failure.retry_after, Some(REOPEN_AFTER));
}

#[tokio::test]
async fn a_look_up_that_fails_says_neither_that_there_is_something_nor_that_there_is_not() {
    for (status, body, class) in [
        ("401 Unauthorized", "{}", ErrorClass::Unauthorized),
        ("429 Too Many Requests", "{}", ErrorClass::RateLimited),
        ("500 Internal Server Error", "{}", ErrorClass::Busy),
        (OK, "<html>", ErrorClass::Ambiguous),
        (OK, "{}", ErrorClass::Ambiguous),
    ] {
        for before in [vec![], vec![listed(&[contact()])]] {
            let answers = [before, vec![(status, body.to_owned())]].concat();
            let (_, done) = asked(&close(), &answers).await;
            assert_eq!(done.unwrap_err().class, class, "{status} {body}");
        }
    }
    let (_, done) = asked(&close(), &[]).await;
    assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous, "cut off");
}

#[tokio::test]
async fn what_was_found_and_could_not_be_resolved_is_tried_again() {
    let found = listed(&[earlier("open", "pending")]);
    let failed = ("503 Service Unavailable", "{}".to_owned());
    let answers = [listed(&[contact()]), found, failed];
    let (_, done) = asked(&close(), &answers).await;
    assert_eq!(done.unwrap_err().class, ErrorClass::Busy);
}
