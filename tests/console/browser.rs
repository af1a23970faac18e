//! Pages that stay open, in a real browser.

use std::time::Duration;

use handover_bridge::{
    domain::message::{Content, MediaKind},
    store::ConsoleStore as _,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    conversation::{says, says_as, says_content, sends, waiting, waiting_as},
    form::PASSWORD,
    webdriver::Browser,
    world::{Browser as Sender, World},
};

/// Ann at this page, in a world that has run for a while.
pub async fn ann_at(world: &World, page: &str) -> Browser {
    world.wait(Duration::from_mins(1));
    let root = world.served().await;
    signed_in_at("ann", &root, page).await
}

/// In a browser of their own.
pub async fn signed_in_at(name: &str, root: &str, page: &str) -> Browser {
    let browser = Browser::start().await;
    browser.resize(1280, 860).await;
    browser.go(&format!("{root}{page}")).await;
    browser.type_into("#name", name).await;
    browser
        .type_into("#password", &format!("{PASSWORD}\u{e007}"))
        .await;
    browser.find("css selector", ".app").await;
    // Gone after any load of a page.
    browser.script("window.isTheSamePage = true").await;
    browser
}

pub async fn is_still_the_same_page(browser: &Browser) -> bool {
    browser.script("return window.isTheSamePage === true").await == json!(true)
}

