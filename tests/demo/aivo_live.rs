//! `handover demo --desk aivo-live`: the newcomer's path with an emulated Aivo Live in the place of the desk.

use serde_json::json;

use crate::{
    demo::Folder,
    talk::{By, Talk, client, texts, texts_at_desk},
};

#[tokio::test]
async fn a_conversation_goes_to_aivo_live_and_back_whatever_goes_wrong_there() {
    let folder = Folder::new();
    let demo = folder.start_as(&["demo", "--desk", "aivo-live"]);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let room = talk.at_the_desk().await;
    let faults = json!({"seed": 7, "repeats": 2, "unknown_fields": true, "api_5xx": {"next": 1}, "api_cut_before": {"next": 1}});
    let url = format!("{}/emulator/faults", demo.desk);
    let set = client().put(url).json(&faults).send().await.unwrap();
    assert_eq!(set.status(), 200);
    talk.act(&room, json!({"type": "attended", "agent": {"name": "Ann"}}))
        .await;
    talk.answer(&room, "Hello, I am Ann").await;
    talk.write("the chain").await;
    talk.desk_until(|seen| texts_at_desk(seen, By::User) == ["the chain"])
        .await;
    talk.act(&room, json!({"type": "idle"})).await;
    let file = json!({"type": "media", "kind": "image", "url": "/workshop.png"});
    talk.act(&room, json!({"type": "message", "content": file}))
        .await;
    talk.act(&room, json!({"type": "closed", "reason": "agent"}))
        .await;
    let chat = talk.welcomed_back().await;
    let told = texts(&chat, By::Agent);
    assert_eq!(told.first(), Some(&"You are now talking with Ann."));
    assert!(
        told.contains(&"Hello, I am Ann") && told.contains(&"Are you still there?"),
        "{told:?}"
    );
    let shown = format!("{chat:?}");
    assert!(
        shown.contains("/assets/workshop.png"),
        "a file without a host is found"
    );
    assert!(
        texts(&chat, By::Bot)
            .iter()
            .any(|text| text.contains("(solved)"))
    );
    folder.until_no_handover_is_open().await;

    let urls = folder.beside(&["urls"]);
    let urls = String::from_utf8(urls.stdout).unwrap();
    assert!(urls.contains("/hooks/aivo-live/team/"), "{urls}");
    let mut probe = folder.handover(&["--config", "data/demo.toml", "check", "--probe"]);
    let check = probe
        .env("HANDOVER__DESKS__TEAM__GROUPS", "2179,7")
        .output();
    let check = String::from_utf8(check.unwrap().stdout).unwrap();
    assert!(
        check.contains("requests.message and requests.close are not documented"),
        "{check}"
    );
    assert!(check.contains("desk team: http://127.0.0.1"), "{check}");
    assert!(
        check.contains("desk team: group 7 is configured") && !check.contains("group 2179"),
        "{check}"
    );
    let secret = std::fs::read_to_string(folder.file("data/demo.toml")).unwrap();
    let secret = secret
        .lines()
        .find_map(|line| line.strip_prefix("bot_token = "))
        .unwrap()
        .trim_matches('"')
        .to_owned();
    assert!(
        !folder.complaints().contains(&secret),
        "no token in the log"
    );
}

#[tokio::test]
async fn a_bot_on_certainly_and_agents_on_aivo_live_meet() {
    let folder = Folder::new();
    let demo = folder.start_as(&["demo", "--bot", "certainly", "--desk", "aivo-live"]);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let room = talk.at_the_desk().await;
    talk.chat_until(|lines| lines.iter().any(|line| line["state"] == "paused"))
        .await;
    talk.act(&room, json!({"type": "attended", "agent": {"name": "Ann"}}))
        .await;
    talk.answer(&room, "Hello, I am Ann").await;
    talk.write("the chain").await;
    talk.desk_until(|seen| texts_at_desk(seen, By::User) == ["the chain"])
        .await;
    talk.act(&room, json!({"type": "closed", "reason": "agent"}))
        .await;
    let chat = talk.welcomed_back().await;
    assert!(texts(&chat, By::Agent).contains(&"Hello, I am Ann"));
    assert_eq!(folder.complaints(), "");
}
