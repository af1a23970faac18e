//! How a handover becomes a conversation, call by call.

use super::*;
use crate::desks::chatwoot::capabilities::NOTE_LIMIT;

const TAKEN: &str = "422 Unprocessable Entity";
/// An answer that says besides that no more calls are taken.
const USED_UP: &str = "200 OK\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 7";

pub(super) fn contact() -> Value {
    json!({
        "id": 7,
        "identifier": id(0xc).to_string(),
        "contact_inboxes": [
            {"source_id": "elsewhere", "inbox": {"id": 9}},
            {"source_id": "source", "inbox": {"id": 2}},
        ],
    })
}

fn made_contact() -> (&'static str, String) {
    let contact = json!({"id": 7, "identifier": id(0xc).to_string(), "contact_inboxes": []});
    let inbox = json!({"source_id": "source", "inbox": {"id": 2}});
    let answer = json!({"payload": {"contact": contact, "contact_inbox": inbox}});
    (OK, answer.to_string())
}

fn taken() -> (&'static str, String) {
    let answer = json!({"message": "Email has already been taken", "attributes": ["email"]});
    (TAKEN, answer.to_string())
}

pub(super) fn made_conversation() -> (&'static str, String) {
    (OK, json!({"id": 42, "status": "open"}).to_string())
}

pub(super) fn nothing() -> (&'static str, String) {
    (OK, "{}".to_owned())
}

/// A conversation of the same leg, as the list of the contact tells it.
pub(super) fn earlier(status: &str, transcript: &str) -> Value {
    json!({
        "id": 42,
        "status": status,
        "custom_attributes": {
            "handover_id": id(0xa).to_string(),
            "leg": id(0x1e6).to_string(),
            "transcript": transcript,
        },
    })
}

pub(super) fn open() -> Job {
    job(Task::Open { upto: 1 })
}

pub(super) fn with_a_past() -> Job {
    let mut job = open();
    job.past = Past {
        messages: vec![message(Actor::User, Content::text("help"))],
        total: 1,
    };
    job
}

/// What is asked of a desk that answers so, and what came of it.
pub(super) async fn asked(
    job: &Job,
    answers: &[(&str, String)],
) -> (Vec<(String, Value)>, Result<Done, Failure>) {
    let stub = Stub::in_turn(answers).await;
    let done = desk(&stub).perform(job.for_desk().unwrap()).await;
    (sent(&stub).await, done)
}

pub(super) fn is_opened(done: Result<Done, Failure>) {
    assert_eq!(done.unwrap().reference.as_deref(), Some(CONVERSATION));
}

#[tokio::test]
async fn a_new_user_becomes_a_contact_and_the_handover_a_conversation() {
    let answers = [
        listed(&[]),
        made_contact(),
        listed(&[]),
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&open(), &answers).await;
    is_opened(done);
    let search = format!("GET contacts/search?q={}", id(0xc));
    assert_eq!(
        lines(&calls),
        [
            &search,
            "POST contacts",
            "GET contacts/7/conversations",
            "POST conversations",
            "POST conversations/42/messages",
            "POST conversations/42/custom_attributes",
        ]
    );
    assert_eq!(
        calls[1].1,
        json!({
            "inbox_id": 2,
            "identifier": id(0xc).to_string(),
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "phone_number": "+31201234567",
        })
    );
    assert_eq!(
        calls[3].1,
        json!({
            "source_id": "source",
            "inbox_id": 2,
            "contact_id": 7,
            "status": "open",
            "custom_attributes": {
                "handover_id": id(0xa).to_string(),
                "leg": id(0x1e6).to_string(),
                "bot": "webshop",
                "language": "en",
                "session_id": "s1",
                "transcript": "pending",
            },
        })
    );
}

