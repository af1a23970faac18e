//! How everybody does, and who is shown the addresses that are secrets.

use std::time::Duration;

use axum::http::StatusCode;
use handover_bridge::{
    domain::{
        delivery::Destination,
        effect::{Warning, WarningKind},
        ids::DeskName,
        policy::ClosedBecause,
        retry::ErrorClass,
    },
    store::Store as _,
};

use crate::{
    conversation::waiting,
    owed::{HOSTILE, bot, failed},
    world::{Browser, HOOK_URL, World},
};

const HEALTH: &str = "/console/health";

#[tokio::test]
async fn admins_alone_are_shown_the_addresses_of_hooks() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let (anns, bens) = (world.get(&ann, HEALTH).await, world.get(&ben, HEALTH).await);
    assert_eq!(anns.status, StatusCode::OK);
    assert!(!anns.body.contains("key-of-the-hook"));
    assert!(bens.body.contains(HOOK_URL));
    assert_eq!(bens.headers["cache-control"], "no-store");
    let nobody = world.get(&Browser::here(), HEALTH).await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_a_kind_of_warning_means_is_said_once() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    for user in ["u1", "u2", "u3"] {
        failed(&world, user, ErrorClass::Rejected, true).await;
    }
    let page = world.get(&ann, HEALTH).await.body;
    assert_eq!(page.matches("Something was given up").count(), 1);
    assert!(page.contains("<td class=\"full\" rowspan=\"3\">"));
}

#[tokio::test]
async fn who_is_left_with_nobody_is_named() {
    let world = World::new();
    let page = waiting(&world).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let link = format!("<a href=\"{page}\">");
    assert!(!world.get(&ann, HEALTH).await.body.contains(&link));
    world.wait(Duration::from_secs(331));
    assert!(world.get(&ann, HEALTH).await.body.contains(&link));
}

#[tokio::test]
async fn a_warning_about_a_handover_leads_to_its_conversation() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    failed(&world, "u1", ErrorClass::Rejected, true).await;
    let page = world.get(&ann, HEALTH).await.body;
    let (_, rest) = page.split_once("href=\"/console/handovers/").unwrap();
    let handover = format!("/console/handovers/{}", rest.split('"').next().unwrap());
    let found = world.get(&ann, &handover).await;
    assert_eq!(found.status, StatusCode::SEE_OTHER);
    let conversation = found.location().unwrap();
    assert!(conversation.starts_with("/console/conversations/"));
    let read = world.get(&ann, conversation).await;
    assert!(read.body.contains("Given up by the bridge"));
    let unknown = "/console/handovers/00000000-0000-0000-0000-000000000001";
    assert_eq!(world.get(&ann, unknown).await.status, StatusCode::NOT_FOUND);
    let nobody = world.get(&Browser::here(), &handover).await;
    assert!(nobody.location().unwrap().starts_with("/console/sign-in"));
}

#[tokio::test]
async fn a_user_of_a_warning_is_named_and_what_is_late_stands_beside_the_zero() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    failed(&world, "u1", ErrorClass::Rejected, true).await;
    failed(&world, "u2", ErrorClass::Busy, false).await;
    let page = world.get(&ann, HEALTH).await.body;
    let (_, rest) = page.split_once("href=\"/console/handovers/").unwrap();
    let link = rest.split("</a>").next().unwrap();
    assert!(link.contains("<bdi>&quot;&gt;&lt;script&gt;"), "{link}");
    assert!(!page.contains(HOSTILE) && !page.contains(" is late"));
    world.wait(std::time::Duration::from_mins(2));
    let page = world.get(&ann, HEALTH).await.body;
    assert!(
        page.contains("1 call is owed to a bot that is late"),
        "{page}"
    );
}

#[tokio::test]
async fn whoever_is_configured_is_there_before_the_first_call_and_tells_of_the_last() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let quiet = world.get(&ann, HEALTH).await.body;
    assert!(quiet.contains("<h3>webshop</h3>") && quiet.contains("<h3>team</h3>"));
    assert_eq!(quiet.matches("Not called yet").count(), 2);
    assert!(
        quiet.contains("Answered here"),
        "nobody calls a desk of the console"
    );
    assert!(quiet.contains("<dt>Signed in</dt><dd class=\"num\">1</dd>"));
    assert!(quiet.contains("class=\"zero\"") && !quiet.contains("Warnings"));
    assert!(
        quiet.contains("bots.webshop.resume is the default, a guess"),
        "what `handover check` says of the configuration"
    );

    failed(&world, "u1", ErrorClass::Rejected, true).await;
    world
        .store
        .set_condition(&bot(), Some(ClosedBecause::BreakerOpen));
    let team = Destination::Desk(DeskName::new("team").unwrap());
    world
        .store
        .set_condition(&team, Some(ClosedBecause::NoAgent));
    let warning = Warning {
        kind: WarningKind::UnkeyedHook,
        subject: HOSTILE.to_owned(),
    };
    world.store.warn(warning).await.unwrap();
    let page = world.get(&ann, HEALTH).await.body;
    assert!(page.contains("Does not answer") && page.contains("No agent signed in"));
    assert!(page.contains("Refused the content, 0 s ago"));
    assert!(
        page.contains("href=\"/console/deliveries?state=dead&amp;destination=bot:webshop\">1<")
    );
    assert!(page.contains("A hook is called without its key"));
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert(1)"));
}
