//! With each fault of the emulator's panel on, the conversation comes through all the same.

use serde_json::{Value, json};

use crate::{
    demo::{Demo, Folder},
    talk::{By, Talk, id, set_faults, texts, texts_at_desk},
};

const JOINED: &str = "You are now talking with Ann.";
const ENDED: &str =
    "The conversation with our colleague has ended. The assistant goes on with you.";
const ANN: [&str; 3] = ["Hello, I am Ann", "What is broken?", "I shall see"];
pub const ADA: [&str; 3] = ["the chain", "and a spoke", "since Monday"];

/// What both sides have before them in the end.
pub struct Played {
    pub chat: Vec<Value>,
    pub desk: Value,
}

#[tokio::test]
async fn nothing_goes_wrong_and_nobody_complains() {
    let folder = Folder::new();
    let demo = folder.start();
    play(&demo).await.is_whole();
    assert_eq!(folder.complaints(), "");
}

#[tokio::test]
async fn delays_in_both_directions_hold_the_conversation_up_and_no_more() {
    let faults = json!({"webhook_delay_ms": 300, "api_delay_ms": 300});
    play_with(faults).await.is_whole();
}

#[tokio::test]
async fn webhooks_that_come_three_times_count_once() {
    play_with(json!({"repeats": 3})).await.is_whole();
}

#[tokio::test]
async fn webhooks_in_the_wrong_order_lose_nothing_and_repeat_nothing() {
    let played = play_with(json!({"webhook_swap": {"percent": 100}})).await;
    played.user_saw_all();
    // What the offload's transcript brings is in order whatever came before it. After that, as it arrives.
    assert_eq!(
        texts_at_desk(&played.desk, By::User),
        ["hello", "agent", ADA[1], ADA[0], ADA[2]]
    );
    let mut bot = texts_at_desk(&played.desk, By::Bot);
    let all = bot.len();
    bot.sort_unstable();
    bot.dedup();
    assert_eq!(all, bot.len(), "nothing of the bot's twice");
}

#[tokio::test]
async fn what_is_written_in_the_moment_of_the_offload_and_overtakes_it_reaches_the_agent() {
    let demo = Folder::new();
    let demo = demo.start();
    let talk = Talk::open(&demo).await;
    talk.chat_until(|lines| calls(lines) == 2).await;
    // The text and the bot's answer change places, and so do the offload and the hurried word.
    set_faults(&demo, json!({"webhook_swap": {"next": 2}})).await;
    talk.write("agent").await;
    talk.write("hurry").await;
    let handover = talk
        .desk_until(|handover| texts_at_desk(handover, By::User).contains(&"hurry"))
        .await;
    assert_eq!(texts_at_desk(&handover, By::User), ["agent", "hurry"]);
}

#[tokio::test]
async fn a_refusal_of_the_api_keeps_the_agents_words_in_order() {
    play_with(json!({"api_5xx": {"next": 3}})).await.is_whole();
}

#[tokio::test]
async fn a_rate_limit_keeps_the_agents_words_in_order() {
    play_with(json!({"api_429": {"next": 1}})).await.is_whole();
}

#[tokio::test]
async fn a_refused_token_keeps_the_agents_words_and_holds_up_nobody_elses() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    // A refused token is tried again after a minute, which nobody waits for here.
    set_faults(&demo, json!({"api_401": {"percent": 100}})).await;
    talk.answer(&handover, ANN[0]).await;
    talk.chat_until(|lines| lines.iter().any(|line| line["status"] == 401))
        .await;
    talk.write(ADA[0]).await;
    talk.desk_until(|handover| texts_at_desk(handover, By::User) == ["agent", ADA[0]])
        .await;
    let kept = folder.beside(&["deliveries", "list", "--state", "retrying"]);
    let kept = String::from_utf8(kept.stdout).unwrap();
    assert!(kept.contains("unauthorized"), "{kept}");
}

#[tokio::test]
async fn a_line_that_is_cut_before_the_call_keeps_the_agents_words_in_order() {
    let faults = json!({"api_cut_before": {"next": 2}});
    play_with(faults).await.is_whole();
}

#[tokio::test]
async fn a_line_that_is_cut_after_the_call_may_say_things_twice_but_in_order() {
    let played = play_with(json!({"api_cut_after": {"next": 2}})).await;
    played.agent_saw_all();
    let mut seen = texts(&played.chat, By::Agent);
    let said = seen.len();
    seen.dedup();
    assert_eq!(seen, told());
    assert_eq!(
        said,
        told().len() + 2,
        "one repeat for each cut, and no more"
    );
}

#[tokio::test]
async fn echoes_of_the_agent_are_not_shown_to_the_agent() {
    let played = play_with(json!({"echo": true})).await;
    played.is_whole();
    let bot = texts_at_desk(&played.desk, By::Bot);
    let echoed: Vec<_> = told()
        .into_iter()
        .filter(|text| bot.contains(text))
        .collect();
    assert_eq!(echoed, Vec::<&str>::new());
}

