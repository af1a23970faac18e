//! What goes into a conversation that is queued, and its end, by the templates that are the default.

use super::*;

#[tokio::test]
async fn a_text_goes_out_as_the_default_template_says() {
    let (head, body) = made(&in_room(told(None)), "").await;
    assert!(
        head.starts_with("post /api/v1/live-handler/message/external http/1.1"),
        "{head}"
    );
    assert!(head.contains("\r\nx-token: canary-header"), "{head}");
    let hash = format!("{HASH}_{TOKEN}");
    let expected = json!({"botId": 1000, "conversationId": ROOM, "hash": hash, "customToken": "canary-custom",
        "action": "text", "value": "hello"});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_conversation_that_is_known_by_its_events_alone_has_no_token() {
    let mut job = in_room(told(None));
    job.leg.as_mut().unwrap().taken = Taken::default();
    let (_, body) = made(&job, "").await;
    assert_eq!(
        (&body["conversationId"], &body["customToken"]),
        (&json!(ROOM), &Value::Null)
    );
}

#[tokio::test]
async fn what_was_opened_at_another_desk_of_this_name_is_gone() {
    let about = MessageId::from_uuid(id(2));
    for task in [told(None), Task::Placeholder { message: about }] {
        let stub = Stub::answering("200 OK", "", "").await;
        let failed = desk(&stub, "")
            .perform(job(task).for_desk().unwrap())
            .await
            .unwrap_err();
        assert_eq!(failed.class, ErrorClass::Gone);
        assert!(stub.requests().await.is_empty());
    }
}

#[tokio::test]
async fn what_aivo_took_without_naming_it_is_known_by_its_hash() {
    let mut job = job(told(None));
    job.leg.as_mut().unwrap().standing = Standing::TakenUnread;
    let (_, body) = made(&job, "").await;
    let hash = format!("{HASH}_{TOKEN}");
    assert_eq!(
        (&body["conversationId"], &body["hash"]),
        (&Value::Null, &json!(hash))
    );
}

#[tokio::test]
async fn each_of_two_conversations_keeps_its_own_token() {
    let mut job = in_room(told(None));
    let leg = job.leg.as_mut().unwrap();
    let second = Taken::from_iter([(kept_as("r2"), json!({"customToken": "second"}))]);
    leg.taken = leg.taken.clone().with(&second).unwrap();
    let (_, body) = made(&job, "").await;
    assert_eq!(body["customToken"], "canary-custom");
    job.leg.as_mut().unwrap().standing = Standing::Named("r2".to_owned());
    let (_, body) = made(&job, "").await;
    assert_eq!(body["customToken"], "second");
}

#[tokio::test]
async fn what_is_not_the_users_says_whose_it_is() {
    let mut job = in_room(told(None));
    job.message = Some(message(2, Actor::Bot, Content::text("Welcome")));
    assert_eq!(made(&job, "").await.1["value"], "Bot: Welcome");
    let lines = [
        (
            Task::Placeholder {
                message: MessageId::from_uuid(id(2)),
            },
            "[One message could not be shown here, reference 00000000-0000-0000-0000-000000000002]",
        ),
        (
            Task::Failed {
                message: MessageId::from_uuid(id(2)),
                reason: "link_not_allowed".into(),
            },
            "[A message of yours did not reach the user: link_not_allowed]",
        ),
    ];
    for (task, text) in lines {
        assert_eq!(made(&in_room(task), "").await.1["value"], text);
    }
}

#[tokio::test]
async fn a_file_is_a_link_unless_the_template_knows_files() {
    let file = Content::Media {
        kind: MediaKind::Audio,
        url: "https://files.example/a.mp3".to_owned(),
        name: None,
        caption: None,
    };
    let mut job = in_room(told(None));
    job.message = Some(message(2, Actor::User, file));
    let (_, body) = made(&job, "").await;
    assert_eq!(body["action"], "text");
    assert!(
        body["value"]
            .as_str()
            .unwrap()
            .contains("https://files.example/a.mp3"),
        "{body}"
    );
    let (_, body) = made(&job, "files = \"native\"").await;
    assert_eq!(
        (&body["action"], &body["value"]),
        (&json!("file"), &json!("https://files.example/a.mp3"))
    );
}

#[tokio::test]
async fn a_part_of_a_long_text_is_one_call() {
    let mut job = in_room(told(Some(Part {
        index: 1,
        text_limit: 100,
    })));
    let text = format!("{} {}", "a".repeat(90), "b".repeat(90));
    job.message = Some(message(2, Actor::User, Content::text(text)));
    assert_eq!(
        made(&job, "text_limit = 100").await.1["value"],
        "b".repeat(90)
    );
}

#[tokio::test]
async fn the_default_close_names_the_conversation_and_the_reason() {
    let (head, body) = made(
        &in_room(Task::Close {
            reason: "idle".into(),
        }),
        "",
    )
    .await;
    assert!(
        head.starts_with("post /api/v1/live-handler/close/external http/1.1"),
        "{head}"
    );
    assert_eq!(
        (&body["conversationId"], &body["reason"]),
        (&json!(ROOM), &json!("idle"))
    );
}
