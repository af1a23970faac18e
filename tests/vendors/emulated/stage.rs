//! Both platforms, a webhook desk, an Aivo Live and a Chatwoot, emulated, around one bridge with a console desk.

use std::sync::Arc;

use axum::Router;
use handover_bridge::{
    clock::SystemClock,
    emulator::{self, Handle, Options, aivo_live, chatwoot, desk},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{bridge::Bridge, platform::Platform, until};

pub struct Stage {
    pub bridge: Bridge,
    pub custom: Agents,
    pub live: Agents,
    pub inbox: Agents,
    bots: [(Platform, Handle); 2],
    shutdown: CancellationToken,
}

/// An emulated desk, played through what its page calls.
pub struct Agents {
    pub name: &'static str,
    root: String,
    http: reqwest::Client,
}

const BOT_ID: &str = "b1";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DESK_TOKEN: &str = "token-of-the-desk-custom";
const BOT_TOKEN: &str = "token_of_the_bot";
const ACCESS_TOKEN: &str = "access-token";
const API_TOKEN: &str = "api-token-of-certainly";
const CHATWOOT_TOKEN: &str = "access-token-of-the-inbox";
const CHATWOOT_SECRET: &str = "webhook-secret-of-the-inbox";
const VERIFY_TOKEN: &str = "verify-token-of-the-bot";
const BOT_KEY: &str = "hook-key-of-the-bots";
const LIVE_HOOK: &str = "/hooks/aivo-live/live/hook-key-of-the-desk-live";

impl Stage {
    pub async fn new() -> Self {
        let shutdown = CancellationToken::new();
        let [shop, fashion] = [listen().await, listen().await];
        let [custom, live, inbox] = [listen().await, listen().await, listen().await];
        let roots = [&shop, &fashion, &custom, &live, &inbox].map(|(_, root)| root.as_str());
        let bridge = Bridge::start(&settings(roots)).await;
        let bots = [(Platform::Chatlayer, shop), (Platform::Certainly, fashion)];
        let bots = bots.map(|(platform, place)| {
            let played = play_bot((platform, &bridge), place, &shutdown);
            (platform, played)
        });
        let custom = play_custom(&bridge, custom, &shutdown);
        let live = play_live(&bridge, live, &shutdown);
        let inbox = play_inbox(&bridge, inbox, &shutdown);
        Self {
            bridge,
            custom,
            live,
            inbox,
            bots,
            shutdown,
        }
    }

    pub fn bot(&self, wanted: Platform) -> &Handle {
        let mut bots = self.bots.iter();
        &bots.find(|(platform, _)| *platform == wanted).unwrap().1
    }

    /// What Aivo Live tells of a room, as it would if it did not know that it is closed.
    pub async fn live_tells(&self, room: &str, (name, data): (&str, Value)) {
        let event = json!({
            "name": name, "roomId": room, "timestamp": 1_706_293_179_331_454_146_u64, "botId": 1000, "data": data,
        });
        assert_eq!(self.bridge.post(LIVE_HOOK, &event).await, (200, json!({})));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.bridge.stop_at_once();
    }
}

impl Agents {
    /// The conversations that it has had with this user, the one that changed last at the end. Chatwoot is not told the
    /// user's session: all of them, so that one user at a time is to be there.
    pub async fn all(&self, user: &str) -> Vec<Value> {
        let url = format!("{}/desk/handovers", self.root);
        let all: Vec<Value> = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let is_theirs = |one: &Value| self.name == "inbox" || one["about"]["session_id"] == user;
        all.into_iter().filter(is_theirs).collect()
    }

    /// Waits until it has the user, and gives its own id of the conversation.
    pub async fn has(&self, user: &str) -> String {
        let open = async || {
            let all = self.all(user).await;
            // Chatwoot is told the past once it has the conversation.
            let is_told = |one: &Value| {
                one["messages"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty())
            };
            all.into_iter()
                .find(|one| one["state"] == "waiting" && is_told(one))
        };
        until("the desk has it", async || open().await.is_some()).await;
        let open = open().await.unwrap();
        open["about"]["id"].as_str().unwrap().to_owned()
    }

    /// Everything that stands there, as text.
    pub async fn shows(&self, (user, id): (&str, &str)) -> String {
        self.messages((user, id)).await.to_string()
    }

    /// What the user is shown to have said, as messages of their own.
    pub async fn heard(&self, place: (&str, &str)) -> Vec<String> {
        let messages = self.messages(place).await;
        let messages = messages.as_array().unwrap().iter();
        messages
            .filter(|message| message["actor"] == "user")
            .filter_map(|message| Some(message["content"]["text"].as_str()?.to_owned()))
            .collect()
    }

    pub async fn is_closed(&self, (user, id): (&str, &str)) -> bool {
        let all = self.all(user).await;
        all.iter()
            .any(|one| one["about"]["id"] == id && one["state"] == "closed")
    }

    pub async fn says(&self, id: &str, text: &str) {
        assert_eq!(self.tries_to_say(id, text).await, 202);
    }

    /// Gives the status that the agent's page is answered.
    pub async fn tries_to_say(&self, id: &str, text: &str) -> u16 {
        let content = json!({"type": "text", "text": text});
        self.acts(id, &json!({"type": "message", "content": content}))
            .await
    }

    pub async fn closes(&self, id: &str) {
        let closed = json!({"type": "closed", "reason": "agent"});
        assert_eq!(self.acts(id, &closed).await, 202);
    }

    /// From now on, as on the panel of its page.
    pub async fn goes_wrong(&self, faults: &Value) {
        let url = format!("{}/emulator/faults", self.root);
        let set = self.http.put(url).json(faults).send().await.unwrap();
        assert_eq!(set.status(), 200);
    }

    async fn acts(&self, id: &str, act: &Value) -> u16 {
        let url = format!("{}/desk/handovers/{id}/events", self.root);
        let answer = self.http.post(url).json(act).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn messages(&self, (user, id): (&str, &str)) -> Value {
        let mut all = self.all(user).await.into_iter();
        let found = all.find(|one| one["about"]["id"] == id);
        found.map_or(json!([]), |mut one| one["messages"].take())
    }
}

/// A place to listen, and its root.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    (listener, root)
}

fn serve(listener: TcpListener, router: Router, shutdown: &CancellationToken) {
    let stopped = shutdown.clone().cancelled_owned();
    tokio::spawn(async move {
        let serving = axum::serve(listener, router);
        serving.with_graceful_shutdown(stopped).await.unwrap();
    });
}

/// The department that a user asks for is the desk.
fn settings([shop, fashion, custom, live, inbox]: [&str; 5]) -> String {
    let routes = ["team", "custom", "live", "inbox"].map(|desk| {
        format!("[[routes]]\nwhen = {{ \"payload.department\" = \"{desk}\" }}\ndesk = \"{desk}\"\n")
    });
    format!(
        r#"
        [bots.shop]
        platform = "chatlayer"
        api_url = "{shop}"
        access_token = "{ACCESS_TOKEN}"
        verify_token = "{VERIFY_TOKEN}"
        hook_key = "{BOT_KEY}"
        [bots.fashion]
        platform = "certainly"
        api_url = "{fashion}"
        deployment_id = "{BOT_ID}"
        access_token = "{ACCESS_TOKEN}"
        api_token = "{API_TOKEN}"
        hook_key = "{BOT_KEY}"
        claim_end = "handover_done"
        drop_repeats = true
        [desks.team]
        kind = "console"
        [desks.custom]
        kind = "webhook"
        url = "{custom}/hook"
        secret = "{SECRET}"
        token = "{DESK_TOKEN}"
        [desks.live]
        kind = "aivo-live"
        api_url = "{live}"
        groups_url = "{live}"
        bot_id = 1000
        bot_token = "{BOT_TOKEN}"
        groups = [2179]
        hook_key = "hook-key-of-the-desk-live"
        [desks.inbox]
        kind = "chatwoot"
        api_url = "{inbox}"
        account_id = {ACCOUNT_ID}
        inbox_id = {INBOX_ID}
        api_access_token = "{CHATWOOT_TOKEN}"
        webhook_secret = "{CHATWOOT_SECRET}"
        {}
        "#,
        routes.concat(),
        ACCOUNT_ID = chatwoot::ACCOUNT_ID,
        INBOX_ID = chatwoot::INBOX_ID,
    )
}

fn play_bot(
    (platform, bridge): (Platform, &Bridge),
    (listener, root): (TcpListener, String),
    shutdown: &CancellationToken,
) -> Handle {
    let hook = |path: &str| {
        bridge
            .url(&format!("/hooks/{path}/{BOT_KEY}"))
            .parse()
            .unwrap()
    };
    let played = match platform {
        Platform::Chatlayer => emulator::Platform::Chatlayer {
            version: emulator::Version::Live,
            hook_url: hook("chatlayer/shop"),
            verify_token: VERIFY_TOKEN.into(),
        },
        Platform::Certainly => emulator::Platform::Certainly {
            hook_url: hook("certainly/fashion"),
            api_token: API_TOKEN.into(),
        },
    };
    let emulator = emulator::build(Options {
        bot_id: BOT_ID.to_owned(),
        platform: played,
        access_token: ACCESS_TOKEN.into(),
        public_url: root.parse().unwrap(),
        desk_url: None,
        console_url: None,
        clock: Arc::new(SystemClock),
        seed: 7,
    });
    let emulator = emulator.unwrap();
    serve(listener, emulator.router(), shutdown);
    let handle = emulator.handle();
    tokio::spawn(emulator.run(shutdown.clone()));
    handle
}

fn play_custom(
    bridge: &Bridge,
    (listener, root): (TcpListener, String),
    shutdown: &CancellationToken,
) -> Agents {
    let desk = desk::build(desk::Options {
        bridge_url: bridge.url("").parse().unwrap(),
        secret: SECRET.into(),
        token: DESK_TOKEN.into(),
        chat_url: None,
        clock: Arc::new(SystemClock),
    });
    serve(listener, desk.unwrap().router(), shutdown);
    Agents {
        name: "custom",
        root,
        http: bridge.http.clone(),
    }
}

fn play_live(
    bridge: &Bridge,
    (listener, root): (TcpListener, String),
    shutdown: &CancellationToken,
) -> Agents {
    let desk = aivo_live::build(aivo_live::Options {
        bot_id: 1000,
        bot_token: BOT_TOKEN.into(),
        groups: vec![(2179, "Service".to_owned())],
        hook_url: bridge.url(LIVE_HOOK).parse().unwrap(),
        chat_url: None,
        clock: Arc::new(SystemClock),
        seed: 7,
    });
    let desk = desk.unwrap();
    serve(listener, desk.router(), shutdown);
    tokio::spawn(desk.run(shutdown.clone()));
    Agents {
        name: "live",
        root,
        http: bridge.http.clone(),
    }
}

fn play_inbox(
    bridge: &Bridge,
    (listener, root): (TcpListener, String),
    shutdown: &CancellationToken,
) -> Agents {
    let desk = chatwoot::build(chatwoot::Options {
        api_access_token: CHATWOOT_TOKEN.into(),
        webhook_secret: CHATWOOT_SECRET.into(),
        hook_url: bridge.url("/hooks/chatwoot/inbox").parse().unwrap(),
        chat_url: None,
        clock: Arc::new(SystemClock),
        seed: 7,
    });
    let desk = desk.unwrap();
    serve(listener, desk.router(), shutdown);
    tokio::spawn(desk.run(shutdown.clone()));
    Agents {
        name: "inbox",
        root,
        http: bridge.http.clone(),
    }
}
