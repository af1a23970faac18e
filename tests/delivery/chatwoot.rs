//! The whole bridge between a bot platform and an emulated Chatwoot, in this process.

use std::{future::IntoFuture as _, net::SocketAddr, sync::Arc};

use handover_bridge::{
    clock::SystemClock,
    emulator::chatwoot::{self, ACCOUNT_ID, INBOX_ID, Options},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    accepted,
    bridge::{ADMIN_TOKEN, Bridge, platform_table},
    declined,
    played::{Page, at, bound},
    said, until,
    vendors::{Answer, Vendor},
};

const TOKEN: &str = "canary-access-token";
const SECRET: &str = "webhook-secret-of-the-inbox";

/// A bridge with its Chatwoot.
struct World {
    platform: Vendor,
    bridge: Bridge,
    desk: Page,
    closing: CancellationToken,
    _data: TempDir,
}

impl World {
    async fn start() -> Self {
        let platform = Vendor::start().await;
        let [public, desk] = [bound().await, bound().await];
        let [address, desk_address] = [&public, &desk].map(at);
        let data = TempDir::new().unwrap();
        let closing = play(desk, address);
        let platform_table = platform_table(platform.address);
        let text = format!(
            r#"
            server = {{ listen = "{address}", drain = "0s" }}
            admin = {{ listen = "server", token = "{ADMIN_TOKEN}" }}
            store = {{ url = "sqlite:{}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ handing_over = "", waiting = "", joined = "", transferred = "", ended = "", nobody = "" }}
            {platform_table}
            [desks.inbox]
            kind = "chatwoot"
            api_url = "http://{desk_address}"
            account_id = {ACCOUNT_ID}
            inbox_id = {INBOX_ID}
            api_access_token = "{TOKEN}"
            webhook_secret = "{SECRET}"
            [[routes]]
            desk = "inbox"
            options = {{ priority = "high", labels = ["vip"] }}
            "#,
            data.path().display()
        );
        Self {
            platform,
            bridge: Bridge::run(public, text).await,
            desk: Page::of(format!("http://{desk_address}")),
            closing,
            _data: data,
        }
    }

    /// A conversation in which the user waits.
    async fn waiting(&self) -> String {
        assert_eq!(self.bridge.offload("s1").await, accepted());
        self.desk.room(1).await.remove(0)
    }

    async fn until_told(&self, texts: &[&str]) {
        let told = || {
            let calls = self.platform.taken();
            let texts = calls.iter().filter_map(said).map(str::to_owned);
            texts.collect::<Vec<_>>()
        };
        until(async || told() == texts).await;
    }

    /// The texts that stand there by somebody, each as often as it does.
    async fn by(&self, actor: &str) -> Vec<String> {
        let rooms = self.desk.rooms().await;
        let messages = rooms
            .iter()
            .flat_map(|room| room["messages"].as_array().unwrap());
        messages
            .filter(|message| message["actor"] == actor)
            .map(|message| message["content"]["text"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn stop(self) {
        self.bridge.stop().await;
        self.closing.cancel();
    }
}

fn play(listener: TcpListener, bridge: SocketAddr) -> CancellationToken {
    let played = chatwoot::build(Options {
        api_access_token: TOKEN.into(),
        webhook_secret: SECRET.into(),
        hook_url: format!("http://{bridge}/hooks/chatwoot/inbox")
            .parse()
            .unwrap(),
        chat_url: None,
        clock: Arc::new(SystemClock),
        seed: 7,
    });
    let played = played.unwrap();
    let closing = CancellationToken::new();
    tokio::spawn(axum::serve(listener, played.router()).into_future());
    tokio::spawn(played.run(closing.clone()));
    closing
}

/// Ada is handed over, talks with Ann, and is given back.
async fn plays_through(faults: Value) {
    let world = World::start().await;
    world.desk.set_faults(faults.clone()).await;
    let room = world.waiting().await;
    until(async || world.by("system").await.len() == 1).await;
    let note = world.by("system").await.remove(0);
    assert!(note.contains("\nsession_id: s1\n"), "{note}");
    assert!(note.ends_with("\n\nUser: help"), "{note}");
    world.bridge.say("s1", 1).await;
    world.desk.until_texts(&room, &["message 1"]).await;
    world.desk.join(&room).await;
    world.desk.write(&room, "Hello").await;
    world.until_told(&["Hello"]).await;
    world.bridge.say("s1", 2).await;
    world
        .desk
        .until_texts(&room, &["message 1", "message 2"])
        .await;
    world
        .desk
        .act(&room, json!({"type": "transferred", "to": "Billing"}))
        .await;
    world.desk.join(&room).await;
    world.desk.write(&room, "Bye").await;
    world.until_told(&["Hello", "Bye"]).await;
    world
        .desk
        .act(&room, json!({"type": "closed", "reason": "resolved"}))
        .await;
    let is_resumed =
        |calls: &[crate::vendors::Call]| calls.iter().any(|call| call.body["unpauseBot"] == true);
    world.platform.until("the resume", is_resumed).await;
    world.until_told(&["Hello", "Bye"]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_user_talks_with_an_agent_on_chatwoot_and_comes_back_to_the_bot() {
    plays_through(json!({})).await;
}

#[tokio::test]
async fn what_chatwoot_tells_three_times_with_fields_of_the_future_counts_once() {
    plays_through(json!({"repeats": 3, "unknown_fields": true})).await;
}

#[tokio::test]
async fn agents_find_a_conversation_where_its_route_wants_it() {
    let world = World::start().await;
    world.waiting().await;
    let url = format!(
        "{}/api/v1/accounts/{ACCOUNT_ID}/contacts/1/conversations",
        world.desk.root
    );
    let sorted = async || {
        let call = world.desk.http.get(&url).header("api_access_token", TOKEN);
        let found: Value = call.send().await.unwrap().json().await.unwrap();
        let conversation = &found["payload"][0];
        conversation["priority"] == "high" && conversation["labels"] == json!(["vip"])
    };
    until(sorted).await;
    world.stop().await;
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_stands_at_the_desk_once() {
    let world = World::start().await;
    let room = world.waiting().await;
    world
        .desk
        .set_faults(json!({"api_cut_after": {"next": 2}}))
        .await;
    for number in 1..=3 {
        world.bridge.say("s1", number).await;
    }
    let all = ["message 1", "message 2", "message 3"];
    world.desk.until_texts(&room, &all).await;
    // Whatever else is owed comes behind them.
    world.bridge.say("s1", 4).await;
    until(async || world.desk.texts(&room).await.last().unwrap() == "message 4").await;
    assert_eq!(world.desk.texts(&room).await.len(), 4);
    world.stop().await;
}

#[tokio::test]
async fn an_agent_sees_at_the_message_that_it_did_not_reach_the_user() {
    let world = World::start().await;
    let room = world.waiting().await;
    until(async || !world.by("system").await.is_empty()).await;
    world.platform.answer_next([Answer::Status(400)]);
    world.desk.write(&room, "bad").await;
    let failed = async || {
        let rooms = world.desk.rooms().await;
        let mut messages = rooms[0]["messages"].as_array().unwrap().iter();
        messages
            .any(|message| message["content"]["text"] == "bad" && message["failed"] == "rejected")
    };
    until(failed).await;
    assert_eq!(world.by("system").await.len(), 1, "and no other note");
    world.stop().await;
}

#[tokio::test]
async fn what_an_opening_has_made_that_was_not_answered_does_not_stay_open() {
    let world = World::start().await;
    // From now on the contact is there, and the first call that changes something makes the conversation.
    let first = world.waiting().await;
    let closed = json!({"type": "closed", "reason": "resolved"});
    world.desk.act(&first, closed).await;
    let is_resumed =
        |calls: &[crate::vendors::Call]| calls.iter().any(|call| call.body["unpauseBot"] == true);
    world.platform.until("the resume", is_resumed).await;
    world
        .desk
        .set_faults(json!({"api_cut_after": {"next": 1}}))
        .await;
    let again = json!({
        "botId": "b1", "version": "LIVE", "sessionId": "s1", "event": "offload",
        "timestamp": "2026-01-01T00:02:00.000Z", "transcript": [],
    });
    assert_eq!(world.bridge.hook(again).await, declined());
    let are_closed = async || {
        let rooms = world.desk.rooms().await;
        rooms.len() == 2 && rooms.iter().all(|room| room["state"] == "closed")
    };
    until(are_closed).await;
    assert_eq!(world.bridge.warnings("dead_letter").await, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_user_whom_agents_have_blocked_stays_with_the_bot() {
    let world = World::start().await;
    let url = format!("{}/desk/away", world.desk.root);
    let away = world.desk.http.put(url).json(&json!({"away": true}));
    assert_eq!(away.send().await.unwrap().status(), 204);
    assert_eq!(world.bridge.offload("s1").await, declined());
    world.stop().await;
}
