//! What pages look like in a real browser.

use handover_bridge::domain::retry::ErrorClass;
use serde_json::json;

use crate::{
    browser::{ann_at, claims},
    conversation::waiting,
    owed::failed,
    world::World,
};

/// What the browser makes of a property of the first such element.
fn computed(css: &str, property: &str) -> String {
    format!("return getComputedStyle(document.querySelector('{css}')).{property}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_acts_of_a_row_stand_in_its_last_cell() {
    let world = World::new();
    failed(&world, "u1", ErrorClass::Busy, false).await;
    let browser = ann_at(&world, "/console/deliveries").await;
    let display = browser.script(&computed("td.acts", "display")).await;
    assert_eq!(display, "table-cell");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_low_window_there_is_a_transcript_and_everything_can_be_reached() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser
        .script("document.querySelector('#do-close').open = true")
        .await;
    // So much of the transcript is seen once it is scrolled to, and so far above the lower edge the last button ends.
    let seen = "const talk = document.querySelector('.talk'); talk.scrollTop = 0; \
        const { height } = document.querySelector('.talk__scroll').getBoundingClientRect(); \
        talk.scrollTop = talk.scrollHeight; const edge = talk.getBoundingClientRect().bottom; \
        const last = [...document.querySelectorAll('.talk summary')].pop().getBoundingClientRect(); \
        return [height, edge - last.bottom]";
    for (width, height) in [(390, 500), (320, 256)] {
        browser.resize(width, height).await;
        let measured = browser.script(seen).await;
        browser.picture(&format!("console-low-{width}")).await;
        assert!(measured[0].as_f64().unwrap() >= 150.0, "{measured}");
        assert!(measured[1].as_f64().unwrap() >= 0.0, "{measured}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_narrowest_phone_dead_letters_are_read_without_scrolling_sideways() {
    let world = World::new();
    failed(&world, "u1", ErrorClass::Busy, true).await;
    let browser = ann_at(&world, "/console/deliveries?state=dead").await;
    browser.resize(320, 640).await;
    let unbroken = "document.querySelector('#owed bdi').textContent = 'x'.repeat(60)";
    browser.script(unbroken).await;
    browser.picture("console-dead-320").await;
    let wide = "const edge = document.documentElement.clientWidth; return [...document.querySelectorAll('#main, #owed *')] \
        .filter((it) => it.scrollWidth > it.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(it).overflowX)) \
        .map((it) => [it.id || it.className, it.scrollWidth, it.clientWidth, edge])";
    assert_eq!(browser.script(wide).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_scrolls_can_be_scrolled_by_keys() {
    let world = World::new();
    let page = waiting(&world).await;
    failed(&world, "u1", ErrorClass::Busy, false).await;
    let browser = ann_at(&world, &page).await;
    let stuck = "return [...document.querySelectorAll('main *')].filter((it) => \
        /auto|scroll/.test(getComputedStyle(it).overflowX + getComputedStyle(it).overflowY) && it.tabIndex < 0 && !it.querySelector('a, button, input, textarea')) \
        .map((it) => it.id || it.className)";
    let reach = "return document.querySelector('#context').tabIndex";
    assert_eq!(browser.script(reach).await, 0);
    for (path, width) in [(page.as_str(), 1440), ("/console/deliveries", 360)] {
        browser.script(&format!("location.href = '{path}'")).await;
        browser.find("css selector", ".transcript, .spans").await;
        browser.resize(width, 900).await;
        assert_eq!(browser.script(stuck).await, json!([]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_what_is_sent_with_stands_in_the_row_of_the_tools() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.resize(360, 740).await;
    browser.picture("console-tools").await;
    let tools = "const tops = [...document.querySelectorAll('.tools > details > summary, .tools > .btn')].map((it) => { const box = it.getBoundingClientRect(); return (box.top + box.bottom) / 2; }); return Math.max(...tops) - Math.min(...tops)";
    assert!(browser.script(tools).await.as_f64().unwrap() < 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_claims_a_conversation_can_write_at_once() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.script(focused).await, "write");
    browser.script("location.reload()").await;
    browser.find("css selector", "#write").await;
    assert_eq!(browser.script(focused).await, "", "the page is only read");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_of_the_sound_shows_how_it_is_and_says_what_a_press_does() {
    let world = World::new();
    let browser = ann_at(&world, "/console").await;
    let switch = "const it = document.querySelector('[data-sound-switch]'); \
        return [it.title, it.getAttribute('aria-label'), it.querySelector('use').getAttribute('href')]";
    let says = |does: &str, picture: &str| {
        let words = format!("Turn {does} the sound when a user waits");
        json!([words, words, picture])
    };
    assert_eq!(browser.script(switch).await, says("off", "#i-bell"));
    browser.presses("[data-sound-switch]").await;
    assert_eq!(browser.script(switch).await, says("on", "#i-bell-off"));
    browser.picture("console-sound-off").await;
}