#[tokio::test]
async fn what_the_last_answer_says_of_the_limit_is_heeded() {
    let until = Some(Duration::from_secs(7));
    for (note, marked, quiet_for) in [(OK, USED_UP, until), (USED_UP, OK, None)] {
        let answers = [
            listed(&[contact()]),
            listed(&[]),
            made_conversation(),
            (note, "{}".to_owned()),
            (marked, "{}".to_owned()),
        ];
        let done = asked(&open(), &answers).await.1.unwrap();
        assert_eq!(done.quiet_for, quiet_for);
    }
    // That nobody may mark it leaves what was said before.
    let answers = [
        listed(&[contact()]),
        listed(&[]),
        made_conversation(),
        (USED_UP, "{}".to_owned()),
        ("500 Internal Server Error", String::new()),
    ];
    let done = asked(&open(), &answers).await.1.unwrap();
    assert_eq!(done.quiet_for, until);
}

#[tokio::test]
async fn a_known_user_keeps_the_contact_and_the_route_says_who_is_asked() {
    let other = json!({"id": 8, "identifier": "other", "contact_inboxes": []});
    let mut job = open();
    let options = json!({"team_id": 3, "assignee_id": 4});
    job.about.handover.options = options.as_object().unwrap().clone();
    let answers = [
        listed(&[other, contact()]),
        listed(&[]),
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&job, &answers).await;
    is_opened(done);
    assert_eq!(calls.len(), 5);
    let asked = &calls[2].1;
    assert_eq!(
        (&asked["contact_id"], &asked["source_id"]),
        (&json!(7), &json!("source"))
    );
    assert_eq!(
        (&asked["team_id"], &asked["assignee_id"]),
        (&json!(3), &json!(4))
    );
}

#[tokio::test]
async fn a_contact_that_the_inbox_does_not_reach_yet_is_reached_by_it() {
    let contact = json!({"id": 7, "identifier": id(0xc).to_string(), "contact_inboxes": null});
    let reached = (
        OK,
        json!({"source_id": "new", "inbox": {"id": 2}}).to_string(),
    );
    let answers = [
        listed(&[contact]),
        listed(&[]),
        reached,
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&open(), &answers).await;
    is_opened(done);
    assert_eq!(calls[2].0, "POST contacts/7/contact_inboxes");
    assert_eq!(calls[2].1, json!({"inbox_id": 2}));
    assert_eq!(calls[3].1["source_id"], "new");
}

#[tokio::test]
async fn an_address_of_another_contact_is_told_as_an_attribute() {
    let answers = [
        listed(&[]),
        taken(),
        listed(&[]),
        made_contact(),
        listed(&[]),
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&open(), &answers).await;
    is_opened(done);
    let second = &calls[3].1;
    assert!(second.get("email").is_none() && second.get("phone_number").is_none());
    assert_eq!(
        second["custom_attributes"],
        json!({"email": "ada@example.com", "phone_number": "+31201234567"})
    );
}

#[tokio::test]
async fn a_contact_that_an_earlier_call_has_made_in_the_meantime_is_taken() {
    let answers = [
        listed(&[]),
        taken(),
        listed(&[contact()]),
        listed(&[]),
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&open(), &answers).await;
    is_opened(done);
    assert_eq!(calls.len(), 7);
}

#[tokio::test]
async fn a_conversation_of_an_earlier_call_is_found_again() {
    let answers = [listed(&[contact()]), listed(&[earlier("open", "told")])];
    let (calls, done) = asked(&with_a_past(), &answers).await;
    is_opened(done);
    assert_eq!(calls.len(), 2);
}

#[tokio::test]
async fn a_resolved_conversation_and_one_of_another_leg_are_left_alone() {
    let mut other = earlier("open", "none");
    other["custom_attributes"]["leg"] = json!(id(1).to_string());
    let past = [earlier("resolved", "none"), other, json!({"id": 1})];
    let answers = [
        listed(&[contact()]),
        listed(&past),
        made_conversation(),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&open(), &answers).await;
    is_opened(done);
    assert_eq!(calls[2].0, "POST conversations");
}

