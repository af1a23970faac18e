//! What is owed and given up, and what may be done about it by whom.

use std::time::Duration;

use axum::http::StatusCode;
use handover_bridge::{
    domain::{ids::DeliveryId, retry::ErrorClass},
    store::{ConsoleStore as _, DeliveryState},
};
use uuid::Uuid;

use crate::{
    browser::{ann_at, is_still_the_same_page},
    conversation::sends,
    owed::{HOSTILE, failed, is_due, state},
    world::{Browser, World},
};

const PAGE: &str = "/console/deliveries";
const ALL: &str = "/console/deliveries/retry-all";
const TO_BOT: &str = "destination=bot%3Awebshop";

fn at(id: DeliveryId, act: &str) -> String {
    format!("{PAGE}/{id}/{act}")
}

async fn acts(world: &World) -> Vec<(String, String, String)> {
    let trail = world.store.audit_trail(None, 100).await.unwrap();
    let entries = trail.items.into_iter();
    let entries = entries.map(|entry| (entry.actor, entry.action, entry.subject));
    entries
        .filter(|(_, action, _)| action.starts_with("deliveries."))
        .collect()
}

#[tokio::test]
async fn who_is_not_signed_in_sees_and_changes_nothing() {
    let world = World::new();
    let id = failed(&world, "u1", ErrorClass::Busy, true).await;
    let nobody = Browser::here();
    for path in [PAGE.to_owned(), at(id, "skip"), format!("{ALL}?{TO_BOT}")] {
        let answer = world.get(&nobody, &path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
    }
    for path in [at(id, "skip"), at(id, "retry"), ALL.to_owned()] {
        let answer = world.post(&nobody, &path, TO_BOT).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(state(&world, id).await, DeliveryState::Dead);
    assert!(acts(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_counts_dead_letters_by_itself() {
    let world = World::new();
    let browser = ann_at(&world, "/console").await;
    let counted = "//nav//a[contains(., 'Deliveries')]/span[starts-with(., '1')]";
    failed(&world, "u1", ErrorClass::Busy, true).await;
    browser.find("xpath", counted).await;

    browser.script("location.href = '/console/people'").await;
    browser.sees("Who may sign in").await;
    browser.find("xpath", counted).await;
    browser.script(&format!("location.href = '{PAGE}'")).await;
    browser.sees("Nothing is late").await;
    failed(&world, "u2", ErrorClass::Busy, true).await;
    let turned_to = "document.dispatchEvent(new Event('visibilitychange'))";
    browser.script(turned_to).await;
    browser.find("xpath", &counted.replace("'1'", "'2'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_list_shows_by_itself_what_is_late_and_what_no_longer_is() {
    let world = World::new();
    let browser = ann_at(&world, PAGE).await;
    browser.sees("Nothing is late").await;
    let id = failed(&world, "u1", ErrorClass::Busy, false).await;
    let row = format!("#owed a[href='{}']", at(id, "skip"));
    browser.find("css selector", &row).await;
    browser.find("css selector", "#destinations .link").await;
    browser
        .script("document.querySelector('#owed a').focus()")
        .await;
    let other = world.signed_in(Browser::here(), "ann").await;
    world.post(&other, &at(id, "skip"), "").await;
    browser.sees("Show what is new").await;
    browser.picture("console-deliveries-new").await;
    browser.presses_text("Show what is new").await;
    browser.sees("Nothing is late").await;
    assert!(is_still_the_same_page(&browser).await);
}

#[tokio::test]
async fn the_list_is_by_state_destination_reason_and_age() {
    let world = World::new();
    let retrying = failed(&world, "u1", ErrorClass::Busy, false).await;
    let dead = failed(&world, "u2", ErrorClass::Rejected, true).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let shown = async |query: &str| {
        let page = world.get(&ann, &format!("{PAGE}{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        let has = |id| page.body.contains(&at(id, "retry"));
        (has(retrying), has(dead))
    };
    let late = world.get(&ann, PAGE).await.body;
    assert!(late.contains("Nothing here is lost") && !late.contains("has given up"));
    let given_up = world.get(&ann, &format!("{PAGE}?state=dead")).await.body;
    assert!(given_up.contains("has given up") && !given_up.contains("Nothing here is lost"));
    assert_eq!(shown("").await, (true, false));
    assert_eq!(shown("?state=dead").await, (false, true));
    assert_eq!(
        shown(&format!("?state=dead&{TO_BOT}&class=rejected")).await,
        (false, true)
    );
    assert_eq!(shown("?state=dead&class=busy").await, (false, false));
    assert_eq!(
        shown("?destination=desk%3Ateam&class=").await,
        (false, false)
    );
    world.wait(Duration::from_mins(5));
    assert_eq!(shown("?age=5m").await, (false, false));
    world.wait(Duration::from_secs(1));
    assert_eq!(shown("?age=5m").await, (true, false));
    assert_eq!(shown("?state=dead&age=5m").await, (false, true));
    assert_eq!(shown("?age=1h").await, (false, false));
    let page = world.get(&ann, PAGE).await;
    assert!(page.body.contains("Server error") && page.body.contains("1 try"));
    assert!(!page.body.contains(HOSTILE) && !page.body.contains("<img"));
    let row = page.body.split("<tr>").nth(2).unwrap();
    let escaped = row.matches("&lt;script&gt;alert(1)").count();
    assert_eq!(escaped, 2, "the name and the text: {row}");
    assert!(row.contains("href=\"/console/conversations/"), "{row}");
}

#[tokio::test]
async fn what_does_not_fit_on_a_page_is_on_the_next() {
    let world = World::new();
    let mut ids = Vec::new();
    for number in 0..51 {
        ids.push(failed(&world, &format!("u{number}"), ErrorClass::Rejected, true).await);
    }
    let ann = world.signed_in(Browser::here(), "ann").await;
    let first = world.get(&ann, &format!("{PAGE}?state=dead")).await.body;
    let (_, rest) = first.split_once("table-foot").unwrap();
    let (_, rest) = rest.split_once("href=\"").unwrap();
    let next = rest.split('"').next().unwrap().replace("&amp;", "&");
    let second = world.get(&ann, &next).await.body;
    for id in &ids {
        let link = at(*id, "skip");
        assert!(
            first.contains(&link) != second.contains(&link),
            "once: {id}"
        );
    }
    assert!(!second.contains("table-foot"));
}

#[tokio::test]
async fn a_question_says_what_happens_to_whom_and_asking_changes_nothing() {
    let world = World::new();
    let id = failed(&world, "u1", ErrorClass::Rejected, true).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = world.get(&ann, &at(id, "skip")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("The user will never see this message."));
    assert!(
        page.body
            .contains(&format!("action=\"{}\"", at(id, "skip")))
    );
    assert!(!page.body.contains(HOSTILE) && !page.body.contains("<img"));
    let escaped = page.body.matches("&lt;script&gt;alert(1)").count();
    assert_eq!(escaped, 2, "the name and the text: {}", page.body);
    assert_eq!(state(&world, id).await, DeliveryState::Dead);
    assert!(acts(&world).await.is_empty());
}

#[tokio::test]
async fn an_agent_retries_one_and_skips_one_and_it_is_known_who_did() {
    let world = World::new();
    let one = failed(&world, "u1", ErrorClass::Busy, false).await;
    let other = failed(&world, "u2", ErrorClass::Rejected, true).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    assert!(!is_due(&world, one).await.unwrap());
    let answer = world.post(&ann, &at(one, "retry"), "").await;
    assert_eq!(answer.location(), Some("/console/deliveries?done=retried"));
    assert!(is_due(&world, one).await.unwrap());
    let answer = world.post(&ann, &at(other, "skip"), "").await;
    let told = world.get(&ann, answer.location().unwrap()).await;
    assert!(told.body.contains("It has been given up."));
    assert_eq!(state(&world, other).await, DeliveryState::Cancelled);
    let by_ann =
        |action: &str, id: DeliveryId| ("ann".to_owned(), action.to_owned(), id.to_string());
    let expected = [
        by_ann("deliveries.skip", other),
        by_ann("deliveries.retry", one),
    ];
    assert_eq!(acts(&world).await, expected);
}

#[tokio::test]
async fn a_retry_leads_back_to_the_conversation_that_it_was_asked_for_in() {
    let world = World::new();
    let id = failed(&world, "u1", ErrorClass::Rejected, true).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let delivery = world.store.delivery(id).await.unwrap().unwrap();
    let page = format!("/console/conversations/{}", delivery.conversation);
    let seen = world.get(&ann, &page).await.body;
    assert!(seen.contains("turn--failed"), "{seen}");
    assert!(seen.contains("Not sent: Refused the content"), "{seen}");
    let link = format!("{}?to={page}", at(id, "retry"));
    assert!(seen.contains(&format!("href=\"{link}\"")), "{seen}");
    let asked = world.get(&ann, &link).await.body;
    assert!(asked.contains(&format!("name=\"to\" value=\"{page}\"")));
    for elsewhere in [
        "https://evil.example/console/",
        "//evil.example",
        "/console/\\x",
    ] {
        let link = format!("{}?to={elsewhere}", at(id, "retry"));
        let asked = world.get(&ann, &link).await.body;
        assert!(!asked.contains("name=\"to\""), "{elsewhere}");
    }
    let form = format!("to={page}");
    let answer = world.post(&ann, &at(id, "retry"), &form).await;
    assert_eq!(answer.location(), Some(page.as_str()));
    let again = world.get(&ann, &page).await.body;
    assert!(!again.contains("turn--failed") && !again.contains("Not sent"));
}

#[tokio::test]
async fn whoever_works_through_a_list_comes_back_to_it() {
    let world = World::new();
    let list = format!("{PAGE}?state=dead&{TO_BOT}");
    let ann = world.signed_in(Browser::here(), "ann").await;
    for (act, done) in [("skip", "skipped"), ("retry", "retried")] {
        let id = failed(&world, act, ErrorClass::Rejected, true).await;
        let shown = world.get(&ann, &list).await.body;
        let (_, link) = shown.split_once(&at(id, act)).unwrap();
        let from = link.split('"').next().unwrap();
        let asked = world
            .get(&ann, &format!("{}{from}", at(id, act)))
            .await
            .body;
        let leaves = format!("href=\"{}\"", list.replace('&', "&amp;"));
        assert!(asked.contains(&leaves), "{asked}");
        let form = from.trim_start_matches('?');
        let answer = world.post(&ann, &at(id, act), form).await;
        assert_eq!(
            answer.location(),
            Some(format!("{list}&done={done}").as_str())
        );
        let told = world.get(&ann, answer.location().unwrap()).await;
        assert_eq!(told.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_waits_behind_another_is_listed_below_it() {
    let world = World::new();
    let id = failed(&world, "u1", ErrorClass::Busy, false).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let delivery = world.store.delivery(id).await.unwrap().unwrap();
    let page = format!("/console/conversations/{}", delivery.conversation);
    sends(&world, &ann, (&page, "reply"), "text=are+you+getting+this").await;
    let listed = async |query: &str| {
        let shown = world.get(&ann, &format!("{PAGE}{query}")).await.body;
        shown.contains("are you getting this") && shown.contains("Waits behind another")
    };
    assert!(!listed("").await, "it has just been said");
    world.wait(Duration::from_secs(6));
    assert!(listed("").await);
    assert!(listed(&format!("?{TO_BOT}")).await);
    for other in [
        "?state=dead",
        "?class=busy",
        "?destination=desk%3Ateam",
        "?age=1h",
    ] {
        assert!(!listed(other).await, "{other}");
    }
}

#[tokio::test]
async fn what_is_settled_or_unknown_is_told_apart_in_words() {
    let world = World::new();
    let id = failed(&world, "u1", ErrorClass::Rejected, true).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    world.post(&ann, &at(id, "skip"), "").await;
    for act in ["skip", "retry"] {
        let again = world.post(&ann, &at(id, act), "").await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{act}");
        assert!(again.body.contains("Nothing was changed."));
        let asked = world.get(&ann, &at(id, act)).await;
        assert_eq!(asked.status, StatusCode::CONFLICT, "{act}");
        let unknown = DeliveryId::from_uuid(Uuid::from_u128(7));
        let unknown = world.post(&ann, &at(unknown, act), "").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{act}");
        assert!(unknown.body.contains("No such delivery"));
    }
    assert_eq!(acts(&world).await.len(), 1);
}

#[tokio::test]
async fn all_of_a_destination_is_for_admins_who_are_asked_first() {
    let world = World::new();
    let one = failed(&world, "u1", ErrorClass::Busy, false).await;
    let other = failed(&world, "u2", ErrorClass::Rejected, true).await;
    let ask = format!("{ALL}?{TO_BOT}");
    let ann = world.signed_in(Browser::here(), "ann").await;
    assert!(!world.get(&ann, PAGE).await.body.contains(ALL));
    assert_eq!(world.get(&ann, &ask).await.status, StatusCode::FORBIDDEN);
    let refused = world.post(&ann, ALL, TO_BOT).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(state(&world, other).await, DeliveryState::Dead);
    assert!(acts(&world).await.is_empty());

    let ben = world.signed_in(Browser::by_https(), "ben").await;
    assert!(world.get(&ben, PAGE).await.body.contains(ALL));
    let question = world.get(&ben, &ask).await;
    assert!(
        question
            .body
            .contains("Retry everything for the bot webshop?")
    );
    assert_eq!(state(&world, other).await, DeliveryState::Dead);
    let answer = world.post(&ben, ALL, TO_BOT).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(is_due(&world, one).await.unwrap() && is_due(&world, other).await.unwrap());
    let all = ["ben", "deliveries.retry_all", "bot:webshop"].map(str::to_owned);
    assert_eq!(acts(&world).await, [all.into()]);
}
