//! Single keys, and where what is typed goes.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::{
    browser::{ann_at, claims},
    conversation::{waiting, waiting_as},
    webdriver::Browser,
    world::World,
};

const WRITTEN: &str = "return [document.querySelector('#note').value, document.querySelector('#write')?.value ?? null, document.querySelectorAll('.turn--agent').length]";

async fn unfolds(browser: &Browser, tool: &str) {
    browser.presses(&format!("{tool} > summary")).await;
    let has_the_focus = format!(
        "const at = document.activeElement; return Boolean(at.closest('{tool}[open]')) && at.tagName !== 'SUMMARY'"
    );
    while browser.script(&has_the_focus).await != true {
        sleep(Duration::from_millis(20)).await;
    }
}

/// To whatever has the focus.
async fn types(browser: &Browser, text: &str) {
    let keys: Vec<_> = text
        .chars()
        .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
        .collect();
    let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]});
    browser.post("actions", actions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_after_a_note_was_unfolded_is_a_note() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    unfolds(&browser, "#do-note").await;
    types(&browser, "customer is rude\u{e007}").await;
    let note = "customer is rude\n";
    assert_eq!(browser.script(WRITTEN).await, json!([note, null, 0]));
    claims(&browser).await;
    browser
        .script("document.querySelector('#do-note').open = false")
        .await;
    unfolds(&browser, "#do-note").await;
    types(&browser, "never").await;
    let note = format!("{note}never");
    assert_eq!(browser.script(WRITTEN).await, json!([note, "", 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_lead_elsewhere_rest_while_a_tool_is_open() {
    let world = World::new();
    let page = waiting(&world).await;
    waiting_as(&world, "s2").await;
    let browser = ann_at(&world, &page).await;
    unfolds(&browser, "#do-note").await;
    let leaves = "document.querySelector('.talk__scroll').focus()";
    browser.script(leaves).await;
    types(&browser, "nice crater at night/").await;
    assert_eq!(browser.script(WRITTEN).await, json!(["", null, 0]));
    claims(&browser).await;
    for tool in ["#ready", "#do-close"] {
        unfolds(&browser, tool).await;
        browser
            .script(&format!(
                "document.querySelector('{tool} > summary').focus()"
            ))
            .await;
        types(&browser, "rent").await;
        let is_open = format!("return document.querySelector('{tool}').open");
        assert_eq!(browser.script(&is_open).await, true, "{tool}");
        assert_eq!(browser.script(WRITTEN).await, json!(["", "", 0]), "{tool}");
        types(&browser, "\u{e00c}").await;
    }
    assert_eq!(browser.script("return location.pathname").await, page);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_longest_is_found_from_every_list() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, "/console?list=closed").await;
    types(&browser, "n").await;
    browser.find("css selector", "form.claim").await;
    assert_eq!(browser.script("return location.pathname").await, page);
}
