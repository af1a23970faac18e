//! A user with the bot, over to an agent, and back.

use handover_bridge::emulator::{BotState, ChatUser, Line, Said, Speaker};
use serde_json::{Value, json};

use crate::stub::{VERIFY_TOKEN, World, say};

#[tokio::test]
async fn everything_said_is_reported_in_order_and_with_the_verify_token() {
    let world = World::new().await;
    let session = world.talk().await;
    for word in ["buttons", "carousel", "list", "image", "what?"] {
        world.user.write(&session, word).unwrap();
    }
    let heard = world.bridge.until(|heard| heard.len() == 12).await;
    let actors: Vec<_> = heard
        .iter()
        .map(|call| call.body["messages"][0]["actor"].clone())
        .collect();
    assert_eq!(actors, ["user", "bot"].repeat(6));
    assert_eq!(
        heard[0].body["messages"][0]["message"]["messageType"],
        "intro"
    );
    for call in &heard {
        assert_eq!(call.verify_token.as_deref(), Some(VERIFY_TOKEN));
        assert_eq!(call.body["botId"], "b1");
        assert_eq!(call.body["version"], "DRAFT");
        assert_eq!(call.body["sessionId"], json!(session));
    }
    let stamps: Vec<String> = heard
        .iter()
        .flat_map(|call| call.body["messages"].as_array().cloned().unwrap())
        .map(|item| item["timestamp"].as_str().unwrap().to_owned())
        .collect();
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    let kinds: Vec<&str> = heard
        .iter()
        .filter_map(|call| {
            call.body["messages"][0]["message"]["attachment"]["payload"]["template_type"].as_str()
        })
        .collect();
    assert_eq!(kinds, ["button", "generic", "list"]);
}

#[tokio::test]
async fn every_type_of_user_message_can_be_sent() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.write(&session, "upload").unwrap();
    world.user.write(&session, "location").unwrap();
    let tap = Said::Postback {
        title: "Show buttons".to_owned(),
        payload: r#"{"nextDialogstateId":"buttons","parameters":[{"key":"liked","value":"yes"}]}"#
            .to_owned(),
    };
    world.user.say(&session, &tap).unwrap();
    let types = |heard: &[crate::stub::Heard]| -> Vec<String> {
        let items = heard.iter().map(|call| &call.body["messages"][0]);
        let users = items.filter(|item| item["actor"] == "user");
        users
            .map(|item| item["message"]["messageType"].as_str().unwrap().to_owned())
            .collect()
    };
    let heard = world
        .bridge
        .until(|heard| types(heard).len() == 6 && heard.len() == 12)
        .await;
    assert_eq!(
        types(&heard),
        [
            "intro",
            "text",
            "fileUploadInputResult",
            "text",
            "location",
            "postback"
        ]
    );
    assert_eq!(world.user.session_data(&session)["liked"], "yes");
}