/// Of an opening with one note, which is then marked as told.
fn told_in_a_note() -> [(&'static str, String); 5] {
    [
        listed(&[contact()]),
        listed(&[]),
        made_conversation(),
        nothing(),
        nothing(),
    ]
}

#[tokio::test]
async fn what_was_said_before_is_told_in_notes_and_then_marked_as_told() {
    let (calls, done) = asked(&with_a_past(), &told_in_a_note()).await;
    is_opened(done);
    assert_eq!(calls[2].1["custom_attributes"]["transcript"], "pending");
    assert_eq!(calls[3].0, "POST conversations/42/messages");
    assert_eq!(
        calls[3].1,
        json!({
            "content": format!(
                "bot: webshop\nlanguage: en\nsession_id: s1\nhandover_id: {}\n\
                 e_mail: ada@example.com\nPhone: +31 20 1234567\n\nUser: help",
                id(0xa),
            ),
            "message_type": "outgoing",
            "private": true,
            "content_attributes": {"handover_delivery": format!("{}/0", id(0xd))},
        })
    );
    assert_eq!(calls[4].0, "POST conversations/42/custom_attributes");
    assert_eq!(calls[4].1["custom_attributes"]["transcript"], "told");
    assert_eq!(calls[4].1["custom_attributes"]["bot"], "webshop");
}

/// What the agent is told of this handover, and the attributes of its conversation.
async fn told_of(job: &Job) -> (String, Value) {
    let (calls, done) = asked(job, &told_in_a_note()).await;
    is_opened(done);
    let [_, _, (_, conversation), (_, note), (_, marked)] = &calls[..] else {
        panic!("{:?}", lines(&calls))
    };
    let mut kept = conversation["custom_attributes"].clone();
    kept["transcript"] = json!("told");
    assert_eq!(marked["custom_attributes"], kept, "the mark keeps the rest");
    let note = note["content"].as_str().unwrap().to_owned();
    (note, conversation["custom_attributes"].clone())
}

#[tokio::test]
async fn the_agent_sees_who_asks_and_what_the_bot_has_told() {
    let mut job = open();
    let profile = Profile {
        channel: Some("web".into()),
        version: Some("LIVE".into()),
        user: UserProfile {
            id: Some("u1".into()),
            ..UserProfile::default()
        },
        ..Profile::default()
    };
    job.about.profile = profile.into();
    let payload = json!({"department": "sales", "order": {"id": 7}, "vip": true, "none": null});
    job.about.handover.payload = Some(payload);
    let (note, attributes) = told_of(&job).await;
    let handover = id(0xa);
    assert_eq!(
        note,
        format!(
            "bot: webshop\nchannel: web\nversion: LIVE\nlanguage: en\nsession_id: s1\nuser_id: u1\n\
             handover_id: {handover}\ndepartment: sales\norder: {{\"id\":7}}\nvip: true"
        )
    );
    assert_eq!(
        attributes,
        json!({
            "handover_id": handover.to_string(),
            "leg": id(0x1e6).to_string(),
            "bot": "webshop",
            "language": "en",
            "session_id": "s1",
            "user_id": "u1",
            "channel": "web",
            "version": "LIVE",
            "transcript": "pending",
        })
    );
    job.about.handover.payload = Some(json!("sales"));
    assert!(told_of(&job).await.0.ends_with("\npayload: sales"));
}

#[tokio::test]
async fn what_is_told_of_a_handover_is_no_longer_than_chatwoot_and_an_agent_take_it() {
    let long = "\u{1f600}".repeat(5000);
    let mut job = open();
    let profile = Profile {
        channel: Some(long.clone()),
        ..Profile::default()
    };
    job.about.profile = profile.into();
    job.about.handover.language = long.clone();
    let values = (0..60).map(|number| (format!("value {number}"), json!(long)));
    job.about.handover.payload = Some(values.collect());
    let (note, attributes) = told_of(&job).await;
    for value in attributes.as_object().unwrap().values() {
        assert!(value.as_str().unwrap().chars().count() <= 1500);
    }
    assert!(note.chars().count() <= NOTE_LIMIT / 2 + 100);
    assert!(note.lines().all(|line| line.chars().count() <= 1100));
    assert!(note.ends_with(" more are left out)"), "{note}");
}

#[tokio::test]
async fn of_the_notes_only_those_are_written_that_an_earlier_call_has_not_written() {
    let mut job = with_a_past();
    job.past.messages[0].content = Content::text("x\n".repeat(NOTE_LIMIT * 3 / 4));
    let first =
        json!({"id": 500, "content_attributes": {"handover_delivery": format!("{}/0", id(0xd))}});
    let answers = [
        listed(&[contact()]),
        listed(&[earlier("open", "pending")]),
        listed(&[first]),
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&job, &answers).await;
    is_opened(done);
    assert_eq!(
        lines(&calls)[2..],
        [
            "GET conversations/42/messages",
            "POST conversations/42/messages",
            "POST conversations/42/custom_attributes"
        ]
    );
    let key = &calls[3].1["content_attributes"]["handover_delivery"];
    assert_eq!(key, &format!("{}/1", id(0xd)));
}

#[tokio::test]
async fn no_note_is_written_again_while_it_is_not_known_which_stand_there() {
    for unread in [(OK, "<html>".to_owned()), (OK, String::new())] {
        let answers = [
            listed(&[contact()]),
            listed(&[earlier("open", "pending")]),
            unread,
        ];
        let (calls, done) = asked(&with_a_past(), &answers).await;
        assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous);
        assert_eq!(calls.len(), 3);
    }
}

