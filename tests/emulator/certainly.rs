//! The emulated Certainly: what its API wants and answers, and a real bridge that calls it in each of the ways that its
//! settings know.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    app::{App, Listeners},
    clock::SystemClock,
    config::{Config, Source},
    emulator::{self, BotState, ChatUser, Handle, Line, Options, Platform, Speaker, desk},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::stub::{client, serve_on};

const PATIENCE: Duration = Duration::from_secs(30);
const ACCESS_TOKEN: &str = "chat-api-token";
const API_TOKEN: &str = "token-of-a-profile";
const HOOK_KEY: &str = "hook-key-of-these-tests";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DESK_TOKEN: &str = "desk-token-of-these-tests";

/// An emulated Certainly whose webhooks go to `bridge`.
struct Platformed {
    user: Handle,
    root: String,
    http: reqwest::Client,
    shutdown: CancellationToken,
}

/// With a real bridge and a desk.
struct Whole {
    platform: Platformed,
    desk: String,
    _data: TempDir,
}

impl Platformed {
    async fn before(bridge: &str) -> Self {
        let shutdown = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let emulator = emulator::build(Options {
            bot_id: "d7".to_owned(),
            platform: Platform::Certainly {
                hook_url: format!("{bridge}/hooks/certainly/fashion/{HOOK_KEY}")
                    .parse()
                    .unwrap(),
                api_token: API_TOKEN.into(),
            },
            access_token: ACCESS_TOKEN.into(),
            public_url: root.parse().unwrap(),
            desk_url: None,
            console_url: None,
            clock: Arc::new(SystemClock),
            seed: 7,
        })
        .unwrap();
        serve_on(listener, emulator.router(), &shutdown);
        let user = emulator.handle();
        tokio::spawn(emulator.run(shutdown.clone()));
        Self {
            user,
            root,
            http: client(),
            shutdown,
        }
    }

    async fn until(&self, session: &str, wanted: impl Fn(&[Line]) -> bool) {
        let waits = timeout(PATIENCE, self.user.until(session, wanted)).await;
        assert_eq!(waits, Ok(true), "{:#?}", self.user.lines(session));
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.root))
    }

    fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.root)).json(body)
    }
}

impl Drop for Platformed {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Whole {
    async fn with(settings: &str) -> Self {
        let [public, desk_at] = [loopback().await, loopback().await];
        let [bridge, desk] =
            [&public, &desk_at].map(|at| format!("http://{}", at.local_addr().unwrap()));
        let platform = Platformed::before(&bridge).await;
        let agents = desk::build(desk::Options {
            bridge_url: bridge.parse().unwrap(),
            secret: SECRET.into(),
            token: DESK_TOKEN.into(),
            chat_url: None,
            clock: Arc::new(SystemClock),
        })
        .unwrap();
        serve_on(desk_at, agents.router(), &platform.shutdown);
        let data = TempDir::new().unwrap();
        let listen = public.local_addr().unwrap();
        let (folder, api) = (data.path().display(), &platform.root);
        let text = format!(
            r#"
            server = {{ listen = "{listen}", drain = "0s" }}
            admin = {{ listen = "server" }}
            store = {{ url = "sqlite:{folder}/handover.db" }}
            outbound = {{ allow_networks = ["127.0.0.0/8"] }}
            [bots.fashion]
            platform = "certainly"
            api_url = "{api}"
            deployment_id = "d7"
            access_token = "{ACCESS_TOKEN}"
            api_token = "{API_TOKEN}"
            hook_key = "{HOOK_KEY}"
            {settings}
            [desks.team]
            kind = "webhook"
            url = "{desk}/hook"
            secret = "{SECRET}"
            token = "{DESK_TOKEN}"
            "#
        );
        let config = Config::load(&Source::text("test.toml", text)).unwrap();
        let listeners = Listeners {
            public,
            admin: None,
            extra: Vec::new(),
        };
        let app = App::build(config, listeners).await.unwrap();
        let (stop, soft) = (platform.shutdown.clone(), app.shutdown().soft);
        tokio::spawn(async move {
            stop.cancelled().await;
            soft.cancel();
        });
        tokio::spawn(app.run());
        Self {
            platform,
            desk,
            _data: data,
        }
    }

    /// A user with an agent.
    async fn handed_over(&self) -> (String, String) {
        let session = self.platform.user.open(ChatUser::default()).unwrap();
        self.platform.user.write(&session, "agent").unwrap();
        let paused = |line: &Line| {
            matches!(
                line,
                Line::Bot {
                    state: BotState::Paused,
                    ..
                }
            )
        };
        self.platform
            .until(&session, |lines| lines.iter().any(paused))
            .await;
        let list: Value = client()
            .get(format!("{}/desk/handovers", self.desk))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let handover = list[0]["about"]["id"].as_str().expect("the desk has it");
        (session, handover.to_owned())
    }