#[tokio::test]
async fn fields_that_nobody_has_documented_are_no_hindrance() {
    play_with(json!({"unknown_fields": true})).await.is_whole();
}

#[tokio::test]
async fn what_is_dropped_is_missing_and_nothing_else() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("agent").await;
    talk.at_the_desk().await;
    set_faults(&demo, json!({"webhook_drop": {"next": 1}})).await;
    for text in ADA {
        talk.write(text).await;
    }
    let handover = talk
        .desk_until(|handover| texts_at_desk(handover, By::User).contains(&ADA[2]))
        .await;
    assert_eq!(
        texts_at_desk(&handover, By::User),
        ["agent", ADA[1], ADA[2]]
    );
}

#[tokio::test]
async fn an_offload_that_is_dropped_leaves_the_user_with_the_bot_who_can_ask_again() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    talk.write("hello").await;
    talk.chat_until(|lines| calls(lines) == 4).await;
    set_faults(&demo, json!({"webhook_drop": {"next": 3}})).await;
    talk.write("agent").await;
    talk.chat_until(|lines| {
        texts(lines, By::Bot)
            .iter()
            .any(|text| text.contains("nobody can take over"))
    })
    .await;
    talk.write("agent").await;
    let handover = talk
        .desk_until(|handover| handover["state"] == "waiting")
        .await;
    // The transcript of the second offload brings what the dropped calls did not.
    assert_eq!(
        texts_at_desk(&handover, By::User),
        ["hello", "agent", "agent"]
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_opens_one_handover_to_which_the_next_request_attaches() {
    let folder = Folder::new();
    let demo = folder.start();
    let talk = Talk::open(&demo).await;
    set_faults(&demo, json!({"offload_answer_lost": {"next": 1}})).await;
    talk.write("agent").await;
    let first = talk.at_the_desk().await;
    talk.chat_until(|lines| lines.iter().any(|line| line["state"] == "speaking"))
        .await;
    talk.write("agent").await;
    talk.chat_until(|lines| lines.iter().any(|line| line["state"] == "paused"))
        .await;
    let handover = talk
        .desk_until(|handover| texts_at_desk(handover, By::User).len() == 2)
        .await;
    assert_eq!(id(&handover), first, "no second leg");
    assert_eq!(texts_at_desk(&handover, By::User), ["agent", "agent"]);
}

async fn play_with(faults: Value) -> Played {
    let folder = Folder::new();
    let demo = folder.start();
    set_faults(&demo, faults).await;
    play(&demo).await
}

/// Ada asks for a person, Ann answers, each says three things, and Ann closes.
async fn play(demo: &Demo) -> Played {
    let (talk, handover) = ask(demo).await;
    to_the_end((&talk, &handover), 1).await
}

/// Ada asks for a person, and the desk has her.
pub async fn ask(demo: &Demo) -> (Talk, String) {
    let talk = Talk::open(demo).await;
    talk.write("hello").await;
    talk.write("agent").await;
    let handover = talk.at_the_desk().await;
    (talk, handover)
}

/// Ann answers, each says three things, and Ann closes once all that Ada says has come so often.
pub async fn to_the_end((talk, handover): (&Talk, &str), often: usize) -> Played {
    let join = json!({"type": "attended", "agent": {"name": "Ann"}});
    talk.act(handover, join).await;
    for text in ANN {
        talk.answer(handover, text).await;
    }
    for text in ADA {
        talk.write(text).await;
    }
    talk.desk_until(|handover| {
        let seen = texts_at_desk(handover, By::User);
        let times = |text| seen.iter().filter(|said| *said == text).count();
        ADA.iter().all(|text| times(text) >= often)
    })
    .await;
    let close = json!({"type": "closed", "reason": "solved"});
    talk.act(handover, close).await;
    let chat = talk.welcomed_back().await;
    let desk = talk
        .desk_until(|handover| handover["state"] == "closed")
        .await;
    Played { chat, desk }
}

impl Played {
    pub fn is_whole(&self) {
        self.user_saw_all();
        self.agent_saw_all();
    }

    pub fn user_saw_all(&self) {
        assert_eq!(texts(&self.chat, By::Agent), told());
        let back: Vec<_> = texts(&self.chat, By::Bot)
            .into_iter()
            .filter(|text| text.contains("(solved)") || text.contains("(handover_done)"))
            .collect();
        assert_eq!(back.len(), 1, "welcomed back once: {back:?}");
    }

    pub fn agent_saw_all(&self) {
        assert_eq!(texts_at_desk(&self.desk, By::User), written());
        assert_eq!(texts_at_desk(&self.desk, By::Agent), ANN);
    }
}

/// All that the user is to read from the other side.
pub fn told() -> Vec<&'static str> {
    [[JOINED].as_slice(), &ANN, &[ENDED]].concat()
}

/// All that the agent is to read from the user.
pub fn written() -> Vec<&'static str> {
    [["hello", "agent"].as_slice(), &ADA].concat()
}

/// How many webhooks have gone out.
fn calls(lines: &[Value]) -> usize {
    lines
        .iter()
        .filter(|line| line["way"] == "to_bridge")
        .count()
}
