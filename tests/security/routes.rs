//! Every route of the source, with every method and every kind of caller.
//!
//! The routes are read from the source, so that a new one is looked at from its first day: it belongs to one of the
//! groups of [`group`], or this fails until somebody says whom it is for.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    bridge::{ADMIN_TOKEN, Bridge, DESK_TOKEN, HOOK_KEY, OTHER_DESK_TOKEN, VERIFY_TOKEN, bearer},
    raw::{self, Answer},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Open,
    Hook,
    Desk,
    Operator,
}

const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
];
/// Somebody's handover, delivery or whatever else has an id.
const ID: &str = "01930000-0000-7000-8000-000000000001";

fn group(route: &str) -> Group {
    let prefixes = [
        ("/livez", Group::Open),
        ("/readyz", Group::Open),
        ("/openapi.json", Group::Open),
        ("/hooks/chatlayer/", Group::Hook),
        ("/hooks/aivo-live/", Group::Hook),
        ("/hooks/certainly/", Group::Hook),
        ("/hooks/chatwoot/", Group::Hook),
        ("/hooks/template/", Group::Hook),
        ("/hooks/{vendor}/", Group::Hook),
        ("/api/v1/", Group::Desk),
        ("/api/admin/", Group::Operator),
        ("/metrics", Group::Operator),
    ];
    let found = prefixes
        .iter()
        .find(|(prefix, _)| route.starts_with(prefix));
    found
        .unwrap_or_else(|| panic!("say who may call {route}"))
        .1
}

/// What `src/http` routes, as it is written there.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let text = text.split("mod tests {").next().unwrap();
            for opening in [".route(\"", ".route(\n            \"", "path = \"/"] {
                let after = text.split(opening).skip(1);
                let paths = after.map(|rest| rest.split('"').next().unwrap());
                let slash = if opening.ends_with('/') { "/" } else { "" };
                found.extend(paths.map(|path| format!("{slash}{path}")));
            }
        }
    }
    assert!(found.len() >= 11, "only {found:?}: the reading is broken");
    found
}

fn filled(route: &str) -> String {
    let desk = if route.starts_with("/hooks/template/") {
        "tickets"
    } else if route == "/hooks/chatwoot/{desk}" {
        "inbox"
    } else if route.starts_with("/hooks/chatwoot/") {
        "older_inbox"
    } else {
        "room"
    };
    let bot = if route.starts_with("/hooks/certainly/") {
        "fashion"
    } else {
        "webshop"
    };
    route
        .replace("{bot}", bot)
        .replace("{desk}", desk)
        .replace("{hook_key}", HOOK_KEY)
        .replace("{id}", ID)
        .replace("{vendor}/{*address}", "chatlayer/webshop/")
}

fn at(bridge: &Bridge, group: Group) -> std::net::SocketAddr {
    match group {
        Group::Operator => bridge.admin,
        Group::Open | Group::Hook | Group::Desk => bridge.public,
    }
}

/// The answer without what is each request's own.
fn without_id(mut answer: Answer) -> Answer {
    let id = answer.header("x-request-id").unwrap().to_owned();
    answer
        .headers
        .retain(|(name, _)| name != "x-request-id" && name != "date");
    answer.body = answer.body.replace(&id, "");
    answer
}

#[tokio::test]
async fn without_the_right_secret_every_route_gives_the_same_answer() {
    let tokens = [
        String::new(),
        bearer("wrong-token-of-nobody-at-all"),
        bearer(""),
        bearer(VERIFY_TOKEN),
        bearer(DESK_TOKEN),
        bearer(OTHER_DESK_TOKEN),
        bearer(ADMIN_TOKEN),
        bearer(HOOK_KEY),
    ];
    // A bridge for each route: the limit on failed calls would cut the list short.
    let mut first = None;
    let mut asked = 0;
    for route in routes() {
        let group = group(&route);
        if group == Group::Open {
            continue;
        }
        let bridge = Bridge::start().await;
        let unknown = route.replace("{bot}", "nobody").replace("{desk}", "nobody");
        for (path, token) in [&route, &unknown]
            .into_iter()
            .flat_map(|path| tokens.iter().map(move |token| (filled(path), token)))
        {
            let opens = match group {
                Group::Desk => [DESK_TOKEN, OTHER_DESK_TOKEN].as_slice(),
                Group::Operator => &[ADMIN_TOKEN],
                Group::Open | Group::Hook => &[],
            };
            if opens.iter().any(|right| token.contains(right)) {
                continue;
            }
            for method in ["GET", "POST"] {
                let answer = raw::ask(at(&bridge, group), (method, &path), token).await;
                if answer.status == 405 {
                    continue;
                }
                if group == Group::Hook
                    && method == "POST"
                    && path.contains(HOOK_KEY)
                    && answer.status == 400
                {
                    // The key opens it as far as an offload, and an empty body is none.
                    assert!(!path.contains("nobody"));
                    continue;
                }
                let answer = without_id(answer);
                assert_eq!(answer.status, 401, "{method} {path}");
                assert_eq!(answer.problem(), "unauthorized");
                assert_eq!(
                    first.get_or_insert_with(|| answer.clone()),
                    &answer,
                    "{method} {path}"
                );
                asked += 1;
            }
        }
        bridge.stop().await;
    }
    assert!(asked > 50, "only {asked} calls were refused");
}

