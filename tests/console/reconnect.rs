//! A page whose connection is cut, and comes back.

use std::time::Duration;

use serde_json::json;

use crate::{
    browser::{ann_at, claims, is_still_the_same_page, signed_in_at},
    conversation::{says, waiting, waiting_as},
    patience::until,
    proxy::{Line, Proxy},
    webdriver::Browser,
    world::World,
};

const BANNERS: &str = "return document.querySelectorAll('.banner').length";

/// Ann, who has claimed a conversation through a proxy.
async fn ann_behind_a_proxy(world: &World) -> (Proxy, Browser) {
    let page = waiting(world).await;
    world.wait(Duration::from_mins(1));
    let proxy = Proxy::start(&world.served().await).await;
    let browser = signed_in_at("ann", &proxy.root, &page).await;
    claims(&browser).await;
    (proxy, browser)
}

/// The texts of these turns that begin with a word of ours, in their order.
fn said(turns: &str, word: &str) -> String {
    format!(
        "return [...document.querySelectorAll('{turns} .bubble')].map((it) => it.textContent.trim()).filter((it) => it.startsWith('{word}'))"
    )
}

fn numbered(count: usize) -> serde_json::Value {
    (1..=count)
        .map(|number| json!(format!("say {number}")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_resumes_without_a_gap_or_a_double() {
    let world = World::new();
    let (proxy, browser) = ann_behind_a_proxy(&world).await;
    let mut count = 0;
    for line in Line::DOWN {
        count += 1;
        says(&world, &format!("say {count}")).await;
        until(&browser, (&said(".turn--user", "say "), numbered(count))).await;
        proxy.set(line);
        for _ in 0..3 {
            count += 1;
            says(&world, &format!("say {count}")).await;
        }
        browser.sees("Cut off. This page is not up to date").await;
        browser.picture(&format!("console-{line:?}")).await;
        world.wait(Duration::from_secs(20));
        count += 1;
        says(&world, &format!("say {count}")).await;
        let before = browser.script(&said(".turn--user", "say ")).await;
        assert_eq!(before, numbered(count - 4), "{line:?}: nothing comes by");
        proxy.set(Line::Through);
        until(&browser, (&said(".turn--user", "say "), numbered(count))).await;
        until(&browser, (BANNERS, json!(0))).await;
    }
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_again_and_again_cost_no_turn_and_show_no_banner() {
    let world = World::new();
    let (proxy, browser) = ann_behind_a_proxy(&world).await;
    for count in 1..=4 {
        proxy.drop_all();
        says(&world, &format!("say {count}")).await;
        world.wait(Duration::from_secs(3));
        until(&browser, (&said(".turn--user", "say "), numbered(count))).await;
        assert_eq!(browser.script(BANNERS).await, 0);
    }
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_the_connection_is_cut_leaves_once_and_by_itself_afterwards() {
    let world = World::new();
    let (proxy, browser) = ann_behind_a_proxy(&world).await;
    for line in Line::DOWN {
        proxy.set(line);
        let text = format!("answer {line:?}");
        browser
            .type_into("#write", &format!("{text}\u{e007}"))
            .await;
        browser
            .sees("Kept here, leaves when the line is back")
            .await;
        browser.picture(&format!("console-kept-{line:?}")).await;
        proxy.set(Line::Through);
        let sent = format!("//li[@data-key]//div[text()='{text}']");
        browser.find("xpath", &sent).await;
    }
    let all = said(".turn--agent", "answer ");
    let sent = Line::DOWN.map(|line| format!("answer {line:?}"));
    until(&browser, (&all, json!(sent))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_without_a_bridge_stays_and_hears_afterwards_who_waits() {
    let world = World::new();
    world.wait(Duration::from_mins(1));
    let proxy = Proxy::start(&world.served().await).await;
    let browser = signed_in_at("ann", &proxy.root, "/console").await;
    let listens = "const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function () { this.addEventListener('loadend', () => { window.answers += 1; }); send.call(this); }";
    browser.script(listens).await;
    for line in [Line::NotFound, Line::Maintenance] {
        proxy.set(line);
        browser.sees("Cut off.").await;
        browser.script("window.answers = 0").await;
        until(&browser, ("return window.answers > 0", json!(true))).await;
        proxy.set(Line::Through);
        until(&browser, (BANNERS, json!(0))).await;
    }
    let row = format!(".row[href='{}']", waiting(&world).await);
    browser.find("css selector", &row).await;
    assert!(is_still_the_same_page(&browser).await);
}

/// What stands in the note, and whether it is the page that was there before the line was cut.
const NOTED: &str = "return [document.querySelector('#note').value, window.isTheSamePage === true]";

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_the_bridge_does_not_answer_leaves_the_page_and_what_was_typed() {
    let world = World::new();
    let (proxy, browser) = ann_behind_a_proxy(&world).await;
    let unfold = "document.querySelector('#do-note').open = true";
    let press = "document.querySelector('#do-note button').click()";
    for line in Line::DOWN {
        let text = format!("note {line:?}");
        browser.script(unfold).await;
        browser.type_into("#note", &text).await;
        proxy.set(line);
        browser.script(press).await;
        browser.sees("Not done: the bridge does not answer.").await;
        browser.picture(&format!("console-not-done-{line:?}")).await;
        assert_eq!(browser.script(NOTED).await, json!([text, true]));
        proxy.set(Line::Through);
        browser.presses_text("Try again").await;
        let kept = format!("//li[contains(@class, 'turn--note')]//div[text()='{text}']");
        browser.find("xpath", &kept).await;
        until(&browser, (NOTED, json!(["", true]))).await;
    }
    let faults = "return document.querySelectorAll('.compose__fault').length";
    assert_eq!(browser.script(faults).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_has_against_an_act_is_told_and_its_page_is_not_taken_for_ours() {
    let world = World::new();
    waiting_as(&world, "s2").await;
    let (proxy, browser) = ann_behind_a_proxy(&world).await;
    let one_waits = "return document.title.includes('(1) ')";
    until(&browser, (one_waits, json!(true))).await;
    browser
        .script("document.querySelector('#do-note').open = true")
        .await;
    browser.type_into("#note", "too long").await;
    proxy.set(Line::TooLarge);
    browser
        .script("document.querySelector('#do-note button').click()")
        .await;
    browser.sees("413 Too Large").await;
    assert_eq!(browser.script(one_waits).await, true);
    assert_eq!(browser.script(NOTED).await, json!(["too long", true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_claimed_and_closed_without_another_page() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    browser.type_into("body", "c").await;
    browser.find("css selector", "#write").await;
    let focused = "return document.activeElement.id";
    until(&browser, (focused, json!("write"))).await;
    browser
        .script("document.querySelector('#do-close').open = true")
        .await;
    browser.presses_text("Close conversation").await;
    browser.sees("Closed: Solved").await;
    until(
        &browser,
        (
            "return document.querySelectorAll('#write').length",
            json!(0),
        ),
    )
    .await;
    assert!(is_still_the_same_page(&browser).await);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
