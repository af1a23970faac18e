//! The minute that the README promises, in a real browser.

use serde_json::json;

use crate::{demo::Folder, webdriver::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_plays_the_user_and_the_agent_and_the_bot_speaks_again() {
    let folder = Folder::new();
    let demo = folder.start();
    let browser = Browser::start().await;
    let chat = open_tab(&browser).await;
    browser.resize(1280, 860).await;
    browser.go(&demo.chat).await;
    browser.sees("Hi, I am the demo bot").await;
    browser.picture("demo-1-welcome").await;
    browser.type_into("#write", "agent\u{e007}").await;
    browser.sees("paused for a person").await;
    browser.picture("demo-2-waiting").await;

    let desk = open_tab(&browser).await;
    browser.resize(1180, 800).await;
    browser.go(&demo.desk).await;
    browser.sees("Guest is waiting").await;
    browser.sees("I am looking for a colleague").await;
    browser.picture("demo-3-at-the-desk").await;
    browser.presses("#join").await;
    browser
        .type_into("#write", "Hello, I am a person\u{e007}")
        .await;

    look_at(&browser, &chat).await;
    browser.sees("You are now talking with Developer").await;
    browser.sees("Hello, I am a person").await;
    browser.type_into("#write", "What a relief\u{e007}").await;
    browser.picture("demo-4-answered").await;

    look_at(&browser, &desk).await;
    browser.sees("What a relief").await;
    browser.presses("#close-open").await;
    browser.presses_text("solved").await;
    browser.sees("Closed (solved)").await;
    browser.picture("demo-5-closed").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    look_at(&browser, &chat).await;
    browser.sees("Welcome back, it is me, the bot").await;
    browser.sees("The bot answers").await;
    browser.picture("demo-6-welcome-back").await;
    let done = "return document.querySelectorAll('.steps .done').length";
    assert_eq!(browser.script(done).await, 3, "all three steps are done");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(folder.complaints(), "");
}

async fn open_tab(browser: &Browser) -> String {
    let opened = browser.post("window/new", json!({"type": "tab"})).await;
    let tab = opened["handle"].as_str().unwrap().to_owned();
    look_at(browser, &tab).await;
    tab
}

async fn look_at(browser: &Browser, tab: &str) {
    browser.post("window", json!({"handle": tab})).await;
}
