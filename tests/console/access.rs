//! Whatever keeps people out who see, hear or point otherwise: axe-core finds nothing serious in any page and state.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    gallery::{Gallery, Theme, View},
    webdriver::Browser,
};

/// Answers what is serious or critical, each with where it stands.
const LOOK: &str = "return axe.run(arguments[0]).then(({ violations }) => violations \
    .filter(({ impact }) => impact === 'serious' || impact === 'critical') \
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((it) => it.html.slice(0, 200) + ' ' + (it.any[0]?.message ?? '')).join('; ')}`))";

/// Nothing else depends on the theme.
const COLOURS: [&str; 1] = ["color-contrast"];

/// Into every page from now on, by the browser and not by the page, whose policy forbids it.
async fn with_axe(browser: &Browser) {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools/axe.min.js");
    let axe = fs::read_to_string(tools).expect("axe-core is fetched by scripts/axe");
    let params = json!({"source": axe});
    let command = json!({"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": params});
    browser.post("goog/cdp/execute", command).await;
}

async fn found(browser: &Browser, options: Value) -> Vec<String> {
    let look = json!({"script": LOOK, "args": [options]});
    let found = browser.post("execute/sync", look).await;
    let found = found.as_array().unwrap_or_else(|| panic!("{found}"));
    found.iter().map(ToString::to_string).collect()
}

async fn findings(gallery: &Gallery, view: &View) -> Vec<String> {
    let mut findings = Vec::new();
    gallery.put_on(Theme::Light).await;
    gallery.show(view).await;
    let options = json!({});
    findings.extend(found(&gallery.browser, options).await);
    gallery.put_on(Theme::Dark).await;
    let options = json!({"runOnly": COLOURS});
    findings.extend(found(&gallery.browser, options).await);
    let named = findings.iter().map(|one| format!("{}: {one}", view.name));
    named.collect()
}

async fn nothing_is_found(gallery: Gallery) {
    with_axe(&gallery.browser).await;
    let mut all = Vec::new();
    for view in &gallery.views {
        all.extend(findings(&gallery, view).await);
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_from_the_inbox_or_a_conversation() {
    nothing_is_found(Gallery::of_work().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_from_the_pages_that_show_and_repair() {
    nothing_is_found(Gallery::of_repair().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_out_where_there_is_nothing() {
    nothing_is_found(Gallery::of_silence().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_out_at_the_gate() {
    nothing_is_found(Gallery::of_the_gate().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_keeps_people_out_is_found_out() {
    let browser = Browser::start().await;
    with_axe(&browser).await;
    browser
        .go("data:text/html,<title>x</title><main><input><p style='color:%23999;background:%23aaa'>Too pale to be read</p></main>")
        .await;
    let all = found(&browser, json!({})).await.join("\n");
    assert!(
        all.contains("label: ") && all.contains("color-contrast: "),
        "{all}"
    );
}
