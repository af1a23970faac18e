//! What is read aloud of an open page to whoever does not see it.

use serde_json::json;

use crate::{
    browser::ann_at,
    conversation::{says, waiting, waiting_as},
    world::World,
};

/// Counts what becomes another text in the transcript without a message being new.
const COUNT_REWRITES: &str = "window.rewrites = 0; const watched = document.querySelector('[role=log]'); \
    new MutationObserver((changes) => { window.rewrites += changes.filter((it) => it.target.closest?.('time')).length; }) \
    .observe(watched, { subtree: true, childList: true, characterData: true });";

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_the_same_is_not_read_again() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    browser.script(COUNT_REWRITES).await;
    for text in ["one", "two", "three"] {
        says(&world, text).await;
        browser.sees(text).await;
    }
    let times = "return document.querySelectorAll('[role=log] time').length";
    assert!(browser.script(times).await.as_u64().unwrap() >= 4);
    // Those of the new messages, which come in UTC and are made the reader's.
    assert!(
        browser
            .script("return window.rewrites")
            .await
            .as_u64()
            .unwrap()
            <= 3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_to_wait_is_told_of_on_every_list() {
    let world = World::new();
    for (number, page) in ["/console", "/console?list=open", "/console?list=closed"]
        .into_iter()
        .enumerate()
    {
        let browser = ann_at(&world, page).await;
        let told = "return [...document.querySelectorAll('[role=status]')].map((it) => it.textContent).join()";
        assert_eq!(browser.script(told).await, json!(""), "{page}");
        waiting_as(&world, page).await;
        browser
            .find(
                "xpath",
                "//*[@role='status'][contains(., 'A user begins to wait')]",
            )
            .await;
        let all = browser.script(told).await;
        let is_counted = all
            .as_str()
            .unwrap()
            .contains(&format!("{} in all", number + 1));
        assert_eq!(is_counted, number > 0, "{all}");
    }
}
