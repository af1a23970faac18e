//! Whatever a user, a bot, a platform or a colleague writes stands in the pages as text, in a browser that watches.

mod payloads;
mod world;

use axum::{Router, http::header, response::Html, routing::get};
use serde_json::{Value, json};

use self::{
    payloads::payloads,
    world::{Filled, filled},
};
use crate::{browser::signed_in_at, conversation::says_as, webdriver::Browser};

const WATCH: &str = include_str!("hostile/watch.js");
const LOOK: &str = include_str!("hostile/look.js");

/// Sees to it that each page is watched from before its first script on.
async fn watched(browser: &Browser) {
    let params = json!({"source": WATCH});
    let command = json!({"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": params});
    browser.post("goog/cdp/execute", command).await;
}

/// What is at fault with the page that is open. An answer that is no list, for example that a dialog is open, fails.
async fn faults(browser: &Browser, wanted: &Value) -> Vec<String> {
    let look = json!({"script": LOOK, "args": [wanted]});
    let found = browser.post("execute/sync", look).await;
    let faults = found.as_array().unwrap_or_else(|| panic!("{found}"));
    faults.iter().map(ToString::to_string).collect()
}

async fn is_harmless(browser: &Browser, (address, wanted): (&str, Value)) {
    browser.go(address).await;
    let found = faults(browser, &wanted).await;
    assert!(found.is_empty(), "{address}: {found:#?}");
}

fn query(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish()
}

/// The pages of a list, one after the other, and how many rows they have.
async fn all_of(browser: &Browser, first: &str, next: &str) -> u64 {
    let mut rows = 0;
    browser.go(first).await;
    loop {
        let found = faults(browser, &json!([])).await;
        assert!(found.is_empty(), "{first}, after {rows} rows: {found:#?}");
        let count = "return document.querySelectorAll('.row, tbody tr').length";
        rows += browser.script(count).await.as_u64().unwrap();
        let next = format!("return document.querySelector(\"{next}\")?.href");
        match browser.script(&next).await {
            Value::String(address) => browser.go(&address).await,
            _ => return rows,
        }
    }
}

/// A list, what leads to its next page, and how many rows it has at least.
type List = (&'static str, &'static str, u64);

const OLDER_ROWS: &str = ".table-foot a";
const MORE_ROWS: &str = ".list__body a.btn";
const OF_AGENTS: [List; 4] = [
    ("/console?list=open", MORE_ROWS, 20),
    ("/console?list=closed", MORE_ROWS, 1),
    ("/console/deliveries", OLDER_ROWS, 5),
    ("/console/deliveries?state=dead", OLDER_ROWS, 5),
];
const OF_ADMINS: [List; 4] = [
    ("/console", MORE_ROWS, 10),
    ("/console/audit", OLDER_ROWS, 500),
    ("/console/people", OLDER_ROWS, 500),
    ("/console/people/sign-out?who=ann", OLDER_ROWS, 0),
];

async fn lists_are_harmless(browser: &Browser, root: &str, lists: [List; 4]) {
    for (first, next, least) in lists {
        let count = all_of(browser, &format!("{root}{first}"), next).await;
        assert!(count >= least, "{first} has {count} rows");
    }
}

/// Every second conversation, beside a list that is searched for what it holds.
async fn conversations_are_harmless(
    browser: &Browser,
    root: &str,
    conversations: impl Iterator<Item = &(String, Vec<String>)>,
) {
    for (page, texts) in conversations {
        let all = texts.join(" ");
        let search = query("q", &all);
        let wanted = json!([
            [".bubble", texts],
            [".choice", texts],
            [".offer__do span, .offer__do a", texts],
            [".card b", texts],
            [".offer__item b", texts],
            [".media b", texts],
            [".facts dd", texts],
            [".facts dt", texts],
            ["#q", [all]],
        ]);
        is_harmless(browser, (&format!("{root}{page}?{search}"), wanted)).await;
    }
}

