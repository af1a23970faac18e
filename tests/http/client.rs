//! Calls the routers without a socket, as the accept loop does.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use handover_bridge::{
    bots::certainly,
    config::{Config, Kind, Platform, Source},
    desks::{aivo_live, chatwoot},
    domain::time::{Clock, Timestamp},
    http::{
        AivoLiveHook, Bot, BotHook, CertainlyHook, ChatlayerHook, ChatwootHook, Credentials, Desk,
        DeskHook, InDoubt, NoSessions, Options, Turns, Watched, combined_router, secret::Accepted,
        shed::Capacity, source::Peer,
    },
    store::OperatorStore,
    telemetry::{Instruments, Registry},
};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::store::{Script, Scripted};

pub const VERIFY: &str = "verify-token-of-webshop";
pub const KEY: &str = "hook-key-of-the-webshop";
pub const HOOK_TOKEN: &str = "token-of-the-hooks";
pub const HOOK_PASSWORD: &str = "password:of the hooks";
pub const CHANNEL: &str = "verify-token-of-the-channel";
pub const DESK: &str = "token-of-the-custom-desk";
pub const OTHER_DESK: &str = "token-of-the-other-desk-";
/// Of the desk on Aivo Live.
pub const AIVO_KEY: &str = "hook-key-of-the-live-desk";
/// Of the desks on Chatwoot.
pub const CHATWOOT_KEY: &str = "hook-key-of-the-inboxes";
pub const CHATWOOT_SECRETS: [&str; 2] = ["new-secret-of-the-inbox", "old-secret-of-the-inbox"];
/// What the clock shows, in seconds.
pub const CHATWOOT_NOW: i64 = 1_767_225_600;
pub const ADMIN: &str = "admin-token-admin-token-admin-token";
/// A handover's id; what is behind it is for the scripted store to say.
pub const HANDOVER: &str = "01930000-0000-7000-8000-000000000001";

pub struct Bridge {
    pub store: Arc<Scripted>,
    pub router: Router,
    pub stopping: CancellationToken,
    pub tasks: TaskTracker,
}

/// One call; made by the methods below, sent by [`Bridge::send`].
pub struct Call {
    request: axum::http::request::Builder,
    body: Body,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Bridge {
    pub fn new(script: Script) -> Self {
        Self::letting_in(Capacity::default(), script)
    }

    pub fn letting_in(capacity: Capacity, script: Script) -> Self {
        let store = Scripted::new(script);
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let options = Options {
            capacity,
            ..options(store.clone(), stopping.clone(), tasks.clone())
        };
        let state = options.build();
        Self {
            store,
            router: combined_router(state, Router::new()),
            stopping,
            tasks,
        }
    }

    pub async fn send(&self, call: Call) -> Reply {
        send(&self.router, call).await
    }
}

/// All routes before a store of any kind.
pub fn router_before(store: Arc<dyn OperatorStore>) -> Router {
    combined_router(
        options(store, CancellationToken::new(), TaskTracker::new()).build(),
        Router::new(),
    )
}

/// The answer, its body not read yet.
pub async fn begin(router: &Router, call: Call) -> Response {
    let request = call.request.body(call.body).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

pub async fn send(router: &Router, call: Call) -> Reply {
    let (parts, body) = begin(router, call).await.into_parts();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, 1 << 22).await.unwrap(),
    }
}