#[tokio::test]
async fn a_note_that_is_not_wanted_and_a_mark_that_fails_keep_nobody_waiting() {
    let refused = ("422 Unprocessable Entity", "{}".to_owned());
    let failed = ("500 Internal Server Error", "{}".to_owned());
    let answers = [
        listed(&[contact()]),
        listed(&[]),
        made_conversation(),
        refused,
        failed,
    ];
    let (_, done) = asked(&with_a_past(), &answers).await;
    is_opened(done);
}

#[tokio::test]
async fn an_answer_without_a_number_is_asked_for_again_and_not_taken_for_an_opening() {
    let page = (OK, "<html>".to_owned());
    for answers in [
        vec![page.clone()],
        vec![listed(&[contact()]), page.clone()],
        vec![listed(&[contact()]), listed(&[]), page],
    ] {
        let (_, done) = asked(&open(), &answers).await;
        assert_eq!(done.unwrap_err().class, ErrorClass::Ambiguous);
    }
}

#[tokio::test]
async fn a_conversation_that_begins_with_a_bot_of_chatwoots_is_opened_for_agents() {
    let begun = (OK, json!({"id": 42, "status": "pending"}).to_string());
    let told = [nothing(), nothing(), nothing()];
    let anew = [vec![listed(&[contact()]), listed(&[]), begun], told.into()].concat();
    let earlier = listed(&[earlier("pending", "told")]);
    let found = vec![listed(&[contact()]), earlier, nothing()];
    for (answers, at) in [(anew, 3), (found, 2)] {
        let (calls, done) = asked(&open(), &answers).await;
        is_opened(done);
        let (line, body) = &calls[at];
        assert_eq!(line, "POST conversations/42/toggle_status");
        assert_eq!(body, &json!({"status": "open"}));
    }
}

#[tokio::test]
async fn a_handover_that_agents_cannot_be_shown_is_not_taken() {
    let begun = (OK, json!({"id": 42, "status": "pending"}).to_string());
    let refused = ("422 Unprocessable Entity", "{}".to_owned());
    let answers = [listed(&[contact()]), listed(&[]), begun, refused, nothing()];
    let (calls, done) = asked(&open(), &answers).await;
    assert_eq!(done.unwrap_err().class, ErrorClass::Rejected);
    let (line, body) = calls.last().unwrap();
    assert_eq!(line, "POST conversations/42/toggle_status");
    assert_eq!(body, &json!({"status": "resolved"}), "taken back");
}

#[tokio::test]
async fn a_contact_whom_agents_have_blocked_is_refused_and_nothing_is_written() {
    let mut blocked = contact();
    blocked["blocked"] = json!(true);
    let told = vec![listed(&[blocked])];
    // Where the contact does not say so, its conversation begins resolved.
    let resolved = (OK, json!({"id": 42, "status": "resolved"}).to_string());
    let seen = vec![listed(&[contact()]), listed(&[]), resolved];
    for answers in [told, seen] {
        let (calls, done) = asked(&with_a_past(), &answers).await;
        assert_eq!(done.unwrap().refused.as_deref(), Some("blocked"));
        assert_eq!(calls.len(), answers.len());
    }
}
