//! A conversation with more messages than a page shows.

use serde_json::json;

use crate::{
    browser::{ann_at, claims, is_still_the_same_page},
    conversation::{says, sends, waiting},
    webdriver::Browser,
    world::{self, World},
};

/// What the user has said is `message 0` to `message 119`, of which a page shows the last hundred.
async fn long(world: &World) -> String {
    let page = waiting(world).await;
    for number in 0..120 {
        says(world, &format!("message {number}")).await;
    }
    page
}

async fn is_shown(browser: &Browser, (by, text): (&str, &str)) {
    let turn = format!(
        "//li[@data-key][contains(@class, 'turn--{by}')]//div[starts-with(text(), '{text}')]"
    );
    browser.find("xpath", &turn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_messages_come_above_the_newest_and_what_is_said_goes_on_below() {
    let world = World::new();
    let page = long(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    let top = "return [...document.querySelectorAll('.turn')].find((it) => it.textContent.includes('message 60')).getBoundingClientRect().top";
    browser
        .script("document.querySelector('.talk__scroll').scrollTop = -1000")
        .await;
    let before = browser.script(top).await;
    browser
        .script("document.querySelector('.talk__scroll > .more a').click()")
        .await;
    is_shown(&browser, ("user", "message 0")).await;
    assert_eq!(browser.script(top).await, before, "the reader stays there");
    let ways = "return document.querySelectorAll('.more').length";
    assert_eq!(
        browser.script(ways).await,
        0,
        "there are none that are older"
    );

    says(&world, "newer one").await;
    browser.sees("1 newer message below").await;
    browser.picture("console-older").await;
    browser.type_into("#write", "my answer\u{e007}").await;
    is_shown(&browser, ("agent", "my answer")).await;
    says(&world, "thank you").await;
    is_shown(&browser, ("user", "thank you")).await;
    is_shown(&browser, ("user", "message 0")).await;
    assert!(is_still_the_same_page(&browser).await);
    let turns = "const keys = [...document.querySelectorAll('.transcript > ol > li')].map((it) => it.dataset.key); return keys.length - new Set(keys).size";
    assert_eq!(browser.script(turns).await, json!(0), "each stands once");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_of_older_messages_leads_to_the_newest_where_answers_are_written() {
    let world = World::new();
    let page = long(&world).await;
    let ann = world.signed_in(world::Browser::here(), "ann").await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let newest = world.get(&ann, &page).await.body;
    let (_, older) = newest.split_once("<p class=\"more\"><a").unwrap();
    let (_, older) = older.split_once("href=\"").unwrap();
    let older = older.split('"').next().unwrap().replace("&amp;", "&");
    let older = world.get(&ann, &older).await.body;
    assert!(older.contains(">message 0</div>") && !older.contains(">message 119</div>"));
    let way = format!("href=\"{page}\">To the newest</a>");
    assert!(older.contains(&way), "{older}");
    assert!(!older.contains("<textarea"), "{older}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_was_not_sent_goes_back_into_its_field_from_below_the_newest() {
    let world = World::new();
    let page = long(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    let id = page.rsplit('/').next().unwrap();
    let plant = format!(
        "const kept = {{conversation: '{id}', by: 'ann', at: 1, to: 'Them', values: {{form: 'f', text: 'not yet said'}}, fault: {{words: 'no'}}}}; \
         localStorage.setItem('unsent {id} f', JSON.stringify(kept)); \
         location.href = document.querySelector('.talk__scroll > .more a').href"
    );
    browser.script(&plant).await;
    browser.sees("To the newest").await;
    let newest = format!(".owed a[href='{page}']");
    browser.find("css selector", &newest).await;
    browser.picture("console-owed-of-older").await;
    let failed = "return document.querySelectorAll('.turn--failed').length";
    assert_eq!(browser.script(failed).await, 0, "it is none of the older");
    browser.presses(&newest).await;
    browser.find("css selector", ".turn--failed").await;
    browser.presses_text("Back into the field").await;
    let text = "return document.querySelector('#write').value";
    assert_eq!(browser.script(text).await, "not yet said");
    assert_eq!(browser.script(failed).await, 0);
}
