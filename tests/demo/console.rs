//! The chat and the console beside each other, as `cargo run` opens them: one person plays the user and the agent.

use serde_json::json;

use crate::{demo::Folder, webdriver::Browser};

/// The frames of the page, in their order.
const CHAT: usize = 0;
const CONSOLE: usize = 1;

/// What stands in the console's newest turn of this class, part by part.
fn newest(class: &str, parts: &str) -> String {
    format!(
        "const turns = document.querySelectorAll('.turn:has({class})'); \
         return [...turns[turns.length - 1].querySelectorAll('{parts}')].map((it) => it.textContent)"
    )
}

async fn look_into(browser: &Browser, frame: usize) {
    browser.post("frame", json!({"id": null})).await;
    browser.find("css selector", "iframe:last-of-type").await;
    browser.post("frame", json!({"id": frame})).await;
}

async fn writes(browser: &Browser, text: &str) {
    browser
        .type_into("#write", &format!("{text}\u{e007}"))
        .await;
}

/// A turn of the user that is a choice, in the console's transcript.
async fn chose(browser: &Browser, title: &str) {
    let turn = format!(
        "//li[contains(@class, 'turn--user')]//*[contains(@class, 'bubble--tap')]//text()[.='{title}']/.."
    );
    browser.find("xpath", &turn).await;
}

/// The chat, with all that the bot can show in it, and somebody at the console who has claimed what came of it.
async fn claimed(browser: &Browser) {
    look_into(browser, CHAT).await;
    browser.sees("Hi, I am the demo bot").await;
    for (word, shown) in [
        ("carousel", ".card"),
        ("list", ".offer__row"),
        ("image", ".shot img"),
    ] {
        writes(browser, word).await;
        browser.find("css selector", shown).await;
    }
    writes(browser, "agent").await;
    browser.sees("paused for a person").await;
    look_into(browser, CONSOLE).await;
    browser.presses(".row").await;
    browser.presses("form.claim button").await;
    browser.find("css selector", "#write").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_plays_user_and_agent_beside_each_other_until_the_bot_speaks_again() {
    let folder = Folder::new();
    let demo = folder.start_as(&["demo"]);
    let (_, link) = demo.printed.split_once("Open both ends").unwrap();
    let browser = Browser::start().await;
    browser.resize(1680, 950).await;
    browser.go(link.split_whitespace().next().unwrap()).await;
    claimed(&browser).await;
    sees_what_the_bot_has_shown(&browser).await;
    browser.picture("demo-console-claimed").await;
    answers_and_is_answered(&browser).await;
    browser.picture("demo-console-answered").await;
    sends_it_on_and_closes_it(&browser).await;

    look_into(&browser, CHAT).await;
    browser.sees("Welcome back, it is me, the bot").await;
    browser.sees("The bot answers").await;
    writes(&browser, "buttons").await;
    browser.sees("What would you like to know?").await;
    browser.picture("demo-console-welcome-back").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(folder.complaints(), "");
}

async fn sees_what_the_bot_has_shown(browser: &Browser) {
    let wheels = ["City Loop 7", "Cargo Barge", "Gravel Heron"];
    let cards = newest(".card", ".card__text > b");
    assert_eq!(browser.script(&cards).await, json!(wheels));
    let tap = newest(".card", ".card:first-child .offer__do");
    assert_eq!(browser.script(&tap).await, json!(["Ask about it"]));
    let items = newest(".offer__item", ".offer__item > b");
    assert_eq!(browser.script(&items).await, json!(wheels));
    let last = newest(".offer__item", ".offer > .offer__do:last-child");
    assert_eq!(browser.script(&last).await, json!(["Talk to a person"]));
    let picture = newest(".media", ".media__name b, .media__name > a");
    assert_eq!(browser.script(&picture).await, json!(["Image", "Open"]));
    let leads = browser
        .script("return document.querySelector('.media a').href")
        .await;
    assert!(leads.as_str().unwrap().ends_with("/workshop.png"));
    let welcome = "return [...document.querySelectorAll('.turn--bot .choice')].map((it) => it.textContent).slice(0, 2)";
    assert_eq!(
        browser.script(welcome).await,
        json!(["Show buttons", "Show a carousel"])
    );
}

/// A ready answer, one with quick replies and one with buttons; what the user chooses comes back.
async fn answers_and_is_answered(browser: &Browser) {
    browser.presses("#ready > summary").await;
    browser
        .presses("#ready [data-answer*='How can I help']")
        .await;
    writes(browser, "").await;
    browser.presses("#choices > summary").await;
    browser
        .type_into("#replies", "The grey one\nThe blue one")
        .await;
    writes(browser, "Which of them?").await;

    look_into(browser, CHAT).await;
    browser
        .sees("Hello Guest, this is Ann. How can I help?")
        .await;
    browser.presses_text("The blue one").await;
    look_into(browser, CONSOLE).await;
    chose(browser, "The blue one").await;

    browser.presses("#choices > summary").await;
    let buttons = "Reserve it\nThe manual | https://example.com/manual\nCall us | +31 20 123 45 67";
    browser.type_into("#buttons", buttons).await;
    writes(browser, "And now?").await;
    look_into(browser, CHAT).await;
    browser
        .find(
            "css selector",
            "a.offer__do[href='https://example.com/manual']",
        )
        .await;
    browser
        .find("css selector", "a.offer__do[href^='tel:']")
        .await;
    browser.presses_text("Reserve it").await;
    look_into(browser, CONSOLE).await;
    chose(browser, "Reserve it").await;
    let delivered = "//li[contains(@class, 'turn--agent')][.//div[text()='And now?']]//*[contains(@class, 'tag--ok')]";
    browser.find("xpath", delivered).await;
}

async fn sends_it_on_and_closes_it(browser: &Browser) {
    browser.presses("#do-transfer > summary").await;
    browser.type_into("#desk", "sales").await;
    browser.presses("#do-transfer button").await;
    browser.sees("Nobody has claimed this conversation.").await;
    browser.sees("Sent on to the desk: sales").await;
    browser.presses("form.claim button").await;
    writes(browser, "This is sales, reserved").await;
    look_into(browser, CHAT).await;
    browser.sees("This is sales, reserved").await;
    look_into(browser, CONSOLE).await;
    browser.presses("#do-close > summary").await;
    browser.presses("#do-close button").await;
    browser.sees("The bot has the user again").await;
}
