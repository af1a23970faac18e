//! Replies that cannot be sent at once, and what a person does meanwhile.

use std::time::Duration;

use serde_json::json;

use crate::{
    browser::{claims, is_still_the_same_page, signed_in_at},
    conversation::{waiting, waiting_as},
    form::turns,
    patience::until,
    proxy::{Line, Proxy},
    webdriver::Browser,
    world::{Browser as Sender, World},
};

/// Ann behind a line that can be cut, who has claimed a conversation; another waits.
async fn ann_at_work(world: &World) -> (Proxy, Browser, [String; 2]) {
    let page = waiting(world).await;
    let other = waiting_as(world, "s2").await;
    world.wait(Duration::from_mins(1));
    let proxy = Proxy::start(&world.served().await).await;
    let browser = signed_in_at("ann", &proxy.root, &page).await;
    claims(&browser).await;
    (proxy, browser, [page, other])
}

async fn sends(browser: &Browser, text: &str) {
    browser
        .type_into("#write", &format!("{text}\u{e007}"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_kept_leaves_from_whatever_page_is_open_and_is_seen_there() {
    let world = World::new();
    let (proxy, browser, [page, other]) = ann_at_work(&world).await;
    browser
        .script("const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (body) { if (body) setTimeout(() => this.onerror(), 0); else send.call(this); }")
        .await;
    sends(&browser, "kept for you").await;
    browser.sees("Kept here").await;
    let row = format!("#inbox .row[href='{page}'] .row__unsent");
    browser.find("css selector", &row).await;
    browser.picture("console-unsent-row").await;
    browser
        .presses(&format!("#inbox .row[href='{other}']"))
        .await;
    browser.find("css selector", "form.claim").await;
    let reader = world.signed_in(Sender::here(), "ann").await;
    let sent = async || {
        let said = world.get(&reader, &page).await.body;
        let kept = turns(&said).into_iter();
        kept.filter(|(_, text)| text == "kept for you").count()
    };
    let left = "return Object.keys(localStorage).filter((key) => key.startsWith('unsent ')).length";
    until(&browser, (left, json!(0))).await;
    assert_eq!(sent().await, 1);
    drop(proxy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_while_the_line_is_cut_keeps_the_page_and_is_followed_when_it_is_back() {
    let world = World::new();
    let (proxy, browser, [page, other]) = ann_at_work(&world).await;
    for line in Line::DOWN {
        proxy.set(line);
        browser.sees("Cut off.").await;
        browser.type_into("#write", "half a sen").await;
        browser
            .presses(&format!("#inbox .row[href='{other}']"))
            .await;
        browser.sees("The bridge does not answer").await;
        browser.picture(&format!("console-bound-{line:?}")).await;
        assert!(is_still_the_same_page(&browser).await, "{line:?}");
        proxy.set(Line::Through);
        browser.find("css selector", "form.claim").await;
        assert_eq!(browser.script("return location.pathname").await, other);
        browser.script(&format!("location.href = '{page}'")).await;
        browser.find("css selector", "#write").await;
        browser
            .script("window.isTheSamePage = true; document.querySelector('#write').value = ''")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_on_while_the_line_is_cut_stays() {
    let world = World::new();
    let (proxy, browser, [_, other]) = ann_at_work(&world).await;
    proxy.set(Line::Cut);
    browser.sees("Cut off.").await;
    browser
        .presses(&format!("#inbox .row[href='{other}']"))
        .await;
    browser.sees("The bridge does not answer").await;
    sends(&browser, "one more thing").await;
    browser.sees("Kept here").await;
    proxy.set(Line::Through);
    browser
        .find("xpath", "//li[@data-key]//div[text()='one more thing']")
        .await;
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_two_tabs_is_sent_from_one_of_them() {
    let world = World::new();
    let (_proxy, browser, [page, _]) = ann_at_work(&world).await;
    browser.type_into("#write", "once").await;
    let first = browser.get("window").await;
    let root = browser.script("return location.origin").await;
    let tab = browser.post("window/new", json!({"type": "tab"})).await;
    browser
        .post("window", json!({"handle": tab["handle"]}))
        .await;
    browser
        .go(&format!("{}{page}", root.as_str().unwrap()))
        .await;
    let text = "return document.querySelector('#write').value";
    assert_eq!(browser.script(text).await, "once");
    sends(&browser, "").await;
    let sent = "//li[@data-key]//div[text()='once']";
    browser.find("xpath", sent).await;
    browser.post("window", json!({"handle": first})).await;
    browser.find("xpath", sent).await;
    until(&browser, (text, json!(""))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_sent_as_it_is_goes_back_into_its_field() {
    let world = World::new();
    let (_proxy, browser, _) = ann_at_work(&world).await;
    browser.presses("#choices > summary").await;
    browser.type_into("#replies", "yes\nno").await;
    browser.type_into("#buttons", "Call").await;
    sends(&browser, "Well?").await;
    browser.sees("either quick replies or buttons").await;
    let back = "return [document.querySelector('#write').value, document.querySelector('#buttons').value, document.querySelectorAll('.turn--failed').length]";
    assert_eq!(browser.script(back).await, json!(["Well?", "Call", 0]));
    browser
        .script("document.querySelector('#buttons').value = ''")
        .await;
    sends(&browser, "").await;
    browser
        .find("xpath", "//li[@data-key]//div[text()='Well?']")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_too_long_for_anybody_goes_back_into_its_field() {
    let world = World::new();
    let (_proxy, browser, _) = ann_at_work(&world).await;
    let pasted = "document.querySelector('#file').value = 'https://a.example/' + 'x'.repeat(2100)";
    browser.script(pasted).await;
    browser.presses(".compose button[type=submit]").await;
    browser.sees("of at most 2,048 characters").await;
    browser.picture("console-link-too-long").await;
    let back = "return [document.querySelector('#file').value.length, document.querySelectorAll('.turn--failed').length]";
    assert_eq!(browser.script(back).await, json!([2118, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_without_a_text_are_not_sent_and_it_says_so() {
    let world = World::new();
    let (_proxy, browser, _) = ann_at_work(&world).await;
    let told = "return document.querySelectorAll('.compose__fault').length";
    sends(&browser, " ").await;
    assert_eq!(browser.script(told).await, 0, "there is nothing to send");
    browser.presses("#choices > summary").await;
    browser.type_into("#replies", "yes\nno").await;
    browser.presses(".compose button[type=submit]").await;
    browser.sees("There is nothing to send.").await;
    browser.picture("console-nothing-to-send").await;
    let kept = "return document.querySelector('#replies').value";
    assert_eq!(browser.script(kept).await, "yes\nno");
}