impl Call {
    pub fn new(method: Method, path: &str) -> Self {
        let peer = Peer(IpAddr::from([192, 0, 2, 1]));
        let request = Request::builder()
            .method(method)
            .uri(path.replace(' ', "%20"))
            .header(header::HOST, "bridge")
            .extension(peer);
        Self {
            request,
            body: Body::empty(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &str, body: impl Into<Body>) -> Self {
        Self {
            body: body.into(),
            ..Self::new(Method::POST, path)
        }
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.header(name, value),
            ..self
        }
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn json(self) -> Self {
        self.header("content-type", "application/json")
    }

    pub fn from(self, peer: [u8; 4]) -> Self {
        Self {
            request: self.request.extension(Peer(IpAddr::from(peer))),
            ..self
        }
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The kind of problem, as its `type` names it.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        json["type"]
            .as_str()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned()
    }
}

fn chatlayer(hook_key: Accepted) -> BotHook {
    BotHook::Chatlayer(ChatlayerHook {
        verify_token: accepted(VERIFY),
        hook_key,
        channel_verify_token: accepted(CHANNEL),
        turns: Turns::default(),
        in_doubt: InDoubt::default(),
    })
}

fn aivo_live_hook() -> AivoLiveHook {
    let text = format!(
        r#"
        [desks.live]
        kind = "aivo-live"
        bot_id = 1000
        bot_token = "bot-token"
        groups = [2179]
        hook_key = "{AIVO_KEY}"
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let (name, desk) = config.desks.first_key_value().unwrap();
    let Kind::AivoLive(desk) = &desk.kind else {
        panic!("another kind")
    };
    AivoLiveHook {
        hook_key: accepted(AIVO_KEY),
        reader: aivo_live::Reader::new(name, desk),
    }
}

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(CHATWOOT_NOW * 1000)
    }
}

/// `opened_by` are the lines that say what opens its hook.
fn chatwoot_desk(name: &str, opened_by: &str) -> Desk {
    let text = format!(
        r#"
        [desks.{name}]
        kind = "chatwoot"
        api_url = "https://chat.example.com"
        account_id = 1
        inbox_id = 2
        api_access_token = "access-token"
        {opened_by}
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let (name, desk) = config.desks.first_key_value().unwrap();
    let Kind::Chatwoot(desk) = &desk.kind else {
        panic!("another kind")
    };
    Desk {
        name: name.clone(),
        hook: DeskHook::Chatwoot(ChatwootHook {
            hook_key: desk.hook_key.as_ref().map(Accepted::from),
            signatures: desk.webhook_secret.as_ref().map(chatwoot::Signatures::from),
            reader: chatwoot::Reader::new(name, desk),
        }),
    }
}

fn chatwoot_desks() -> [Desk; 3] {
    let [new, old] = CHATWOOT_SECRETS;
    let signed = format!("webhook_secret = [\"{new}\", \"{old}\"]");
    let keyed = format!("hook_key = \"{CHATWOOT_KEY}\"");
    [
        chatwoot_desk("signed", &signed),
        chatwoot_desk("keyed", &keyed),
        chatwoot_desk("both", &format!("{signed}\n{keyed}")),
    ]
}

/// With the key of the others, so that it is the platform that tells them apart.
fn certainly_bot(name: &str, credentials: Credentials) -> Bot {
    let text = format!(
        r#"
        [bots.{name}]
        platform = "certainly"
        deployment_id = "d7"
        access_token = "access-token"
        hook_key = "{KEY}"
        "#
    );
    let config = Config::load(&Source::text("test.toml", text)).unwrap();
    let (name, bot) = config.bots.first_key_value().unwrap();
    let Platform::Certainly(bot) = &bot.platform else {
        panic!("another platform")
    };
    Bot {
        name: name.clone(),
        hook: BotHook::Certainly(CertainlyHook {
            hook_key: accepted(KEY),
            credentials,
            reader: Arc::new(certainly::Reader::new(name, bot)),
        }),
    }
}

fn options(
    store: Arc<dyn OperatorStore>,
    stopping: CancellationToken,
    tasks: TaskTracker,
) -> Options {
    Options {
        store,
        bots: vec![
            Bot {
                name: "webshop".parse().unwrap(),
                hook: chatlayer(accepted(KEY)),
            },
            Bot {
                name: "plain".parse().unwrap(),
                hook: chatlayer(Accepted::default()),
            },
            certainly_bot("fashion", Credentials::None),
            certainly_bot("by_token", Credentials::Bearer(accepted(HOOK_TOKEN))),
            certainly_bot(
                "by_password",
                Credentials::Basic {
                    user: "certainly".to_owned(),
                    password: accepted(HOOK_PASSWORD),
                },
            ),
        ],
        desks: vec![
            Desk {
                name: "custom".parse().unwrap(),
                hook: DeskHook::Api {
                    token: accepted(DESK),
                },
            },
            Desk {
                name: "other".parse().unwrap(),
                hook: DeskHook::Api {
                    token: accepted(OTHER_DESK),
                },
            },
            Desk {
                name: "live".parse().unwrap(),
                hook: DeskHook::AivoLive(aivo_live_hook()),
            },
        ]
        .into_iter()
        .chain(chatwoot_desks())
        .collect(),
        admin: accepted(ADMIN),
        sessions: Arc::new(NoSessions),
        trusted_proxies: Vec::new(),
        decide_within: Duration::from_secs(2),
        body_within: Duration::from_secs(1),
        capacity: Capacity::default(),
        stopping,
        tasks: tasks.into(),
        clock: Arc::new(Stopped),
        watched: Watched {
            bots: vec!["webshop".parse().unwrap(), "plain".parse().unwrap()],
            desks: ["custom", "other", "live"]
                .map(|name| name.parse().unwrap())
                .to_vec(),
            ..Watched::default()
        },
        instruments: Instruments {
            metrics: Registry::new().unwrap(),
            ..Instruments::default()
        },
    }
}

fn accepted(secret: &str) -> Accepted {
    [secret].into_iter().collect()
}