#[tokio::test]
async fn a_method_that_is_not_there_is_405_and_no_answer_speaks_to_other_origins_or_of_itself() {
    let bridge = Bridge::start().await;
    for route in routes() {
        let address = at(&bridge, group(&route));
        let mut allowed = BTreeSet::new();
        let mut told = BTreeSet::new();
        for method in METHODS {
            let origin =
                "origin: https://elsewhere.example\r\naccess-control-request-method: POST\r\n";
            let request = raw::request((method, &filled(&route)), origin);
            let bytes = request.as_bytes();
            let mut answers = answers_to(method, address, bytes).await;
            let answer = answers.remove(0);
            for (name, _) in &answer.headers {
                assert!(
                    !name.starts_with("access-control-"),
                    "{method} {route}: {name}"
                );
                assert!(
                    !["server", "x-powered-by", "via"].contains(&name.as_str()),
                    "{name}"
                );
            }
            if answer.status == 405 {
                let allow = answer.header("allow").expect("Allow").to_owned();
                told.insert(allow);
            } else {
                allowed.insert(method);
            }
        }
        assert!(told.len() == 1, "{route}: {told:?}");
        let told: BTreeSet<_> = told.first().unwrap().split(',').collect();
        assert_eq!(told, allowed, "{route}");
    }
}

/// A HEAD is answered with the length of a body that does not come.
async fn answers_to(method: &str, address: std::net::SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    if method != "HEAD" {
        return raw::exchange(address, bytes).await;
    }
    let mut stream = raw::connect(address).await;
    vec![raw::head(&mut stream, bytes).await]
}

#[tokio::test]
async fn operators_and_metrics_are_not_on_the_public_side_nor_the_vendors_on_theirs() {
    let bridge = Bridge::start().await;
    let token = bearer(ADMIN_TOKEN);
    let always = [
        "/metrics",
        "/console",
        "/debug/pprof",
        "/api/admin/deliveries",
    ]
    .map(str::to_owned);
    for route in routes().into_iter().chain(always) {
        let wrong_side = match route.as_str() {
            "/console" | "/debug/pprof" => bridge.public,
            _ if group(&route) == Group::Operator => bridge.public,
            _ => bridge.admin,
        };
        let answer = raw::ask(wrong_side, ("GET", &filled(&route)), &token).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (404, "not-found"),
            "{route}"
        );
    }
}

#[tokio::test]
async fn what_belongs_to_another_desk_is_as_unknown_as_what_does_not_exist() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let (mine, other) = (bearer(DESK_TOKEN), bearer(OTHER_DESK_TOKEN));
    let mut answers = Vec::new();
    for (path, token) in [
        (handover.as_str(), &other),
        (ID, &other),
        (ID, &mine),
        ("none", &mine),
    ] {
        let path = format!("/api/v1/handovers/{path}");
        answers.push(raw::ask(bridge.public, ("GET", &path), token).await);
        let typing = raw::post(&format!("{path}/events"), token, r#"{"type":"typing"}"#);
        answers.extend(raw::exchange(bridge.public, typing.as_bytes()).await);
    }
    assert_eq!(answers.len(), 8);
    let mut answers = answers.into_iter().map(without_id);
    let first = answers.next().unwrap();
    assert_eq!((first.status, first.problem().as_str()), (404, "not-found"));
    assert!(answers.all(|answer| answer == first));
    let path = format!("/api/v1/handovers/{handover}");
    assert_eq!(
        raw::ask(bridge.public, ("GET", &path), &mine).await.status,
        200
    );
}

#[tokio::test]
async fn our_own_apis_ask_for_json_and_say_so() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    let retry = format!("/api/admin/deliveries/{ID}/retry");
    for content_type in [
        "",
        "content-type: text/plain\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
    ] {
        let desk = format!("authorization: Bearer {DESK_TOKEN}\r\n{content_type}");
        let admin = format!("authorization: Bearer {ADMIN_TOKEN}\r\n{content_type}");
        let to_desk = raw::post(&events, &desk, r#"{"type":"typing"}"#);
        let mut answers = raw::exchange(bridge.public, to_desk.as_bytes()).await;
        if !content_type.is_empty() {
            let to_admin = raw::post(&retry, &admin, "a=1");
            answers.extend(raw::exchange(bridge.admin, to_admin.as_bytes()).await);
        }
        for answer in answers {
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (415, "unsupported-media-type"),
                "{content_type}"
            );
        }
    }
}
