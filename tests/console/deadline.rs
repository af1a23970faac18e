//! How long there is to claim a conversation.

use std::time::Duration;

use serde_json::json;

use crate::{
    browser::{ann_at, is_still_the_same_page},
    conversation::{says, sends, waiting},
    world::{Browser, World},
};

/// What a page without script says below the head, tags left out.
async fn told(world: &World, ann: &Browser, page: &str) -> String {
    let page = world.get(ann, page).await.body;
    let (_, rest) = page.split_once("Nobody has claimed").unwrap();
    let words = rest.split("</p>").next().unwrap();
    let parts = words
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}

#[tokio::test]
async fn an_unclaimed_conversation_says_until_when_somebody_may_come_and_what_happens_then() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    let words = told(&world, &ann, &page).await;
    assert!(
        words.contains("Waiting since 00:00. Unless somebody claims it by 00:15 (15 min left), "),
        "{words}"
    );
    assert!(
        words.contains("the user is told that nobody came, and the bot goes on."),
        "{words}"
    );
    world.wait(Duration::from_mins(14));
    let words = told(&world, &ann, &page).await;
    assert!(words.contains("by 00:15 (60 s left)"), "{words}");
    let body = world.get(&ann, &page).await.body;
    let meter = "<meter min=\"0\" max=\"900\" low=\"300\" high=\"600\" optimum=\"0\" value=\"840\"";
    assert!(body.contains(meter), "{body}");
    sends(&world, &ann, (&page, "claim"), "").await;
    assert!(!world.get(&ann, &page).await.body.contains("<meter"));
}

#[tokio::test]
async fn a_user_waits_since_they_asked_and_not_since_somebody_gave_them_back() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    world.wait(Duration::from_mins(5));
    sends(&world, &ann, (&page, "assign"), "to=-").await;
    let words = told(&world, &ann, &page).await;
    assert!(
        words.contains("Waiting since 00:00. Unless somebody claims it by 00:20 (15 min left), "),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_counts_down_by_itself_and_exchanges_nothing() {
    let world = World::new();
    let page = waiting(&world).await;
    world.wait(Duration::from_secs(750));
    let browser = ann_at(&world, &page).await;
    browser
        .script("document.querySelector('form.claim').mine = true")
        .await;
    browser
        .find(
            "xpath",
            "//time[@class='left'][starts-with(., '8')][. != '90 s']",
        )
        .await;
    browser.picture("console-claim").await;
    let meter = browser
        .script("return document.querySelector('meter').value > 810")
        .await;
    assert_eq!(meter, json!(true));
    says(&world, "are you there?").await;
    browser.sees("are you there?").await;
    let form = browser
        .script("return document.querySelector('form.claim').mine")
        .await;
    assert_eq!(form, json!(true));
    assert!(is_still_the_same_page(&browser).await);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
