//! Signing in and out, and what a session is good for.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use handover_bridge::{
    console::OneTime,
    domain::{ids::OperatorName, time::Timestamp},
};

use crate::{
    form::PASSWORD,
    world::{Browser, TOKEN, World},
};

const SIGN_IN: &str = "/console/sign-in";
const SIGN_OUT: &str = "/console/sign-out";
const RIGHT: &str = "name=ann&password=correct+horse+battery";
const WRONG: &str = "name=ann&password=wrong+horse+battery";

/// Signing out is answered with the way to the page only to whoever is signed in.
async fn is_signed_in(world: &World, browser: &Browser) -> bool {
    let answer = world.get(browser, "/console/account").await;
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn a_session_is_begun_by_https_and_its_cookie_stays_there() {
    let world = World::new();
    let answer = world.post(&Browser::by_https(), SIGN_IN, RIGHT).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), Some("/console"));
    let cookie = answer.cookie().unwrap();
    assert!(cookie.starts_with("__Host-handover="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
    assert_eq!(
        answer.headers[header::STRICT_TRANSPORT_SECURITY],
        "max-age=31536000"
    );
    let browser = Browser::by_https().keeping(&answer);
    assert!(is_signed_in(&world, &browser).await);
    let plain = Browser::here().keeping(&answer);
    assert!(!is_signed_in(&world, &plain).await, "another transport");
}

#[tokio::test]
async fn on_the_machine_itself_plain_http_will_do() {
    let world = World::new();
    let answer = world.post(&Browser::here(), SIGN_IN, RIGHT).await;
    let cookie = answer.cookie().unwrap();
    assert!(cookie.starts_with("handover=") && !cookie.contains("Secure"));
    assert!(is_signed_in(&world, &Browser::here().keeping(&answer)).await);
}

#[tokio::test]
async fn plain_http_from_elsewhere_signs_nobody_in_and_says_why() {
    let world = World::new();
    for browser in [
        Browser::at("203.0.113.7").sends("host", "bridge.example"),
        Browser::at("203.0.113.7")
            .sends("host", "localhost")
            .sends("x-forwarded-proto", "https"),
        Browser::here().sends("host", "evil.example"),
        Browser::here().sends("x-forwarded-for", "203.0.113.7"),
        Browser::at("10.0.0.1").sends("x-forwarded-proto", "https, http"),
        Browser::default().sends("host", "bridge.example"),
    ] {
        for answer in [
            world.get(&browser, SIGN_IN).await,
            world.post(&browser, SIGN_IN, RIGHT).await,
        ] {
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.body.contains("server.trusted_proxies"));
            assert_eq!(answer.cookie(), None);
        }
    }
}

#[tokio::test]
async fn twenty_wrong_passwords_shut_out_their_source_and_nobody_else() {
    let world = World::new();
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(world.post(&Browser::here(), SIGN_IN, WRONG).await.status);
    }
    assert!(
        statuses[..10]
            .iter()
            .all(|s| *s == StatusCode::UNAUTHORIZED)
    );
    assert!(
        statuses[10..]
            .iter()
            .all(|s| *s == StatusCode::TOO_MANY_REQUESTS)
    );
    let right = world.post(&Browser::here(), SIGN_IN, RIGHT).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(right.headers["retry-after"], "900");
    world.signed_in(Browser::by_https(), "ann").await;
    world.signed_in(Browser::here(), "ben").await;
    world.wait(Duration::from_mins(16));
    world.signed_in(Browser::here(), "ann").await;
    let refused = world.audited().await;
    let refused = refused.iter().filter(|(_, what)| what == "sign_in.refused");
    assert_eq!(refused.count(), 10);
}

#[tokio::test]
async fn nobody_unknown_comes_in_and_the_answer_is_the_same() {
    let world = World::new();
    let browser = Browser::here();
    let known = world.post(&browser, SIGN_IN, WRONG).await;
    for form in [
        "name=zoe&password=correct+horse+battery",
        "name=&password=correct+horse+battery",
        "name=%2e%2e&password=",
        &format!("name=admin&password={TOKEN}"),
    ] {
        let answer = world.post(&browser, SIGN_IN, form).await;
        assert_eq!(answer.status, known.status, "{form}");
        assert!(answer.body.contains("Name or password is not right."));
    }
}