    async fn act(&self, handover: &str, body: Value) {
        let url = format!("{}/desk/handovers/{handover}/events", self.desk);
        let told = client().post(url).json(&body).send().await.unwrap();
        assert_eq!(told.status(), 202);
    }
}

async fn loopback() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn says(lines: &[Line], who: Speaker, wanted: &str) -> bool {
    lines.iter().any(|line| {
        matches!(line, Line::Said { by, message, .. }
            if *by == who && message["text"].as_str().is_some_and(|text| text.contains(wanted)))
    })
}

#[tokio::test]
async fn every_sender_and_every_way_of_showing_who_calls_brings_a_conversation_through() {
    for settings in [
        "auth = \"bearer\"",
        "auth = \"query\"",
        "auth = \"basic\"",
        "sender = \"trigger-message\"",
    ] {
        let whole = Whole::with(settings).await;
        let (session, handover) = whole.handed_over().await;
        let hello =
            json!({"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}});
        whole.act(&handover, hello).await;
        let platform = &whole.platform;
        platform
            .until(&session, |lines| says(lines, Speaker::Agent, "I am Ann"))
            .await;
        whole
            .act(&handover, json!({"type": "closed", "reason": "solved"}))
            .await;
        platform
            .until(&session, |lines| says(lines, Speaker::Bot, "Welcome back"))
            .await;
        assert_eq!(
            platform.user.bot(&session),
            Some(BotState::Speaking),
            "{settings}"
        );
    }
}

#[tokio::test]
async fn a_resume_may_move_the_flow_and_set_variables_behind_the_takeover() {
    let takeover =
        "{{ bot.api_url }}/webbot/api/webchat/{{ deployment_id }}/takeover/{{ user_id }}/";
    let settings = format!(
        r#"resume = [
            {{ request = {{ method = "GET", url = "{takeover}" }} }},
            {{ dialog_state = "list", session_data = {{ handover_reason = "reason", unanswered = "unanswered" }} }},
        ]"#
    );
    let whole = Whole::with(&settings).await;
    let (session, handover) = whole.handed_over().await;
    whole
        .act(&handover, json!({"type": "closed", "reason": "solved"}))
        .await;
    let list = |line: &Line| {
        matches!(line, Line::Said { by: Speaker::Bot, message, .. }
            if message["attachment"]["payload"]["template_type"] == "list")
    };
    whole
        .platform
        .until(&session, |lines| lines.iter().any(list))
        .await;
    let data = Value::from(whole.platform.user.session_data(&session));
    assert_eq!(
        data,
        json!({"handover_reason": "solved", "unanswered": false})
    );
}

#[tokio::test]
async fn the_api_wants_the_right_token_in_the_right_place() {
    let platform = Platformed::before("http://127.0.0.1:9").await;
    let session = platform.user.open(ChatUser::default()).unwrap();
    let path = format!("/webbot/api/webchat/d7/handover/{session}/");
    let config = platform
        .get("/webbot/api/webchat/d7/config/")
        .send()
        .await
        .unwrap();
    assert_eq!(config.status(), 200, "anybody may see how the widget looks");
    let password = |token: &str| Some(format!("bearer {token}"));
    let listening = [
        (platform.get(&path), 401),
        (platform.get(&path).bearer_auth(API_TOKEN), 401),
        (
            platform.get(&path).basic_auth("user", Some(ACCESS_TOKEN)),
            401,
        ),
        (
            platform.get(&format!("{path}?access_token={ACCESS_TOKEN}")),
            200,
        ),
        (
            platform
                .get(&path)
                .basic_auth("user", password(ACCESS_TOKEN)),
            200,
        ),
        (platform.get(&path).bearer_auth(ACCESS_TOKEN), 200),
        (
            platform
                .get(path.trim_end_matches('/'))
                .bearer_auth(ACCESS_TOKEN),
            404,
        ),
        (
            platform
                .get("/webbot/api/webchat/d8/handover/u/")
                .bearer_auth(ACCESS_TOKEN),
            404,
        ),
    ];
    for (place, (call, status)) in listening.into_iter().enumerate() {
        assert_eq!(call.send().await.unwrap().status(), status, "{place}");
    }
    assert_eq!(platform.user.bot(&session), Some(BotState::Paused));
    let message = json!({"user_id": session, "text_message": "Hi"});
    let path = "/actionsvc/trigger-message/";
    for (call, status) in [
        (platform.post(path, &message).bearer_auth(ACCESS_TOKEN), 401),
        (
            platform
                .post(path, &message)
                .basic_auth("user", password(ACCESS_TOKEN)),
            401,
        ),
        (
            platform
                .post(path, &message)
                .basic_auth("user", password(API_TOKEN)),
            200,
        ),
        (
            platform
                .post(path, &message)
                .header("authorization", format!("JWT {API_TOKEN}")),
            401,
        ),
        (
            platform
                .post("/actionsvc/trigger-response/", &message)
                .basic_auth("user", password(API_TOKEN)),
            401,
        ),
    ] {
        assert_eq!(call.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn what_the_documents_say_of_answers_is_answered() {
    let platform = Platformed::before("http://127.0.0.1:9").await;
    let session = platform.user.open(ChatUser::default()).unwrap();
    let answer = async |path: &str, body: Value| {
        let call = platform.post(path, &body);
        let call = if path.ends_with("message/") {
            call.basic_auth("user", Some(format!("bearer {API_TOKEN}")))
        } else {
            call.header("authorization", format!("JWT {API_TOKEN}"))
        };
        let answer = call.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    let taken = json!({"message": "1", "error": []});
    let said = json!({"user_id": session, "text_message": "Hi"});
    assert_eq!(
        answer("/actionsvc/trigger-message/", said).await,
        (200, taken.clone())
    );
    let nobody = json!({"user_id": "nobody", "text_message": "Hi"});
    assert_eq!(
        answer("/actionsvc/trigger-message/", nobody).await,
        (
            400,
            json!({"error": "Bot user with this id does not exist", "message": null})
        )
    );
    let moved =
        json!({"user_id": session, "module_id": null, "custom_vars": {"a": 1}, "is_async": true});
    assert_eq!(
        answer("/actionsvc/trigger-response/", moved).await,
        (200, taken)
    );
    let data = Value::from(platform.user.session_data(&session));
    assert_eq!(data, json!({"a": 1}));
    let odd = answer("/actionsvc/trigger-response/", json!([])).await;
    assert_eq!(odd.0, 400);
}
