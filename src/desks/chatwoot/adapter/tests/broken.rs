//! Openings that break off once there is a conversation: nobody may take the desk for one that was never called.

use super::{
    opening::{asked, contact, earlier, made_conversation, with_a_past},
    *,
};

const NOTE: &str = "POST conversations/42/messages";
const END: &str = "POST conversations/42/toggle_status";

type Answers = Vec<(&'static str, String)>;

/// The answers up to the conversation: one that is new, and one that an earlier call has made.
fn begun() -> [Answers; 2] {
    let new = vec![listed(&[contact()]), listed(&[]), made_conversation()];
    let found = listed(&[earlier("open", "pending")]);
    [new, vec![listed(&[contact()]), found, listed(&[])]]
}

fn with(mut begun: Answers, more: &[&'static str]) -> Answers {
    begun.extend(more.iter().map(|status| (*status, "{}".to_owned())));
    begun
}

#[tokio::test]
async fn the_desk_may_have_it_whatever_goes_wrong_at_a_note() {
    for (status, class) in [
        ("401 Unauthorized", ErrorClass::Ambiguous),
        ("403 Forbidden", ErrorClass::Ambiguous),
        ("404 Not Found", ErrorClass::Ambiguous),
        ("429 Too Many Requests", ErrorClass::Busy),
        ("500 Internal Server Error", ErrorClass::Busy),
        ("503 Service Unavailable", ErrorClass::Busy),
    ] {
        for begun in begun() {
            let (calls, done) = asked(&with_a_past(), &with(begun, &[status])).await;
            assert_eq!(done.unwrap_err().class, class, "{status}");
            assert_eq!(lines(&calls).last(), Some(&NOTE), "{status}");
        }
    }
    for begun in begun() {
        let (_, done) = asked(&with_a_past(), &begun).await;
        assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous, "cut off");
    }
}

#[tokio::test]
async fn nor_is_it_unmade_where_its_notes_cannot_be_looked_through() {
    for (status, class) in [
        ("401 Unauthorized", ErrorClass::Ambiguous),
        ("404 Not Found", ErrorClass::Ambiguous),
        ("405 Method Not Allowed", ErrorClass::Ambiguous),
        ("429 Too Many Requests", ErrorClass::Busy),
    ] {
        let found = vec![listed(&[contact()]), listed(&[earlier("open", "pending")])];
        let (calls, done) = asked(&with_a_past(), &with(found, &[status])).await;
        assert_eq!(done.unwrap_err().class, class, "{status}");
        assert_eq!(calls.len(), 3, "what was there before is left as it is");
    }
}

#[tokio::test]
async fn it_is_told_for_how_long_chatwoot_wants_to_be_left_alone_with_the_rest() {
    let [new, _] = begun();
    let limited = "429 Too Many Requests\r\nretry-after: 7";
    let (_, done) = asked(&with_a_past(), &with(new, &[limited])).await;
    let failure = done.unwrap_err();
    let asked = (failure.class, failure.retry_after);
    assert_eq!(asked, (ErrorClass::Busy, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn what_will_be_refused_again_is_taken_back_and_then_nobody_has_it() {
    let [new, _] = begun();
    let answers = with(new, &["405 Method Not Allowed", OK]);
    let (calls, done) = asked(&with_a_past(), &answers).await;
    assert_eq!(done.unwrap_err().class, ErrorClass::Unsupported);
    assert_eq!(lines(&calls)[3..], [NOTE, END]);
    assert_eq!(calls[4].1, json!({"status": "resolved"}));
}

#[tokio::test]
async fn what_cannot_be_taken_back_the_desk_may_have() {
    let [new, _] = begun();
    for end in ["404 Not Found", "503 Service Unavailable"] {
        let answers = with(new.clone(), &["405 Method Not Allowed", end]);
        let (calls, done) = asked(&with_a_past(), &answers).await;
        assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous, "{end}");
        assert_eq!(lines(&calls).last(), Some(&END));
    }
}