#[tokio::test]
async fn without_users_the_admins_token_opens() {
    let world = World::with(BTreeMap::new(), None);
    let browser = Browser::here();
    let page = world.get(&browser, SIGN_IN).await;
    assert!(page.body.contains("admin.token") && !page.body.contains("name=\"name\""));
    let wrong = world.post(&browser, SIGN_IN, "password=wrong").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = world
        .post(&browser, SIGN_IN, &format!("password={TOKEN}"))
        .await;
    assert!(is_signed_in(&world, &browser.keeping(&right)).await);
}

#[tokio::test]
async fn a_session_that_a_token_began_ends_with_that_token() {
    const NEW: &str = "fedcba9876543210fedcba9876543210";
    let world = World::with(BTreeMap::new(), None);
    let browser = Browser::here();
    let by = async |token: &str| {
        let form = format!("password={token}");
        let answer = world.post(&browser, SIGN_IN, &form).await;
        browser.clone().keeping(&answer)
    };
    let old = by(TOKEN).await;
    world.token.replace(&[NEW, TOKEN].into_iter().collect());
    assert!(is_signed_in(&world, &old).await, "both are accepted");
    let new = by(NEW).await;
    world.token.replace(&[NEW].into_iter().collect());
    assert!(!is_signed_in(&world, &old).await);
    assert!(is_signed_in(&world, &new).await);
    let api = asks(&world, &old, "GET", "/api/admin/handovers").await;
    assert_eq!(api, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let world = World::new();
    let browser = world.signed_in(Browser::here(), "ann").await;
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
    ] {
        let request = Request::post(SIGN_OUT).header(foreign.0, foreign.1);
        let answer = world
            .call(&browser, request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert!(is_signed_in(&world, &browser).await);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_at_the_latest_after_twelve_hours() {
    let world = World::new();
    let browser = world.signed_in(Browser::here(), "ann").await;
    for _ in 0..14 {
        world.wait(Duration::from_mins(50));
        assert!(is_signed_in(&world, &browser).await);
    }
    world.wait(Duration::from_mins(50));
    assert!(!is_signed_in(&world, &browser).await, "over twelve hours");
    let idle = world.signed_in(Browser::here(), "ann").await;
    world.wait(Duration::from_mins(61));
    assert!(!is_signed_in(&world, &idle).await);
    let answer = world.post(&idle, SIGN_OUT, "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("nothing is lost"));
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all_of_them() {
    let world = World::new();
    let one = world.signed_in(Browser::here(), "ann").await;
    let two = world.signed_in(Browser::by_https(), "ann").await;
    let three = world.signed_in(Browser::by_https(), "ann").await;
    let bens = world.signed_in(Browser::by_https(), "ben").await;
    let answer = world.post(&one, SIGN_OUT, "").await;
    assert_eq!(answer.location(), Some(SIGN_IN));
    assert!(answer.cookie().unwrap().contains("Max-Age=0"));
    assert!(!is_signed_in(&world, &one).await);
    assert!(is_signed_in(&world, &two).await);
    world.post(&two, "/console/sign-out/everywhere", "").await;
    assert!(!is_signed_in(&world, &three).await);
    assert!(is_signed_in(&world, &bens).await);
}

#[tokio::test]
async fn whoever_comes_to_a_page_is_led_there_after_signing_in_and_never_elsewhere() {
    let world = World::new();
    let browser = Browser::here();
    let answer = world.get(&browser, "/console?list=open").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = answer.location().unwrap().to_owned();
    assert_eq!(page, "/console/sign-in?to=%2Fconsole%3Flist%3Dopen");
    for (to, lands) in [
        ("%2Fconsole%3Flist%3Dopen", "/console?list=open"),
        ("%2Fconsole%2Fhealth", "/console/health"),
        ("https%3A%2F%2Fevil.example", "/console"),
        ("%2F%2Fevil.example", "/console"),
        ("%2Fconsole%5C..%2Fevil", "/console"),
        ("%2Fconsole.evil.example", "/console"),
        ("%2Fconsole%2Fsign-in", "/console"),
        ("", "/console"),
    ] {
        let form = format!("{RIGHT}&to={to}");
        let answer = world.post(&browser, SIGN_IN, &form).await;
        assert_eq!(answer.location(), Some(lands), "{to}");
    }
}

#[tokio::test]
async fn a_link_signs_in_once_in_time_and_on_this_machine_alone() {
    let link = |at: i64| {
        let developer = OperatorName::new("you").unwrap();
        OneTime::new(
            developer,
            Some("You".to_owned()),
            Timestamp::from_millis(at),
        )
        .unwrap()
    };
    let now = 1_767_225_600_000;
    let (one_time, token) = link(now);
    let world = World::with(BTreeMap::new(), Some(one_time));
    let path = format!("/console/sign-in/once/{token}");
    let wrong = world
        .get(&Browser::here(), "/console/sign-in/once/abc")
        .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let elsewhere = world.get(&Browser::by_https(), &path).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    let right = world.get(&Browser::here(), &path).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert!(is_signed_in(&world, &Browser::here().keeping(&right)).await);
    let again = world.get(&Browser::here(), &path).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(again.body.contains("href=\"/console\""), "it leads on");
    let (late, token) = link(now - 601_000);
    let world = World::with(BTreeMap::new(), Some(late));
    let path = format!("/console/sign-in/once/{token}");
    let late = world.get(&Browser::here(), &path).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn no_page_shows_a_password_or_a_token_again() {
    let world = World::new();
    let answer = world.post(&Browser::here(), SIGN_IN, WRONG).await;
    assert!(answer.body.contains("value=\"ann\""));
    for secret in ["wrong horse battery", PASSWORD, TOKEN] {
        assert!(!answer.body.contains(secret));
    }
}

#[tokio::test]
async fn who_has_another_password_has_to_sign_in_by_it() {
    let mut world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    assert_eq!(world.get(&ann, "/console").await.status, StatusCode::OK);
    world.change_passwords("another horse");
    let again = world.get(&ann, "/console").await.status;
    assert_eq!(again, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_replica_with_other_accounts_signs_nobody_out_of_those_that_know_them() {
    let mut world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let knows_her = world.console();
    world.change_passwords("another horse");
    let elsewhere = world.get(&ann, "/console").await.status;
    assert_eq!(elsewhere, StatusCode::SEE_OTHER);
    world.go_to(knows_her);
    assert_eq!(world.get(&ann, "/console").await.status, StatusCode::OK);
}

/// What the admin API answers to `browser`, who does not say that a page of ours has sent it.
async fn asks(world: &World, browser: &Browser, method: &str, path: &str) -> StatusCode {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    world.call(browser, request).await.status
}

const SKIP: &str = "/api/admin/deliveries/00000000-0000-0000-0000-000000000001/skip";

#[tokio::test]
async fn an_admin_who_is_signed_in_reads_the_metrics_and_uses_the_admin_api() {
    let world = World::new();
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    for path in ["/metrics", "/api/admin/handovers", "/api/admin/deliveries"] {
        assert_eq!(asks(&world, &ben, "GET", path).await, StatusCode::OK);
        let nobody = asks(&world, &Browser::by_https(), "GET", path).await;
        assert_eq!(nobody, StatusCode::UNAUTHORIZED);
    }
    let sent = Request::post("/api/admin/erasures")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"session_id":"nobody"}"#))
        .unwrap();
    let erasing = world.call(&ben, sent).await;
    assert_eq!(erasing.status, StatusCode::ACCEPTED);
    let by_ben = ("ben".to_owned(), "erasures.request".to_owned());
    assert!(world.audited().await.contains(&by_ben));
    // There is no such delivery.
    assert_eq!(
        asks(&world, &ben, "POST", SKIP).await,
        StatusCode::NOT_FOUND
    );
    world.post(&ben, SIGN_OUT, "").await;
    let after = asks(&world, &ben, "GET", "/metrics").await;
    assert_eq!(after, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_admin_api_is_for_admins_and_a_page_elsewhere_changes_nothing_there() {
    let world = World::new();
    let ann = world.signed_in(Browser::by_https(), "ann").await;
    let agent = asks(&world, &ann, "GET", "/metrics").await;
    assert_eq!(agent, StatusCode::UNAUTHORIZED);
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let led = ben.clone().sends("origin", "https://evil.example");
    let change = asks(&world, &led, "POST", SKIP).await;
    assert_eq!(change, StatusCode::UNAUTHORIZED);
    let wrong = ben.sends("authorization", "Bearer wrong");
    let both = asks(&world, &wrong, "GET", "/metrics").await;
    assert_eq!(both, StatusCode::UNAUTHORIZED, "a token that is wrong");
}

#[tokio::test]
async fn a_program_signs_in_without_saying_where_it_comes_from() {
    let world = World::new();
    let request = Request::post(SIGN_IN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(RIGHT))
        .unwrap();
    let answer = world.call(&Browser::by_https(), request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}
