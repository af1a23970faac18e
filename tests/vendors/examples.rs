//! The examples of the documentation, word for word but for their addresses, end to end against stand-ins.

use serde_json::{Value, json};

use crate::{
    bridge::Bridge,
    platform::{Bot, Platform},
    stub::{Call, Stub},
    until,
};

/// The example of this name, with this address in the place of its own.
fn example(name: &str, (own, stub): (&str, &Stub)) -> String {
    let path = format!("{}/docs/template-desk.md", env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(path).unwrap();
    let marker = format!("<!-- example: {name} -->\n```toml\n");
    let (_, rest) = document.split_once(&marker).unwrap();
    let (example, _) = rest.split_once("\n```").unwrap();
    assert!(example.contains(own));
    example.replace(own, &format!("http://{}", stub.address))
}

fn bodies(stub: &Stub, of: impl Fn(&Call) -> bool) -> Vec<Value> {
    let calls = stub.calls().into_iter();
    calls.filter(of).map(|call| call.body).collect()
}

const KEY: &str = "twenty-or-more-random-characters";

#[tokio::test]
async fn the_ticket_system_of_the_documentation_works_as_it_is_written() {
    let bot = Bot::start("alpha", Platform::Chatlayer).await;
    let tickets = Stub::start(|call, _| match call.path.as_str() {
        "/api/tickets" => json!({"id": 7, "open": true}),
        _ => json!({}),
    })
    .await;
    let desk = example("tickets", ("https://tickets.example.com", &tickets));
    let bridge = Bridge::start(&[bot.config(), desk].concat()).await;
    assert!(bot.asks(&bridge, ("u1", "tickets")).await);
    let opened = &bodies(&tickets, |call| call.path == "/api/tickets")[0];
    assert_eq!(
        *opened,
        json!({"subject": "Chat with a visitor", "language": "en", "queue": "general", "text": "User: help u1"})
    );

    let hook = format!("/hooks/template/tickets/{KEY}");
    let told = async |body: Value| assert_eq!(bridge.post(&hook, &body).await, (200, json!({})));
    told(json!({"id": "e1", "kind": "taken", "ticket": {"id": 7}, "agent": "Ann"})).await;
    bot.user_says(&bridge, ("u1", 1)).await;
    let is_note = |call: &Call| call.path == "/api/tickets/7/notes";
    until("the note", async || !bodies(&tickets, is_note).is_empty()).await;
    assert_eq!(
        bodies(&tickets, is_note),
        [json!({"from": "user", "text": "u1 1"})]
    );
    let reply = json!({"id": "e2", "kind": "reply", "ticket": {"id": 7}, "text": "Hello"});
    told(reply.clone()).await;
    told(reply).await;
    told(json!({"id": "e4", "kind": "rated", "ticket": {"id": 7}, "stars": 5})).await;
    told(json!({"id": "e5", "kind": "reply", "ticket": {"id": 8}, "text": "not yours"})).await;
    told(json!({"id": "e6", "kind": "reply", "ticket": {"id": 7}})).await;
    told(json!({"id": "e3", "kind": "closed", "ticket": {"id": 7, "state": "solved"}})).await;
    until("the bot speaks again", async || bot.is_resumed("u1")).await;
    assert_eq!(bot.said("u1"), ["Hello"], "once, and nothing else");
    told(json!({"id": "e7", "kind": "reply", "ticket": {"id": 7}, "text": "too late"})).await;
    assert_eq!(bot.said("u1"), ["Hello"]);

    let metrics = bridge.metrics().await;
    for (outcome, count) in [("repeat", 1), ("unknown", 2)] {
        let line =
            format!("handover_desk_events_total{{desk=\"tickets\",outcome=\"{outcome}\"}} {count}");
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }
    assert_eq!(bridge.warnings().await, ["unknown_event"]);
    for call in tickets.calls() {
        assert_eq!(
            call.header("authorization"),
            "Bearer the token that the ticket system issued"
        );
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_wrong_key_or_no_json_or_too_much_of_it_tells_nothing() {
    let bot = Bot::start("alpha", Platform::Chatlayer).await;
    let tickets = Stub::start(|_, _| json!({"id": 7})).await;
    let desk = example("tickets", ("https://tickets.example.com", &tickets));
    let bridge = Bridge::start(&[bot.config(), desk].concat()).await;
    assert!(bot.asks(&bridge, ("u1", "tickets")).await);
    let closed = json!({"id": "e3", "kind": "closed", "ticket": {"id": 7, "state": "solved"}});
    for path in [
        format!("/hooks/template/tickets/{KEY}x"),
        format!("/hooks/template/other/{KEY}"),
        format!("/hooks/template/alpha/{KEY}"),
    ] {
        assert_eq!(bridge.post(&path, &closed).await.0, 401, "{path}");
    }
    let hook = format!("http://{}/hooks/template/tickets/{KEY}", bridge.address);
    for (body, status) in [
        (String::new(), 400),
        ("{".to_owned(), 400),
        ("[".repeat(100), 400),
        (format!("\"{}\"", "x".repeat(1 << 20)), 413),
    ] {
        let answer = bridge.http.post(&hook).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    assert!(!bot.is_resumed("u1"));
    bridge.stop().await;
}

#[tokio::test]
async fn zammad_is_called_and_read_as_its_documentation_says() {
    let bot = Bot::start("alpha", Platform::Chatlayer).await;
    let zammad = Stub::start(|call, _| match call.path.as_str() {
        "/api/v1/tickets" => json!({"id": 81, "group_id": 1, "state_id": 1, "title": "Chat"}),
        _ => json!({"id": 9}),
    })
    .await;
    let desk = example("zammad", ("https://zammad.example.com", &zammad));
    let bridge = Bridge::start(&[bot.config(), desk].concat()).await;
    assert!(bot.asks(&bridge, ("u1", "helpdesk")).await);
    let opened = &bodies(&zammad, |call| call.path == "/api/v1/tickets")[0];
    assert_eq!(opened["group"], "Users");
    assert_eq!(opened["article"]["body"], "User: help u1");
    assert_eq!(opened["article"]["type"], "chat");

    bot.user_says(&bridge, ("u1", 1)).await;
    let is_article = |call: &Call| call.path == "/api/v1/ticket_articles";
    until("the article", async || {
        !bodies(&zammad, is_article).is_empty()
    })
    .await;
    let article = &bodies(&zammad, is_article)[0];
    assert_eq!(
        (&article["ticket_id"], &article["body"]),
        (&json!(81), &json!("u1 1"))
    );

    // The agent answers and closes in one go.
    let body = json!({
        "ticket": {"id": 81, "state": "closed"},
        "article": {"id": 10, "sender": "Agent", "internal": false, "from": "Ann", "body": "Done."},
    });
    let hook = format!("http://{}/hooks/template/helpdesk/{KEY}", bridge.address);
    for _ in 0..2 {
        let call = bridge.http.post(&hook).header("x-zammad-delivery", "d1");
        assert_eq!(call.json(&body).send().await.unwrap().status(), 200);
    }
    until("the bot speaks again", async || bot.is_resumed("u1")).await;
    assert_eq!(bot.said("u1"), ["Done."]);
    for call in zammad.calls() {
        let token = "Token token=an access token with the permission ticket.agent";
        assert_eq!(call.header("authorization"), token);
    }
    bridge.stop().await;
}
