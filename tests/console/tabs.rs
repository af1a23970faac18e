//! Many tabs of one browser.

use serde_json::json;

use crate::{
    browser::ann_at,
    conversation::{says, waiting},
    webdriver::Browser,
    world::World,
};

async fn opens(browser: &Browser, address: &str) -> String {
    let tab = browser.post("window/new", json!({"type": "tab"})).await;
    let handle = tab["handle"].as_str().unwrap().to_owned();
    turns_to(browser, &handle).await;
    browser.go(address).await;
    browser.find("css selector", ".transcript").await;
    handle
}

async fn turns_to(browser: &Browser, handle: &str) {
    browser.post("window", json!({"handle": handle})).await;
}

async fn is_shown_in(browser: &Browser, (tabs, text): (&[String], &str)) {
    for tab in tabs {
        turns_to(browser, tab).await;
        let turn = format!("//li[contains(@class, 'turn--user')]//div[text()='{text}']");
        browser.find("xpath", &turn).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_one_of_many_tabs_is_kept_up_to_date() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    let address = browser.script("return location.href").await;
    let address = address.as_str().unwrap();
    let mut tabs = Vec::new();
    for _ in 0..8 {
        tabs.push(opens(&browser, address).await);
    }
    says(&world, "to all of them").await;
    is_shown_in(&browser, (&tabs, "to all of them")).await;
    // One after the other goes that was looked at last, and has the stream.
    while tabs.len() > 2 {
        turns_to(&browser, &tabs.pop().unwrap()).await;
        browser.go("about:blank").await;
        let text = format!("to {} of them", tabs.len());
        says(&world, &text).await;
        is_shown_in(&browser, (&tabs, &text)).await;
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
