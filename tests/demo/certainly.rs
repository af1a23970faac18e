//! The demo with an emulated Certainly: the claim, listening, both ways, the takeover, and the faults of the panel.

use serde_json::{Value, json};

use crate::{
    demo::{Demo, Folder},
    faults::{ADA, Played, ask, to_the_end, told, written},
    talk::{By, Talk, id, set_faults, texts, texts_at_desk},
};

fn start(folder: &Folder) -> Demo {
    folder.start_as(&["demo", "--bot", "certainly", "--desk", "webhook"])
}

async fn play_with(faults: Value) -> Played {
    let folder = Folder::new();
    let demo = start(&folder);
    set_faults(&demo, faults).await;
    play(&demo, 1).await
}

/// The same conversation as on the other platform, in which all comes so often. It goes on when the bot listens: a close
/// before that would spare it.
async fn play(demo: &Demo, often: usize) -> Played {
    let (talk, handover) = ask(demo).await;
    talk.chat_until(|lines| lines.iter().any(|line| line["state"] == "paused"))
        .await;
    to_the_end((&talk, &handover), often).await
}

/// What the platform was told, in order, one word for each call that had an effect.
fn calls(lines: &[Value]) -> Vec<&str> {
    let from_bridge = lines.iter().filter(|line| line["way"] == "from_bridge");
    let taken = from_bridge.filter(|line| line["status"] == 200);
    taken.filter_map(|line| line["what"].as_str()).collect()
}

#[tokio::test]
async fn a_claim_is_taken_the_bot_listens_both_speak_and_the_bot_takes_over() {
    let folder = Folder::new();
    let demo = start(&folder);
    let played = play(&demo, 1).await;
    played.is_whole();
    let calls = calls(&played.chat);
    assert_eq!(calls.first(), Some(&"handover: listen"), "before any word");
    assert_eq!(calls.last(), Some(&"takeover"));
    assert_eq!(calls.len(), told().len() + 2, "{calls:?}");
    let states: Vec<_> = played
        .chat
        .iter()
        .filter_map(|line| line["state"].as_str())
        .collect();
    // The call to listen may come before the bot has heard the answer to its claim.
    let states: Vec<_> = states
        .iter()
        .filter(|state| **state != "speaking")
        .collect();
    assert_eq!(states, [&"asking", &"paused"]);
    let about = &played.desk["about"];
    assert_eq!(
        about["payload"],
        json!({"department": "demo", "language": "en"})
    );
    assert_eq!(about["user"]["first_name"], "Ada");
    assert_eq!(about["language"], "en");
    assert_eq!(folder.complaints(), "");
}

#[tokio::test]
async fn an_agents_offer_becomes_words_and_the_number_that_is_typed_goes_as_the_choice() {
    let folder = Folder::new();
    let demo = start(&folder);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    let offer = json!({
        "type": "text", "text": "Which one?",
        "quick_replies": [{"title": "Chain", "payload": "c"}, {"title": "Spoke", "payload": "s"}],
    });
    talk.act(&handover, json!({"type": "message", "content": offer}))
        .await;
    let seen = talk
        .chat_until(|lines| {
            texts(lines, By::Agent)
                .iter()
                .any(|text| text.contains("2. Spoke"))
        })
        .await;
    assert!(
        texts(&seen, By::Agent)
            .iter()
            .any(|text| text.starts_with("Which one?"))
    );
    talk.write("2").await;
    let chosen = |message: &Value| {
        message["content"] == json!({"type": "postback", "title": "Spoke", "payload": "s"})
    };
    talk.desk_until(|handover| handover["messages"].as_array().unwrap().iter().any(chosen))
        .await;
}

#[tokio::test]
async fn a_file_reaches_the_agent_and_the_bots_own_words_are_nobodys() {
    let folder = Folder::new();
    let demo = start(&folder);
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    talk.at_the_desk().await;
    talk.say(json!({"type": "upload", "url": "https://files.example/broken.png"}))
        .await;
    let is_file = |message: &Value| {
        message["content"]["kind"] == "image"
            && message["content"]["url"] == "https://files.example/broken.png"
    };
    let handover = talk
        .desk_until(|handover| handover["messages"].as_array().unwrap().iter().any(is_file))
        .await;
    assert_eq!(
        texts_at_desk(&handover, By::Bot),
        Vec::<&str>::new(),
        "Certainly does not say to whom the bot speaks"
    );
}

#[tokio::test]
async fn refusals_cuts_and_delays_keep_the_agents_words_in_order() {
    for faults in [
        json!({"webhook_delay_ms": 300, "api_delay_ms": 300}),
        json!({"api_5xx": {"next": 3}}),
        json!({"api_429": {"next": 1}}),
        json!({"api_cut_before": {"next": 2}}),
        json!({"unknown_fields": true, "echo": true}),
    ] {
        let shown = faults.to_string();
        let played = play_with(faults).await;
        played.is_whole();
        assert_eq!(
            calls(&played.chat).first(),
            Some(&"handover: listen"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_line_that_is_cut_after_the_call_may_say_things_twice_but_in_order() {
    let played = play_with(json!({"api_cut_after": {"next": 3}})).await;
    played.agent_saw_all();
    let mut seen = texts(&played.chat, By::Agent);
    seen.dedup();
    assert_eq!(seen, told());
}

#[tokio::test]
async fn webhooks_that_come_twice_open_one_handover_and_are_told_twice() {
    let folder = Folder::new();
    let demo = start(&folder);
    set_faults(&demo, json!({"repeats": 2})).await;
    // The second copy of her last words would else be what she says when Ann has closed.
    let played = play(&demo, 2).await;
    played.user_saw_all();
    let mut seen = texts_at_desk(&played.desk, By::User);
    assert!(
        seen.len() > written().len(),
        "nothing tells a repeat from a second word: {seen:?}"
    );
    seen.dedup();
    assert_eq!(seen, written());
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_taken_all_the_same_and_the_bot_is_told_to_listen() {
    let folder = Folder::new();
    let demo = start(&folder);
    let talk = Talk::open(&demo).await;
    set_faults(&demo, json!({"offload_answer_lost": {"next": 1}})).await;
    talk.write("agent").await;
    let first = talk.at_the_desk().await;
    talk.chat_until(|lines| lines.iter().any(|line| line["state"] == "paused"))
        .await;
    talk.write(ADA[0]).await;
    let handover = talk
        .desk_until(|handover| texts_at_desk(handover, By::User).contains(&ADA[0]))
        .await;
    assert_eq!(id(&handover), first);
}

#[tokio::test]
async fn the_configuration_that_it_leaves_serves_the_other_commands() {
    let folder = Folder::new();
    let demo = start(&folder);
    let printed = |arguments: &[&str]| {
        let output = folder.beside(arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let probed = printed(&["check", "--probe"]);
    assert!(
        probed.contains("bot demo: whether access_token is good has to be tried with a handover"),
        "{probed}"
    );
    assert!(printed(&["urls"]).contains(&format!("POST {}/hooks/certainly/demo/", demo.bridge)));
    let told = printed(&["simulate", "--offload", "--say", "hi"]);
    assert!(
        told.contains("accepted: the bot is told to listen"),
        "{told}"
    );
    assert!(told.ends_with("> hi\n  kept\n"), "{told}");
}
