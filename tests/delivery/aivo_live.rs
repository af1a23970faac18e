//! The whole bridge between a bot platform and an emulated Aivo Live, in this process.

use std::{future::IntoFuture as _, sync::Arc};

use handover_bridge::{
    clock::SystemClock,
    emulator::aivo_live::{self, Options},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    accepted,
    bridge::{ADMIN_TOKEN, Bridge, platform_table},
    declined,
    played::{ANN, Page, at, bound},
    said, until,
    vendors::Vendor,
};

const BOT_TOKEN: &str = "canary-bot-token";
const HOOK_KEY: &str = "hook-key-of-the-live-desk";

/// A bridge with its desk; dropping it ends the desk.
struct World {
    platform: Vendor,
    bridge: Bridge,
    desk: Page,
    hook: String,
    data: TempDir,
    closing: CancellationToken,
}

impl World {
    async fn start() -> Self {
        Self::start_with("when_unsure = \"accept\"").await
    }

    /// `handover` are settings of `[handover]`.
    async fn start_with(handover: &str) -> Self {
        let platform = Vendor::start().await;
        let (public, desk) = (bound().await, bound().await);
        let (address, desk_address) = (at(&public), at(&desk));
        let data = TempDir::new().unwrap();
        let hook = format!("http://{address}/hooks/aivo-live/live/{HOOK_KEY}");
        let played = aivo_live::build(Options {
            bot_id: 1000,
            bot_token: BOT_TOKEN.into(),
            groups: vec![(2179, "Service".to_owned()), (5, "Billing".to_owned())],
            hook_url: hook.parse().unwrap(),
            chat_url: None,
            clock: Arc::new(SystemClock),
            seed: 7,
        });
        let played = played.unwrap();
        let closing = CancellationToken::new();
        tokio::spawn(axum::serve(desk, played.router()).into_future());
        tokio::spawn(played.run(closing.clone()));
        let platform_table = platform_table(platform.address);
        let text = format!(
            r#"
            server = {{ listen = "{address}", drain = "0s" }}
            admin = {{ listen = "server", token = "{ADMIN_TOKEN}" }}
            store = {{ url = "sqlite:{}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            texts.en = {{ handing_over = "", waiting = "", joined = "", transferred = "", ended = "", nobody = "" }}
            [handover]
            {handover}
            {platform_table}
            [desks.live]
            kind = "aivo-live"
            api_url = "http://{desk_address}"
            groups_url = "http://{desk_address}"
            files_url = "https://files.example/live"
            bot_id = 1000
            bot_token = "{BOT_TOKEN}"
            groups = [2179]
            hook_key = "{HOOK_KEY}"
            "#,
            data.path().display()
        );
        Self {
            platform,
            bridge: Bridge::run(public, text).await,
            desk: Page::of(format!("http://{desk_address}")),
            hook,
            data,
            closing,
        }
    }

    /// What the user was told, in order.
    fn told(&self) -> Vec<String> {
        let calls = self.platform.taken();
        calls.iter().filter_map(said).map(str::to_owned).collect()
    }

    async fn until_told(&self, texts: &[&str]) {
        until(async || self.told() == texts).await;
    }

    /// An event as anybody could send it who knows the hook.
    async fn tell(&self, event: Value) {
        let answer = self
            .desk
            .http
            .post(&self.hook)
            .json(&event)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({}));
    }

    async fn stop(self) -> TempDir {
        self.bridge.stop().await;
        self.closing.cancel();
        self.data
    }
}

fn warned_of(kind: &'static str) -> impl AsyncFn(&World) -> u64 {
    async move |world: &World| world.bridge.warnings(kind).await
}

/// Ada is handed over, talks with Ann, and is given back.
async fn plays_through(faults: Value) {
    let world = World::start().await;
    world.desk.set_faults(faults.clone()).await;
    assert_eq!(world.bridge.offload("s1").await, accepted(), "{faults}");
    let rooms = world.desk.room(1).await;
    let room = &rooms[0];
    let shown = &world.desk.rooms().await[0];
    let free = shown["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(free.contains("transcript: User: help"), "{free}");

    world.bridge.say("s1", 1).await;
    world.desk.until_texts(room, &["message 1"]).await;
    world.desk.act(room, json!({"type": "idle"})).await;
    world.until_told(&[aivo_live::IDLE]).await;
    world.desk.join(room).await;
    world.desk.write(room, "Hello").await;
    world.desk.write(room, "What is broken?").await;
    world.bridge.say("s1", 2).await;
    world
        .desk
        .until_texts(room, &["message 1", "message 2"])
        .await;
    world
        .desk
        .act(room, json!({"type": "transferred", "to": "5"}))
        .await;
    world.desk.join(room).await;
    let file = json!({"type": "media", "kind": "file", "url": "up/offer.pdf"});
    world
        .desk
        .act(room, json!({"type": "message", "content": file}))
        .await;
    world.desk.write(room, "Bye").await;
    world
        .desk
        .act(room, json!({"type": "closed", "reason": "agent"}))
        .await;
    world
        .platform
        .until("the resume", |calls| {
            calls.iter().any(|call| {
                call.body["unpauseBot"] == true
                    && call.body["sessionData"]["handover_reason"] == "solved"
            })
        })
        .await;
    let told = world.told();
    let [idle, hello, what, file, bye] = &told[..] else {
        panic!("{faults}: {told:?}")
    };
    assert_eq!(
        [idle, hello, what, bye],
        [aivo_live::IDLE, "Hello", "What is broken?", "Bye"]
    );
    assert!(
        file.contains("https://files.example/live/up/offer.pdf"),
        "{file}"
    );
    let data = world.stop().await;
    let file = rusqlite::Connection::open(data.path().join("handover.db")).unwrap();
    let agents: String = file
        .query_row(
            "SELECT group_concat(detail) FROM journal WHERE cause = 'joined'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert!(agents.contains(ANN), "{agents}");
}

#[tokio::test]
async fn a_user_talks_with_an_agent_on_aivo_live_and_comes_back_to_the_bot() {
    plays_through(json!({})).await;
}

#[tokio::test]
async fn events_that_come_three_times_with_fields_of_the_future_count_once() {
    plays_through(json!({"repeats": 3, "unknown_fields": true})).await;
}

#[tokio::test]
async fn calls_that_are_late_and_fail_at_first_arrive_in_order() {
    plays_through(json!({"api_5xx": {"next": 1}, "api_delay_ms": 100, "webhook_delay_ms": 50}))
        .await;
}

#[tokio::test]
async fn a_queue_call_whose_answer_is_lost_is_not_made_again_once_an_event_shows_that_it_arrived() {
    let world = World::start().await;
    world
        .desk
        .set_faults(json!({"api_cut_after": {"next": 1}}))
        .await;
    assert_eq!(world.bridge.offload("s1").await, accepted(), "in doubt");
    let rooms = world.desk.room(1).await;
    // Without a hash: nobody can say yet whose it is.
    world.desk.join(&rooms[0]).await;
    world.desk.write(&rooms[0], "Hello").await;
    world.until_told(&["Hello"]).await;
    world.bridge.say("s1", 1).await;
    world.desk.until_texts(&rooms[0], &["message 1"]).await;
    assert_eq!(world.desk.rooms().await.len(), 1);
    let data = world.stop().await;
    let file = rusqlite::Connection::open(data.path().join("handover.db")).unwrap();
    let joined: String = file
        .query_row(
            "SELECT detail FROM journal WHERE cause = 'joined'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(joined, ANN, "what was kept was told");
}

#[tokio::test]
async fn a_queue_call_of_which_nothing_is_heard_is_made_again_and_either_conversation_is_the_users()
{
    let world = World::start().await;
    world
        .desk
        .set_faults(json!({"api_cut_after": {"next": 1}}))
        .await;
    assert_eq!(world.bridge.offload("s1").await, accepted(), "in doubt");
    let rooms = world.desk.room(2).await;
    world.desk.write(&rooms[0], "Hello").await;
    world.until_told(&["Hello"]).await;
    world.bridge.say("s1", 1).await;
    world.desk.until_texts(&rooms[0], &["message 1"]).await;
    // Nobody has come to the other, and its end is not the user's.
    world
        .desk
        .act(
            &rooms[1],
            json!({"type": "closed", "reason": "queue clean process"}),
        )
        .await;
    world.desk.write(&rooms[0], "Still here").await;
    world.until_told(&["Hello", "Still here"]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_room_and_a_hash_of_two_users_reach_neither() {
    let world = World::start().await;
    assert_eq!(world.bridge.offload("s1").await, accepted());
    assert_eq!(world.bridge.offload("s2").await, accepted());
    let rooms = world.desk.room(2).await;
    let data = &world.desk.rooms().await;
    let hash_of = |user: &str| {
        let room = data
            .iter()
            .find(|room| room["about"]["session_id"] == user)
            .unwrap();
        room["about"]["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (hash_of("s1"), hash_of("s2"));
    assert!(rooms.contains(&first) && rooms.contains(&second));
    // The hash of the second, learnt from what the desk itself tells.
    world
        .desk
        .set_faults(json!({"webhook_drop": {"percent": 100}}))
        .await;
    let hash = world.hash_of_leg(&second);
    let mixed = json!({"name": "messageToClient", "roomId": first, "timestamp": 1_706_293_970_842_633_079_u64, "botId": 1000,
        "data": {"action": "text", "value": "for whom?", "source": "agent", "hash": hash, "agent": {}}});
    world.tell(mixed).await;
    assert_eq!(warned_of("contradicting_event")(&world).await, 1);
    world
        .tell(json!({"name": "attended", "roomId": "none-of-ours", "botId": 1000, "data": {}}))
        .await;
    world
        .tell(json!({"name": "attended", "roomId": first, "botId": 7, "data": {}}))
        .await;
    assert_eq!(warned_of("other_bots_event")(&world).await, 1);
    world.desk.set_faults(json!({})).await;
    world.desk.write(&first, "for the first").await;
    world.until_told(&["for the first"]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_desk_that_takes_nobody_declines_and_the_bot_goes_on() {
    let world = World::start_with("").await;
    let url = format!("{}/desk/away", world.desk.root);
    let away = world
        .desk
        .http
        .put(url)
        .json(&json!({"away": true}))
        .send()
        .await
        .unwrap();
    assert_eq!(away.status(), 204);
    assert_eq!(world.bridge.offload("s1").await, declined());
    assert!(world.desk.rooms().await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn an_event_that_comes_after_the_end_is_answered_and_changes_nothing() {
    let world = World::start().await;
    assert_eq!(world.bridge.offload("s1").await, accepted());
    let rooms = world.desk.room(1).await;
    world
        .desk
        .act(&rooms[0], json!({"type": "closed", "reason": "agent"}))
        .await;
    world
        .platform
        .until("the resume", |calls| {
            calls.iter().any(|call| call.body["unpauseBot"] == true)
        })
        .await;
    let late = |name: &str, data: Value| {
        json!({"name": name, "roomId": rooms[0], "timestamp": 1_706_293_970_842_633_079_u64,
        "botId": 1000, "data": data})
    };
    world
        .tell(late("attended", json!({"agent": {"name": ANN}})))
        .await;
    world
        .tell(late(
            "messageToClient",
            json!({"action": "text", "value": "too late", "source": "agent"}),
        ))
        .await;
    world.tell(late("close", json!({"reason": "agent"}))).await;
    assert_eq!(
        world.bridge.offload("s2").await,
        accepted(),
        "the bridge is well"
    );
    assert_eq!(world.told(), Vec::<String>::new());
    world.stop().await;
}

impl World {
    /// As the queue call has told it, from what the bridge keeps.
    fn hash_of_leg(&self, room: &str) -> String {
        let file = rusqlite::Connection::open(self.data.path().join("handover.db")).unwrap();
        let leg: Vec<u8> = file
            .query_row(
                "SELECT leg FROM leg_names WHERE reference = ?1",
                [room],
                |row| row.get(0),
            )
            .unwrap();
        let leg = uuid::Uuid::from_slice(&leg).unwrap();
        format!("{}_{BOT_TOKEN}", leg.simple())
    }
}
