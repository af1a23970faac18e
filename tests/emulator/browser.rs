//! Both pages in a real browser.

use handover_bridge::emulator::Speaker;
use serde_json::{Value, json};

use crate::{
    desk::Post,
    stub::{World, say},
    webdriver::Browser,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_chats_asks_for_an_agent_is_answered_and_comes_back() {
    let world = World::new().await;
    let browser = Browser::start().await;
    browser.resize(1280, 860).await;
    browser.go(&world.root).await;

    browser.presses_text("Show a carousel").await;
    browser.sees("Cargo Barge").await;
    world
        .bridge
        .until(|heard| {
            heard
                .iter()
                .any(|call| call.body["messages"][0]["message"]["messageType"] == "postback")
        })
        .await;
    browser.picture("chat-carousel").await;

    browser.type_into("#write", "agent\u{e007}").await;
    browser.sees("paused for a person").await;
    let heard = world
        .bridge
        .until(|heard| heard.iter().any(|call| call.event() == "offload"))
        .await;
    let session = heard[0].body["sessionId"].as_str().unwrap().to_owned();

    world
        .act(&session, &say("Hello, I am Ann <b>& co</b>"))
        .await
        .unwrap();
    browser.sees("Hello, I am Ann <b>& co</b>").await;
    let quick = json!({"sendMessages": [{"quickReplyTemplate": {
        "textMessages": [{"text": "When shall we ring?"}],
        "quickReplies": [{"title": "Tomorrow", "payload": {}}, {"title": "Never", "payload": {}}],
    }}]});
    world.act(&session, &quick).await.unwrap();
    browser.sees("Tomorrow").await;
    browser.picture("chat-agent").await;
    browser.presses_text("Tomorrow").await;
    world
        .bridge
        .until(|heard| {
            heard
                .last()
                .is_some_and(|call| call.body["messages"][0]["message"]["title"] == "Tomorrow")
        })
        .await;

    world
        .act(
            &session,
            &json!({"unpauseBot": true, "sessionData": {"end_reason": "solved"}}),
        )
        .await
        .unwrap();
    browser.sees("has ended (solved)").await;
    browser.sees("The bot answers").await;
    assert_eq!(world.user.texts_by(&session, Speaker::Agent).len(), 2);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_survives_a_reload_fits_a_phone_and_sets_faults() {
    let world = World::new().await;
    let browser = Browser::start().await;
    browser.resize(360, 740).await;
    browser.go(&world.root).await;
    for word in ["image", "buttons", "list", "location", "upload"] {
        browser
            .type_into("#write", &format!("{word}\u{e007}"))
            .await;
    }
    browser.sees("your file has arrived").await;
    browser.picture("chat-phone").await;
    let overflow = browser
        .script("return document.documentElement.scrollWidth - innerWidth")
        .await;
    assert_eq!(overflow, 0);

    browser.go(&world.root).await;
    browser.sees("your file has arrived").await;
    let sessions = world
        .bridge
        .heard()
        .iter()
        .filter(|call| call.body["messages"][0]["message"]["messageType"] == "intro")
        .count();
    assert_eq!(sessions, 1, "a reload goes on with the conversation");

    browser.resize(1280, 860).await;
    browser
        .script("document.documentElement.dataset.theme = 'dark'")
        .await;
    browser.presses("#faults > summary").await;
    browser.presses("#echo").await;
    browser.presses("#health").await;
    browser.sees("200, healthy").await;
    browser.picture("chat-faults-dark").await;
    assert!(world.user.faults().echo);

    browser.presses("#new").await;
    world
        .bridge
        .until(|heard| intros(heard.iter().map(|call| &call.body)) == 2)
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

fn intros<'a>(bodies: impl Iterator<Item = &'a Value>) -> usize {
    bodies
        .filter(|body| body["messages"][0]["message"]["messageType"] == "intro")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_joins_answers_with_choices_and_closes() {
    let post = Post::new().await;
    let browser = Browser::start().await;
    browser.resize(1180, 800).await;
    browser.go(&post.root).await;
    browser.sees("Nobody is waiting").await;
    browser.picture("desk-empty").await;
    post.open().await;
    browser.sees("is waiting.").await;
    browser.picture("desk-waiting").await;

    browser.presses("#join").await;
    assert_eq!(
        post.told(1).await[0].body,
        json!({"type": "attended", "agent": {"name": "Developer"}})
    );
    browser.sees("with you").await;
    browser.presses("#quick-toggle").await;
    browser.type_into("#choices", "Tomorrow, Never").await;
    browser
        .type_into("#write", "When shall we ring?\u{e007}")
        .await;
    let said = &post.told(2).await[1].body;
    assert_eq!(said["content"]["quick_replies"][1]["title"], "Never");
    post.user_says(6, "Tomorrow <script>").await;
    browser.sees("Tomorrow <script>").await;
    let failed = json!({"handover_id": "h1", "message_id": "stored-1", "reason": "too long"});
    post.call("message.failed", failed).await;
    browser.sees("Not delivered: too long").await;
    browser.presses("#close-open").await;
    browser.picture("desk-talk").await;
    browser.presses_text("solved").await;
    assert_eq!(
        post.told(3).await[2].body,
        json!({"type": "closed", "reason": "solved"})
    );
    browser.sees("The bot has the user back").await;

    browser.resize(360, 740).await;
    browser
        .script("localStorage.setItem('theme', 'dark')")
        .await;
    browser.go(&post.root).await;
    browser.sees("Aoife").await;
    browser.picture("desk-phone-list").await;
    browser.presses_text("Aoife").await;
    browser.sees("Tomorrow <script>").await;
    browser.picture("desk-phone").await;
    let overflow = browser
        .script("return document.documentElement.scrollWidth - innerWidth")
        .await;
    assert_eq!(overflow, 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
