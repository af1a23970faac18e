//! Two people in two browsers, who want the same conversation.

use std::time::Duration;

use serde_json::json;

use crate::{
    browser::{ann_at, claims, is_still_the_same_page, signed_in_at},
    conversation::{says_as, sends, waiting, waiting_as},
    patience::until,
    webdriver::Browser,
    world::{self, World},
};

/// Presses at a moment of the machine's clock, which both browsers share.
async fn presses(browser: &Browser, moment: u64) {
    let press = format!(
        "setTimeout(() => document.querySelector('form.claim button')?.click(), {moment} - Date.now())"
    );
    browser.script(&press).await;
}

async fn opens(browser: &Browser, address: &str, note: &str) {
    browser.go(address).await;
    browser
        .script("document.querySelector('#do-note').open = true")
        .await;
    browser.type_into("#note", note).await;
}

/// Whether this page has the conversation, after the race; else whom it says to have it.
async fn outcome(browser: &Browser) -> String {
    browser
        .find("css selector", "#write, .ended, .compose__fault")
        .await;
    let read = "return document.querySelector('#write') ? 'mine' : document.querySelector('.ended b')?.textContent ?? 'nobody'";
    let read = browser.script(read).await;
    read.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_press_at_once_one_has_it_and_the_other_is_told_who_and_keeps_the_text() {
    let world = World::new();
    world.wait(Duration::from_mins(1));
    let root = world.served().await;
    let (ann, ben) = tokio::join!(
        signed_in_at("ann", &root, "/console"),
        signed_in_at("ben", &root, "/console")
    );
    let mut refused = 0;
    for round in 0..12 {
        let user = format!("user {round}");
        let address = format!("{root}{}", waiting_as(&world, &user).await);
        tokio::join!(
            opens(&ann, &address, "typed by ann"),
            opens(&ben, &address, "typed by ben")
        );
        let moment = ann.script("return Date.now() + 1000").await;
        let moment = moment.as_u64().unwrap();
        tokio::join!(presses(&ann, moment), presses(&ben, moment));
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let said = tokio::join!(outcome(&ann), outcome(&ben));
        let (late, text) = match (said.0.as_str(), said.1.as_str()) {
            ("mine", "ann") => (&ben, "typed by ben"),
            ("ben", "mine") => (&ann, "typed by ann"),
            other => panic!("round {round}: {other:?}"),
        };
        let kept = "return document.querySelector('#note').value";
        assert_eq!(late.script(kept).await, text, "round {round}");
        let told = "return document.querySelectorAll('.compose__fault').length";
        refused += late.script(told).await.as_u64().unwrap();
        // Neither page is a dead end: both hear what comes.
        says_as(&world, (&user, "hello both")).await;
        for browser in [&ann, &ben] {
            browser
                .find(
                    "xpath",
                    "//li[contains(@class, 'turn--user')]//div[text()='hello both']",
                )
                .await;
        }
    }
    assert!(refused > 0, "nobody ever raced");
    for browser in [&ann, &ben] {
        let complaints = browser.complaints().await;
        // The browser's own word for an answer of 409.
        let others = complaints.iter().filter(|said| !said.contains("409"));
        assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_writes_while_a_colleague_gets_the_conversation_becomes_a_note() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.type_into("#write", "half a sent").await;
    let elsewhere = world.signed_in(world::Browser::here(), "ann").await;
    sends(&world, &elsewhere, (&page, "assign"), "to=ben").await;
    browser
        .sees("ben has this conversation now; your text is below.")
        .await;
    browser.type_into("#note", "ence").await;
    let read = "const note = document.querySelector('#note'); return [note.value, document.activeElement === note, document.querySelectorAll('#write').length]";
    let kept = json!(["half a sentence", true, 0]);
    assert_eq!(browser.script(read).await, kept);
    browser.picture("console-lost").await;
    assert!(is_still_the_same_page(&browser).await);
    let id = page.rsplit('/').next().unwrap();
    let draft = format!("return localStorage.getItem('draft ann {id}')");
    assert_eq!(browser.script(&draft).await, json!(null));
    let ben = world.signed_in(world::Browser::by_https(), "ben").await;
    sends(&world, &ben, (&page, "assign"), "to=ann").await;
    browser.find("css selector", "#write").await;
    browser.script("location.reload()").await;
    let read =
        "return [document.querySelector('#write').value, document.querySelector('#note').value]";
    until(&browser, (read, json!(["", "half a sentence"]))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_has_got_the_conversation_meanwhile_is_no_longer_chosen_and_nor_is_another() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    let chosen = "return document.querySelector('#desk').value";
    assert_eq!(browser.script(chosen).await, "", "nobody has chosen yet");
    let chooses = "document.querySelector('#do-transfer').open = true; document.querySelector('#desk').value = 'sales'; window.sent = 0; addEventListener('submit', () => { window.sent += 1; })";
    browser.script(chooses).await;
    assert_eq!(browser.script(chosen).await, "sales");
    let elsewhere = world.signed_in(world::Browser::here(), "ann").await;
    sends(&world, &elsewhere, (&page, "transfer"), "desk=sales").await;
    until(&browser, (chosen, json!(""))).await;
    let others = "return [...document.querySelectorAll('#desk option')].map((it) => it.value)";
    assert_eq!(browser.script(others).await, json!(["", "team"]));
    browser.presses("#do-transfer button").await;
    let left = "return [window.sent, document.querySelector('#desk').matches(':invalid')]";
    assert_eq!(browser.script(left).await, json!([0, true]));
    assert!(is_still_the_same_page(&browser).await);
}
