//! `handover demo --desk chatwoot`: the newcomer's path with an emulated Chatwoot in the place of the desk.

use serde_json::{Value, json};

use crate::{
    demo::{Demo, Folder},
    talk::{By, Talk, client, texts, texts_at_desk},
};

/// At the emulated Chatwoot.
async fn set_faults(demo: &Demo, faults: &Value) {
    let url = format!("{}/emulator/faults", demo.desk);
    let set = client().put(url).json(faults).send().await.unwrap();
    assert_eq!(set.status(), 200);
}

#[tokio::test]
async fn a_conversation_goes_to_chatwoot_and_back_whatever_goes_wrong_there() {
    let folder = Folder::new();
    let demo = folder.start_as(&["demo", "--desk", "chatwoot"]);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let conversation = talk.at_the_desk().await;
    let mut faults = json!({"seed": 7, "repeats": 2, "unknown_fields": true});
    set_faults(&demo, &faults).await;
    let joins = json!({"type": "attended", "agent": {"name": "Ann"}});
    talk.act(&conversation, joins).await;
    talk.answer(&conversation, "Hello, I am Ann").await;
    talk.chat_until(|lines| texts(lines, By::Agent).contains(&"Hello, I am Ann"))
        .await;
    // The next call is the one that tells what the user writes.
    faults["api_cut_after"] = json!({"next": 1});
    set_faults(&demo, &faults).await;
    talk.write("the chain").await;
    talk.desk_until(|seen| texts_at_desk(seen, By::User) == ["the chain"])
        .await;
    let closes = json!({"type": "closed", "reason": "resolved"});
    talk.act(&conversation, closes).await;
    let chat = talk.welcomed_back().await;
    let told = texts(&chat, By::Agent);
    assert_eq!(told.first(), Some(&"You are now talking with Ann."));
    assert!(told.contains(&"Hello, I am Ann"), "{told:?}");
    folder.until_no_handover_is_open().await;

    let urls = folder.beside(&["urls"]);
    let urls = String::from_utf8(urls.stdout).unwrap();
    assert!(urls.contains("/hooks/chatwoot/team"), "{urls}");
    let check = folder.beside(&["check", "--probe"]);
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(check.contains("desk team: http://127.0.0.1"), "{check}");
    assert!(!check.contains("inbox"), "nothing to remark: {check}");
}
