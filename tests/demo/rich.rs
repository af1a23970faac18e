//! Everything that an agent can say, through the real bridge to the emulator, which refuses what Chatlayer does not know.

use serde_json::{Value, json};

use crate::{
    demo::Folder,
    talk::{By, Talk, set_faults, texts, texts_at_desk},
};

#[tokio::test]
async fn all_that_an_agent_can_say_reaches_the_user_or_comes_back_as_failed() {
    let folder = Folder::new();
    let demo = folder.start();
    set_faults(&demo, json!({"echo": true})).await;
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    for content in said() {
        talk.act(&handover, json!({"type": "message", "content": content}))
            .await;
    }
    talk.answer(&handover, "that was all").await;
    let lines = talk
        .chat_until(|lines| texts(lines, By::Agent).contains(&"that was all"))
        .await;
    let shown: Vec<_> = lines
        .iter()
        .filter(|line| line["by"] == "agent")
        .map(|line| form(&line["message"]))
        .collect();
    let forms = [
        "quick_replies",
        "button",
        "generic",
        "list",
        "image",
        "text",
        "text",
        "text",
        "text",
        "text",
        "text",
    ];
    let first = shown.iter().position(|form| form == "quick_replies");
    assert_eq!(shown[first.unwrap()..], forms, "{lines:#?}");
    let asked = lines
        .iter()
        .find(|line| line["by"] == "agent" && line["message"]["quick_replies"].is_array());
    let reply = &asked.unwrap()["message"]["quick_replies"][1];
    assert_eq!(reply["payload"], "opaque-7f");
    talk.say(json!({"type": "postback", "title": reply["title"], "payload": reply["payload"]}))
        .await;
    let desk = talk
        .desk_until(|handover| {
            let pressed = in_messages(handover, |message| message["content"]["type"] == "postback");
            pressed && in_messages(handover, |message| message["failed"].is_string())
        })
        .await;
    let messages = desk["messages"].as_array().unwrap();
    let failed: Vec<_> = messages
        .iter()
        .filter(|message| message["failed"].is_string())
        .map(|message| (&message["content"]["type"], &message["failed"]))
        .collect();
    assert_eq!(failed, [(&json!("intro"), &json!("kind_not_shown"))]);
    let bot = texts_at_desk(&desk, By::Bot);
    assert!(!bot.contains(&"that was all"), "an echo: {bot:?}");
    assert_eq!(
        messages
            .iter()
            .filter(|said| said["actor"] == "agent")
            .count(),
        said().len() + 1,
        "no echo of another form stands there either"
    );
    let spoke: Vec<_> = messages
        .iter()
        .filter(|said| said["actor"] == "bot" && said["content"]["type"] != "text")
        .collect();
    assert_eq!(spoke, Vec::<&Value>::new());
}

fn said() -> Vec<Value> {
    let press =
        json!({"type": "postback", "title": "Go on", "payload": {"nextDialogstateId": "d1"}});
    let link = json!({"type": "url", "title": "Docs", "url": "https://docs.example"});
    let call = json!({"type": "phone", "title": "Call", "phone_number": "+3120"});
    let card = json!({"title": "One", "subtitle": "first", "image_url": "https://i.example/1.png", "url": "https://one.example"});
    vec![
        json!({"type": "text", "text": "Sure?", "quick_replies": [{"title": "Yes"}, {"title": "No", "payload": "opaque-7f"}]}),
        json!({"type": "buttons", "text": "What next?", "buttons": [press, link, call]}),
        json!({"type": "cards", "cards": [card, card]}),
        json!({"type": "list", "items": [card, card], "button": press}),
        json!({"type": "intro"}),
        json!({"type": "media", "kind": "image", "url": "https://i.example/1.png", "caption": "The door"}),
        json!({"type": "media", "kind": "file", "url": "https://f.example/a.pdf", "name": "a.pdf"}),
        json!({"type": "location", "latitude": 52.37, "longitude": 4.9}),
        json!({"type": "text", "text": format!("{}\n\n{}", "a".repeat(1500), "b".repeat(1500))}),
    ]
}

fn form(message: &Value) -> String {
    let attachment = &message["attachment"];
    let form = attachment["payload"]["template_type"]
        .as_str()
        .or_else(|| attachment["type"].as_str());
    match form {
        Some(form) => form.to_owned(),
        None if message["quick_replies"].is_array() => "quick_replies".to_owned(),
        None => "text".to_owned(),
    }
}

fn in_messages(handover: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    handover["messages"].as_array().unwrap().iter().any(wanted)
}