/// Warnings, and the question before a dead letter is given up.
async fn questions_are_harmless(browser: &Browser, root: &str, payloads: &[String]) {
    let warnings = json!([[".table bdi", payloads]]);
    is_harmless(browser, (&format!("{root}/console/health"), warnings)).await;
    browser
        .go(&format!("{root}/console/deliveries?state=dead"))
        .await;
    let questions =
        "return [...document.querySelectorAll(\"a[href*='/skip']\")].map((it) => it.href)";
    let questions = browser.script(questions).await;
    let questions = questions.as_array().unwrap();
    assert!(questions.len() >= 5, "{questions:?}");
    for address in questions {
        is_harmless(browser, (address.as_str().unwrap(), json!([]))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_payload_is_more_than_text_in_any_field_of_any_page() {
    let payloads = payloads();
    assert!(payloads.len() >= 500, "{}", payloads.len());
    let Filled {
        world,
        conversations,
    } = filled(&payloads).await;
    let root = world.served().await;
    let (ann, ben) = tokio::join!(
        signed_in_at("ann", &root, "/console/account"),
        signed_in_at("ben", &root, "/console/account")
    );
    tokio::join!(watched(&ann), watched(&ben));
    let (even, odd) = (
        conversations.iter().step_by(2),
        conversations.iter().skip(1).step_by(2),
    );
    tokio::join!(
        async {
            conversations_are_harmless(&ann, &root, even).await;
            lists_are_harmless(&ann, &root, OF_AGENTS).await;
        },
        async {
            conversations_are_harmless(&ben, &root, odd).await;
            lists_are_harmless(&ben, &root, OF_ADMINS).await;
            questions_are_harmless(&ben, &root, &payloads).await;
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_payload_that_comes_while_the_page_is_open_is_more_than_text() {
    let payloads: Vec<_> = payloads().into_iter().step_by(8).collect();
    let world = crate::world::World::new();
    world.wait(std::time::Duration::from_mins(1));
    let page = crate::conversation::waiting_as(&world, "s1").await;
    let root = world.served().await;
    let browser = signed_in_at("ann", &root, "/console/account").await;
    watched(&browser).await;
    browser.go(&format!("{root}{page}")).await;
    for payload in &payloads {
        says_as(&world, ("s1", payload)).await;
    }
    says_as(&world, ("s1", "that was all")).await;
    let last = "//li[contains(@class, 'turn--user')]//div[text()='that was all']";
    browser.find("xpath", last).await;
    let found = faults(&browser, &json!([[".bubble", payloads]])).await;
    assert!(found.is_empty(), "{found:#?}");
}

/// The same look at pages that do not escape what they show.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_escape_is_found_out() {
    let pages = [
        (
            "/dialog",
            "<img src=x onerror=alert(1)>",
            "alert was called",
        ),
        ("/script", "<script>nothing()</script>", "script: "),
        (
            "/request",
            "<img src=https://evil.invalid/1>",
            "asked for: https://evil.invalid/1",
        ),
        ("/markup", "<iframe></iframe>", "stands there: <iframe>"),
        ("/handler", "<b onclick=alert(1)>x</b>", "listens: onclick"),
        (
            "/address",
            "<a href=javascript:alert(1)>x</a>",
            "leads to: javascript:",
        ),
        ("/policy", "<script>alert(1)</script>", "policy: "),
        ("/text", "nothing wanted", "not shown as b: wanted"),
    ];
    let mut router = Router::new();
    for (path, payload, _) in pages {
        let strict = if path == "/policy" {
            "default-src 'none'"
        } else {
            ""
        };
        let answer = (
            [(header::CONTENT_SECURITY_POLICY, strict)],
            Html(format!("<!doctype html><p>{payload}</p>")),
        );
        router = router.route(path, get(async move || answer));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let browser = Browser::start().await;
    watched(&browser).await;
    for (path, _, sign) in pages {
        browser.go(&format!("{root}{path}")).await;
        let wanted = json!([[
            "b",
            if path == "/text" {
                vec!["wanted"]
            } else {
                vec![]
            }
        ]]);
        let found = faults(&browser, &wanted).await;
        let is_found = found.iter().any(|fault| fault.contains(sign));
        assert!(is_found, "{path}: {found:#?}");
    }
}