pub async fn claims(browser: &Browser) {
    browser.presses("form.claim button").await;
    browser.find("css selector", "#write").await;
    browser.script("window.isTheSamePage = true").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_to_wait_and_what_is_said_appear_by_themselves() {
    let world = World::new();
    let browser = ann_at(&world, "/console").await;
    let page = waiting(&world).await;
    let row = format!(".row[href=\"{page}\"]");
    browser.find("css selector", &row).await;
    assert!(is_still_the_same_page(&browser).await);
    let title = browser.script("return document.title").await;
    assert!(title.as_str().unwrap().starts_with("(1) "), "{title}");

    browser.presses(&row).await;
    browser.find("css selector", ".transcript").await;
    browser.script("window.isTheSamePage = true").await;
    says(&world, "one more thing").await;
    browser
        .find(
            "xpath",
            "//li[contains(@class, 'turn--user')]//div[text()='one more thing']",
        )
        .await;
    assert!(is_still_the_same_page(&browser).await);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn however_much_is_said_elsewhere_a_page_shows_what_is_said_here() {
    let world = World::new();
    let page = waiting(&world).await;
    waiting_as(&world, "s2").await;
    let browser = ann_at(&world, &page).await;
    let elsewhere = async {
        loop {
            says_as(&world, ("s2", "not here")).await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    let here = async {
        says(&world, "one more thing").await;
        let places = [
            "//li[contains(@class, 'turn--user')]//div[text()='one more thing']".to_owned(),
            format!("//a[@href='{page}'][@aria-current]//span[contains(., 'one more thing')]"),
        ];
        for place in places {
            browser.find("xpath", &place).await;
        }
    };
    tokio::select! {
        () = elsewhere => {}
        () = here => {}
    }
    assert!(is_still_the_same_page(&browser).await);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_sent_in_order_and_without_another_page() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser
        .type_into(
            "#write",
            "first\u{e007}second\u{e007}third\u{e008}\u{e007}\u{e000}goes on\u{e007}",
        )
        .await;
    for text in ["first", "second", "third"] {
        let turn = format!(
            "//li[@data-key][contains(@class, 'turn--agent')]//div[starts-with(text(), '{text}')]"
        );
        browser.find("xpath", &turn).await;
    }
    assert!(is_still_the_same_page(&browser).await);
    let said = "return [...document.querySelectorAll('.turn--agent .bubble')].map((it) => it.textContent.trim().split('\\n')[0])";
    assert_eq!(
        browser.script(said).await,
        json!(["first", "second", "third"])
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_a_change_around_it_and_the_page() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.type_into("#write", "half a sent").await;
    says(&world, "are you there?").await;
    browser.sees("are you there?").await;
    browser.type_into("#write", "ence").await;
    let text = "return document.querySelector('#write').value";
    assert_eq!(browser.script(text).await, "half a sentence");
    browser.script("location.reload()").await;
    browser.find("css selector", "#write").await;
    assert_eq!(browser.script(text).await, "half a sentence");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_nothing_to_whoever_signs_in_after_a_session_has_ended() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.type_into("#write", "half a sentence").await;
    let ben = world.signed_in(Sender::by_https(), "ben").await;
    sends(&world, &ben, (&page, "assign"), "to=ben").await;
    world.wait(Duration::from_hours(2));
    browser.script(&format!("location.href = '{page}'")).await;
    browser.type_into("#name", "ben").await;
    browser
        .type_into("#password", &format!("{PASSWORD}\u{e007}"))
        .await;
    browser.find("css selector", "#write").await;
    let drafts = "return [document.querySelector('#write').value, JSON.stringify(localStorage).includes('half')]";
    assert_eq!(browser.script(drafts).await, json!(["", false]));
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_outlive_the_page_and_esc_folds_them_before_it_leaves() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.presses("#choices summary").await;
    browser.type_into("#replies", "yes\nno").await;
    browser.script("location.reload()").await;
    browser.find("css selector", "#choices[open]").await;
    let replies = "return document.querySelector('#replies').value";
    assert_eq!(browser.script(replies).await, "yes\nno");
    browser.type_into("#replies", "\u{e00c}").await;
    let folded = "return [document.querySelector('#choices').open, document.activeElement.id]";
    assert_eq!(browser.script(folded).await, json!([false, "write"]));
    assert_eq!(browser.script("return location.pathname").await, page);
}

/// Every call of the page fails as on a line that is down, from now on or the next one alone.
fn loses(calls: &str) -> String {
    format!(
        "const send = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function () {{ \
         if ('{calls}' === 'one') XMLHttpRequest.prototype.send = send; setTimeout(() => this.onerror(), 0); }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_on_its_way_leaves_by_itself_also_when_the_page_was_left() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.script(&loses("one")).await;
    browser.type_into("#write", "first\u{e007}").await;
    browser
        .find("xpath", "//li[@data-key]//div[text()='first']")
        .await;
    browser.script(&loses("all")).await;
    browser.type_into("#write", "second\u{e007}").await;
    browser.sees("Kept here").await;
    browser.script("location.href = '/console/people'").await;
    browser.sees("Who may sign in").await;
    browser.script(&format!("location.href = '{page}'")).await;
    browser
        .find("xpath", "//li[@data-key]//div[text()='second']")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_let_in_whole_and_told_of_before_it_is_sent() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    let pasted = "const field = document.querySelector('#write'); field.focus(); document.execCommand('insertText', false, 'x'.repeat(4120))";
    browser.script(pasted).await;
    browser.sees("At most 4,000 characters can be sent").await;
    browser.sees("Here are 4,120.").await;
    browser.picture("console-too-long").await;
    browser.type_into("#write", "\u{e007}").await;
    let kept = "return [document.querySelector('#write').value.length, document.querySelectorAll('.turn--agent').length]";
    assert_eq!(browser.script(kept).await, json!([4120, 0]));
    let shorter = "const field = document.querySelector('#write'); field.setSelectionRange(4000, 4120); document.execCommand('delete')";
    browser.script(shorter).await;
    let told = "return document.querySelectorAll('.over').length";
    assert_eq!(browser.script(told).await, 0);
    browser.type_into("#write", "\u{e007}").await;
    browser.find("css selector", ".turn--agent[data-key]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_kept_with_the_reason() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    // A page that has not heard that its handover is over.
    browser
        .script("document.querySelector('.compose [name=handover]').value = '00000000-0000-0000-0000-000000000001'")
        .await;
    browser.type_into("#write", "too late\u{e007}").await;
    browser.sees("Not sent:").await;
    browser.presses_text("Back into the field").await;
    let text = browser
        .script("return document.querySelector('#write').value")
        .await;
    assert_eq!(text, "too late");
    let failed = browser
        .script("return document.querySelectorAll('.turn--failed').length")
        .await;
    assert_eq!(failed, 0);
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_further_up_stays_there_and_hears_how_much_is_new() {
    let world = World::new();
    let page = waiting(&world).await;
    for number in 0..40 {
        says(&world, &format!("message {number}")).await;
    }
    let browser = ann_at(&world, &page).await;
    let place = |text: &str| {
        format!(
            "return [...document.querySelectorAll('.turn')].find((it) => it.textContent.includes('{text}')).getBoundingClientRect().top"
        )
    };
    let newest = browser.script(&place("message 39")).await;
    assert!(newest.as_f64().unwrap() < 860.0, "it opens at its end");
    browser
        .script("document.querySelector('.talk__scroll').scrollTop = -1000")
        .await;
    let before = browser.script(&place("message 20")).await;
    says(&world, "newer one").await;
    browser.sees("1 newer message below").await;
    says(&world, "newer two").await;
    browser.sees("2 newer messages below").await;
    assert_eq!(browser.script(&place("message 20")).await, before);
    browser.picture("console-newer-below").await;
    browser.presses_text("2 newer messages below").await;
    says(&world, "newer three").await;
    browser
        .find(
            "xpath",
            "//li[contains(@class, 'turn')]//div[text()='newer three']",
        )
        .await;
    let newest = browser.script(&place("newer three")).await;
    assert!(newest.as_f64().unwrap() < 860.0, "it follows");
    let left = browser
        .script("return document.querySelectorAll('.talk .fresh').length")
        .await;
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stay_under_the_hand_until_it_leaves_or_asks() {
    let world = World::new();
    waiting(&world).await;
    let browser = ann_at(&world, "/console").await;
    browser
        .script("document.querySelector('#inbox .row').focus()")
        .await;
    let before = "return document.querySelector('#inbox .row').textContent.includes('news')";
    says(&world, "news").await;
    browser.sees("Show what is new").await;
    assert_eq!(browser.script(before).await, false);
    browser.presses_text("Show what is new").await;
    browser.sees("news").await;
    let focused = browser
        .script("return document.querySelector('#inbox').contains(document.activeElement)")
        .await;
    assert_eq!(focused, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_keys_work_rest_in_fields_and_can_be_turned_off() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, "/console").await;
    browser.find("css selector", "#inbox .row").await;
    browser.type_into("body", "j").await;
    let focused = "return document.activeElement.getAttribute('href') ?? document.activeElement.id";
    assert_eq!(browser.script(focused).await, json!(page));
    browser.type_into("#q", "jk?").await;
    assert_eq!(
        browser
            .script("return document.querySelector('#q').value")
            .await,
        "jk?"
    );
    browser.script("document.activeElement.blur()").await;
    browser.type_into("body", "?").await;
    browser.presses("dialog input").await;
    browser.presses("dialog button").await;
    browser.script("document.activeElement.blur()").await;
    browser.type_into("body", "/").await;
    assert_ne!(browser.script(focused).await, "q");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_signed_out_is_told_and_led_back() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    world.store.end_sessions(None).await.unwrap();
    says(&world, "anyone?").await;
    browser.sees("You have been signed out").await;
    browser.presses_text("Sign in again").await;
    browser.find("css selector", "#password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_refused_form_is_kept_up_to_date_as_well() {
    let world = World::new();
    let page = waiting(&world).await;
    let browser = ann_at(&world, &page).await;
    claims(&browser).await;
    browser.type_into("#write", "   ").await;
    // As a browser without script would send it.
    browser
        .script("HTMLFormElement.prototype.submit.call(document.querySelector('.compose'))")
        .await;
    browser.find("css selector", ".compose__fault").await;
    browser.script("window.isTheSamePage = true").await;
    says(&world, "still here").await;
    browser
        .find(
            "xpath",
            "//li[contains(@class, 'turn--user')]//div[text()='still here']",
        )
        .await;
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_only_for_who_asks() {
    let world = World::new();
    let page = waiting(&world).await;
    let picture = "https://pictures.invalid/cat.png";
    says_content(
        &world,
        Content::Media {
            kind: MediaKind::Image,
            url: picture.to_owned(),
            name: None,
            caption: None,
        },
    )
    .await;
    let browser = ann_at(&world, &page).await;
    browser.sees("Show the picture").await;
    let fetched = "return performance.getEntriesByType('resource').filter((it) => it.name.includes('pictures.invalid')).length";
    assert_eq!(browser.script(fetched).await, 0);
    // The click of a person, and what it makes before the picture fails to come.
    let made = browser
        .script(
            "document.querySelector('.media__load').click(); const it = document.querySelector('.media img'); return [it.src, it.referrerPolicy]",
        )
        .await;
    assert_eq!(made, json!([picture, "no-referrer"]));
    browser.sees("The picture cannot be shown").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tone_sounds_for_who_begins_to_wait_unless_it_is_off() {
    let world = World::new();
    let browser = ann_at(&world, "/console").await;
    let counted = "window.tones = 0; const Heard = window.AudioContext; \
        window.AudioContext = class extends Heard { constructor() { super(); window.tones += 1; } }";
    browser.script(counted).await;
    let page = waiting_as(&world, "s1").await;
    browser.find("css selector", ".row").await;
    says(&world, "hello?").await;
    browser.sees("hello?").await;
    assert_eq!(browser.script("return window.tones").await, 1, "once");
    browser.presses("[data-sound-switch]").await;
    waiting_as(&world, "s2").await;
    browser.find("css selector", "li:nth-child(2) .row").await;
    assert_eq!(browser.script("return window.tones").await, 1, "it is off");
    browser.presses("[data-sound-switch]").await;
    waiting_as(&world, "s3").await;
    browser.find("css selector", "li:nth-child(3) .row").await;
    assert_eq!(
        browser.script("return window.tones").await,
        2,
        "it is on again"
    );
    let mine = world.signed_in(Sender::here(), "ann").await;
    sends(&world, &mine, (&page, "claim"), "").await;
    browser.find("css selector", "[data-list=mine] .row").await;
    says_as(&world, ("s1", "are you there?")).await;
    browser
        .find("css selector", "[data-list=mine] .row--unread")
        .await;
    assert_eq!(
        browser.script("return window.tones").await,
        3,
        "one's own user has written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_says_how_things_stand_is_made_anew_when_it_is_turned_to() {
    let world = World::new();
    let browser = ann_at(&world, "/console/health").await;
    browser.sees("Health").await;
    let waiting_now = "return [...document.querySelectorAll('.figs div')].find((it) => it.textContent.startsWith('Waiting')).querySelector('dd').textContent";
    assert_eq!(browser.script(waiting_now).await, "0");
    waiting(&world).await;
    browser
        .script("document.dispatchEvent(new Event('visibilitychange'))")
        .await;
    browser
        .find(
            "xpath",
            "//dt[text()='Waiting for a person']/../dd[text()='1']",
        )
        .await;
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_list_it_is_quiet_for_as_long_as_it_is() {
    let world = World::new();
    let browser = ann_at(&world, "/console").await;
    browser.sees("All quiet on the bridge").await;
    waiting(&world).await;
    browser.sees("No conversation chosen").await;
    let quiet = "return document.body.textContent.includes('All quiet')";
    assert_eq!(browser.script(quiet).await, false);
    assert!(is_still_the_same_page(&browser).await);
}