#[tokio::test]
async fn asking_for_an_agent_offloads_with_the_transcript_and_without_a_token() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.write(&session, "agent sales").unwrap();
    let heard = world
        .bridge
        .until(|heard| heard.iter().any(|call| call.event() == "offload"))
        .await;
    let offload = heard.last().unwrap();
    assert_eq!(offload.verify_token, None);
    assert_eq!(
        offload.body["payload"],
        json!({"department": "sales", "language": "en"})
    );
    let transcript = offload.body["transcript"].as_array().unwrap();
    let actors: Vec<_> = transcript
        .iter()
        .map(|item| item["actor"].as_str().unwrap())
        .collect();
    assert_eq!(actors, ["bot", "bot", "user", "bot"]);
    assert_eq!(transcript[2]["message"]["text"], "agent sales");
    assert_eq!(transcript[2]["message"].get("id"), None);
    let told: Vec<Value> = heard
        .iter()
        .flat_map(|call| {
            call.body["messages"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(
        told.last(),
        transcript.last(),
        "bot items stand in both with the same words and time"
    );
}

#[tokio::test]
async fn a_paused_bot_is_silent_until_it_is_resumed_and_then_tells_why() {
    let world = World::new().await;
    let session = world.handed_over().await;
    assert_eq!(world.user.bot(&session), Some(BotState::Paused));
    let before = world.user.texts_by(&session, Speaker::Bot).len();
    world.user.write(&session, "buttons").unwrap();
    assert_eq!(
        world
            .act(&session, &say("I am Ann"))
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(world.user.texts_by(&session, Speaker::Bot).len(), before);
    assert_eq!(world.user.texts_by(&session, Speaker::Agent), ["I am Ann"]);
    world
        .bridge
        .until(|heard| heard.last().is_some_and(|call| call.texts() == ["buttons"]))
        .await;

    let resume = json!({"unpauseBot": true, "sessionData": {"end_reason": "solved"}});
    for _ in 0..2 {
        assert_eq!(world.act(&session, &resume).await.unwrap().status(), 200);
    }
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
    assert_eq!(world.user.session_data(&session)["end_reason"], "solved");
    let texts = world.user.texts_by(&session, Speaker::Bot);
    let greetings = texts
        .iter()
        .filter(|text| text.contains("(solved)"))
        .count();
    assert_eq!(greetings, 1, "told twice, greeted once: {texts:?}");
    world.user.write(&session, "carousel").unwrap();
    assert!(matches!(
        world.user.lines(&session).last(),
        Some(
            Line::Said {
                by: Speaker::Bot,
                ..
            } | Line::Wire(_)
        )
    ));
}

#[tokio::test]
async fn a_declined_offload_leaves_the_bot_speaking_with_its_closed_dialog() {
    let world = World::new().await;
    world
        .bridge
        .answer_offloads(json!({"offloadSuccess": false, "pauseBot": false}));
    let session = world.talk().await;
    world.user.write(&session, "agent").unwrap();
    let sorry = |line: &Line| matches!(line, Line::Said { message, .. } if message["text"].as_str().is_some_and(|text| text.contains("nobody can take over")));
    world.shows(&session, sorry).await;
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
}

#[tokio::test]
async fn an_unreadable_answer_to_an_offload_counts_as_none() {
    let world = World::new().await;
    world.bridge.answer_offloads(json!({"accepted": true}));
    let session = world.talk().await;
    world.user.write(&session, "agent").unwrap();
    world
        .shows_bot_note(&session, "The bridge gave no answer")
        .await;
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
}

#[tokio::test]
async fn taken_without_a_pause_the_bot_speaks_on() {
    let world = World::new().await;
    world
        .bridge
        .answer_offloads(json!({"offloadSuccess": true, "pauseBot": false}));
    let session = world.talk().await;
    world.user.write(&session, "agent").unwrap();
    world
        .shows(&session, |line| {
            matches!(
                line,
                Line::Bot {
                    state: BotState::Speaking,
                    ..
                }
            )
        })
        .await;
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
}

#[tokio::test]
async fn the_health_check_presents_the_token() {
    let world = World::new().await;
    assert!(world.user.health_check().await);
    let heard = world.bridge.heard();
    assert_eq!(heard[0].method, "GET");
    assert_eq!(heard[0].verify_token.as_deref(), Some(VERIFY_TOKEN));
}

#[tokio::test]
async fn the_page_is_guarded_and_its_stream_goes_on_where_it_was_cut() {
    let world = World::new().await;
    let page = world.http.get(&world.root).send().await.unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );

    let session = world.user.open(ChatUser::default()).unwrap();
    let url = format!("{}/emulator/sessions/{session}/events", world.root);
    let mut stream = world
        .http
        .get(&url)
        .header("last-event-id", "1")
        .send()
        .await
        .unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(
        text.contains("id: 2\n") && !text.contains("id: 1\n"),
        "{text}"
    );
    let unknown = format!("{}/emulator/sessions/emulator-0/events", world.root);
    assert_eq!(world.http.get(unknown).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_file_is_kept_and_reported_and_only_pictures_are_shown_in_place() {
    let world = World::new().await;
    let session = world.user.open(ChatUser::default()).unwrap();
    for (content_type, place) in [("image/png", "inline"), ("text/html", "attachment")] {
        let url = format!("{}/emulator/sessions/{session}/files", world.root);
        let sent = world
            .http
            .post(url)
            .header("content-type", content_type)
            .body("bytes")
            .send()
            .await;
        assert_eq!(sent.unwrap().status(), 202);
        let upload = |line: &Line| match line {
            Line::Said { message, .. } => message["urls"][0].as_str().map(str::to_owned),
            _ => None,
        };
        let url = world
            .user
            .lines(&session)
            .iter()
            .rev()
            .find_map(upload)
            .unwrap();
        let file = world.http.get(url).send().await.unwrap();
        assert_eq!(file.headers()["content-disposition"], place);
        assert_eq!(file.headers()["x-content-type-options"], "nosniff");
        assert_eq!(file.text().await.unwrap(), "bytes");
    }
}

#[tokio::test]
async fn the_page_cannot_be_driven_by_a_plain_form_of_another_site() {
    let world = World::new().await;
    let form = [("content-type", "text/plain")];
    for path in ["/emulator/sessions", "/emulator/health-check"] {
        let call = world
            .http
            .post(format!("{}{path}", world.root))
            .header(form[0].0, form[0].1)
            .body("{}");
        assert_eq!(call.send().await.unwrap().status(), 415, "{path}");
    }
}
