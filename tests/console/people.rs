//! Who is signed in, who may sign whom out, and what is written down of it.

use std::time::Duration;

use axum::http::StatusCode;
use handover_bridge::store::{ConsoleStore as _, NewAudit};

use serde_json::json;

use crate::{
    browser::ann_at,
    conversation::{sends, waiting_as},
    owed::HOSTILE,
    world::{Browser, World},
};

const PEOPLE: &str = "/console/people";
const SIGN_OUT: &str = "/console/people/sign-out";

async fn is_in(world: &World, browser: &Browser) -> bool {
    world.get(browser, PEOPLE).await.status == StatusCode::OK
}

#[tokio::test]
async fn the_list_says_who_may_come_and_who_is_there() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = world.get(&ann, PEOPLE).await.body;
    assert!(page.contains(">ann<") && page.contains(">ben<"));
    assert_eq!(page.matches("1 session").count(), 1);
    assert!(page.contains("2026-01-01 00:00 UTC"));
    world.wait(Duration::from_mins(61));
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let page = world.get(&ben, PEOPLE).await.body;
    assert_eq!(page.matches("1 session").count(), 1, "ann's has ended");
    assert!(page.contains("2026-01-01 01:01 UTC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_people_and_of_the_trail_are_the_readers_own() {
    let world = World::new();
    let browser = ann_at(&world, PEOPLE).await;
    let zone = json!({"timezoneId": "Asia/Tokyo"});
    let command = json!({"cmd": "Emulation.setTimezoneOverride", "params": zone});
    browser.post("goog/cdp/execute", command).await;
    for page in [PEOPLE, "/console/audit"] {
        browser.script(&format!("location.href = '{page}'")).await;
        let shown =
            format!("//body[.//a[@href='{page}'][@aria-current]]//td//time[contains(., '9:01')]");
        browser.find("xpath", &shown).await;
        browser
            .picture(&format!("console-times-{}", &page[9..]))
            .await;
    }
}

#[tokio::test]
async fn an_agent_signs_nobody_else_out() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    assert!(!world.get(&ann, PEOPLE).await.body.contains(SIGN_OUT));
    for form in ["who=ben", ""] {
        let refused = world.post(&ann, SIGN_OUT, form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{form}");
        let asked = world.get(&ann, &format!("{SIGN_OUT}?{form}")).await;
        assert_eq!(asked.status, StatusCode::FORBIDDEN, "{form}");
    }
    assert!(is_in(&world, &ben).await && is_in(&world, &ann).await);
    let audited = world.audited().await;
    assert!(audited.iter().all(|(_, action)| action == "sign_in"));
}

#[tokio::test]
async fn an_admin_signs_one_out_or_everyone_and_is_asked_first() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let question = world.get(&ben, &format!("{SIGN_OUT}?who=ann")).await;
    assert!(question.body.contains("Sign ann out?"));
    assert!(is_in(&world, &ann).await);
    world.post(&ben, SIGN_OUT, "who=ann").await;
    assert!(!is_in(&world, &ann).await && is_in(&world, &ben).await);

    let ann = world.signed_in(Browser::here(), "ann").await;
    let question = world.get(&ben, SIGN_OUT).await;
    assert!(question.body.contains("Sign everyone out?"));
    world.post(&ben, SIGN_OUT, "").await;
    assert!(!is_in(&world, &ann).await && !is_in(&world, &ben).await);
    let audited = world.audited().await;
    let by_ben = |action: &str| ("ben".to_owned(), action.to_owned());
    assert!(audited.contains(&by_ben("sessions.end")), "{audited:?}");
    assert_eq!(audited[0], by_ben("sessions.end_all"));
}

#[tokio::test]
async fn whoever_goes_is_told_how_many_conversations_stay_theirs_and_what_becomes_of_them() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let account = async || world.get(&ann, "/console/account").await.body;
    assert!(!account().await.contains("when you sign out"));
    for user in ["u1", "u2"] {
        let page = waiting_as(&world, user).await;
        sends(&world, &ann, (&page, "claim"), "").await;
    }
    let told = account().await;
    assert!(told.contains("2 conversations stay with you when you sign out."));
    assert!(told.contains("after 10 min without an answer"), "{told}");
    assert!(told.contains("after 1 h without a word"), "{told}");
    assert!(told.contains("href=\"/console?list=mine\""));
    let list = world.get(&ann, PEOPLE).await.body;
    assert!(!list.contains("/console/sign-out"), "the way out is there");
    let question = world.get(&ben, &format!("{SIGN_OUT}?who=ann")).await;
    assert!(question.body.contains("2 open conversations are theirs"));
}

#[tokio::test]
async fn the_audit_trail_is_shown_in_words_the_newest_first_page_by_page() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    for number in 0..100 {
        let entry = NewAudit {
            actor: "-".to_owned(),
            action: "sign_in.refused",
            subject: format!("{HOSTILE} {number}"),
        };
        world.store.keep_audit(entry).await.unwrap();
    }
    let first = world.get(&ann, "/console/audit").await.body;
    assert!(first.find(" 99<").unwrap() < first.find(" 0<").unwrap());
    assert_eq!(first.matches("Sign-in refused").count(), 100);
    assert!(!first.contains("<script>alert") && !first.contains("Signed in<"));
    let (_, rest) = first.split_once("/console/audit?before=").unwrap();
    let before = rest.split('"').next().unwrap();
    let second = world
        .get(&ann, &format!("/console/audit?before={before}"))
        .await;
    assert_eq!(second.body.matches("<b>Signed in</b>").count(), 1);
    assert!(!second.body.contains("Sign-in refused") && !second.body.contains("before="));
    let signed_out = world.get(&Browser::here(), "/console/audit").await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER);
}
