//! What bot platforms and desks answer when they are called, over a real connection.
//!
//! Laws: an answer is a success or a failure of the class that its status has; how long to stay away is only ever known
//! from a header that says so; what a desk tells of itself is short; what is found of a conversation is bounded and
//! stands in the answer byte for byte.
#![no_main]
#![allow(
    irrefutable_let_patterns,
    reason = "until there is a second platform and a second kind of desk"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use arbitrary::Arbitrary;
use handover_bridge::{
    bots::{
        BotPlatform as _,
        chatlayer::{self, Chatlayer},
    },
    clock::SystemClock,
    config::{Config, Kind, Platform, Source},
    desks::{
        Desk as _,
        webhook::{self, Webhook},
    },
    domain::{
        conversation::{ConversationKey, Profile},
        delivery::{
            About, BotJob, BotWork, DeskJob, DeskWork, Done, Failure, HandoverFacts, LegFacts,
            Past, Standing,
        },
        ids::{BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId},
        policy::LookUps,
        retry::ErrorClass,
        taken::Taken,
        time::Timestamp,
    },
    outbound::{Outbound, OutboundOptions},
};
use handover_fuzz::{Json, target};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};
use uuid::Uuid;

#[derive(Arbitrary, Debug)]
struct Input {
    asked: Asked,
    status: Status,
    headers: Vec<(Named, Value)>,
    body: Body,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Asked {
    DeskOpens,
    Messages,
    Legacy,
    Session,
    Both,
}

#[derive(Arbitrary, Debug)]
enum Status {
    Ok,
    Any(u16),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Named {
    RetryAfter,
    Date,
    Remaining,
    Reset,
    ContentType,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Number(i64),
    Date(u32),
    Any(String),
}

#[derive(Arbitrary, Debug)]
enum Body {
    Json(Json),
    /// In one of the envelopes of a list.
    List(u8, Vec<Row>),
    Desk(Json, Json, Json),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Row {
    user: bool,
    at: Json,
    message: Json,
    flat: bool,
}

/// The messages that are taken of the past; one can be several files.
const NEWEST: usize = 200;
const SHORT: usize = 256;

target!(|input: Input| WORLD.with(|world| world.ask(&input)));

thread_local! {
    static WORLD: World = World::new();
}

struct World {
    runtime: Runtime,
    /// What every call is answered, head and body.
    answer: Arc<Mutex<Vec<u8>>>,
    messages: Chatlayer,
    legacy: Chatlayer,
    desk: Webhook,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let answer = Arc::new(Mutex::new(Vec::new()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, Arc::clone(&answer)));
        let options = OutboundOptions {
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            proxy: None,
            needs_https: false,
        };
        let outbound = Outbound::new(options, Arc::new(SystemClock)).unwrap();
        let bot = |history| {
            let Platform::Chatlayer(bot) = only(configured(at, history).bots).platform else {
                panic!("it is configured as one")
            };
            Chatlayer::new(
                chatlayer::Settings::compile(&bot).unwrap(),
                outbound.clone(),
            )
        };
        let Kind::Webhook(desk) = only(configured(at, "off").desks).kind else {
            panic!("it is configured as one")
        };
        let desk = webhook::Settings::compile(&desk).unwrap();
        Self {
            messages: bot("messages"),
            legacy: bot("legacy"),
            desk: Webhook::new(desk, outbound.clone(), Arc::new(SystemClock)),
            answer,
            runtime,
        }
    }

    fn ask(&self, input: &Input) {
        let body = input.body.bytes();
        *self.answer.lock().unwrap() = input.answer(&body);
        let (about, leg, taken) = (about(), leg(), Taken::default());
        let (about, past) = (&about, Past::default());
        let opens = DeskJob {
            about,
            leg: &leg,
            work: DeskWork::Open(&past),
        };
        let look_up = |history, session| BotJob {
            about,
            taken: &taken,
            work: BotWork::LookUp(LookUps { history, session }),
        };
        let result = self.runtime.block_on(async {
            match input.asked {
                Asked::DeskOpens => self.desk.perform(opens).await,
                Asked::Messages => self.messages.perform(look_up(true, false)).await,
                Asked::Legacy => self.legacy.perform(look_up(true, false)).await,
                Asked::Session => self.messages.perform(look_up(false, true)).await,
                Asked::Both => self.messages.perform(look_up(true, true)).await,
            }
        });
        match result {
            Ok(done) => input.hold_done(&done, &body),
            Err(failure) => input.hold_failure(&failure),
        }
    }
}

impl Input {
    fn status(&self) -> u16 {
        match self.status {
            Status::Ok => 200,
            // Those below end no call, and 204 and 304 have no body.
            Status::Any(any) => match 200 + any % 400 {
                204 | 304 => 200,
                status => status,
            },
        }
    }

    fn answer(&self, body: &[u8]) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {}\r\n",
            self.status(),
            body.len()
        );
        for (name, value) in &self.headers {
            let value = value.text().replace(|c: char| c.is_control(), "");
            head.extend([name.as_str(), ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    fn says(&self, wanted: impl Fn(Named) -> bool) -> bool {
        self.headers.iter().any(|(name, _)| wanted(*name))
    }

    fn hold_done(&self, done: &Done, body: &[u8]) {
        assert!((200..300).contains(&self.status()));
        let Done {
            reference,
            position: _,
            refused,
            found,
            quiet_for,
            taken,
            unasked,
        } = done;
        // No step of these takes anything, and all go to the vendor's own host.
        assert!(taken.is_empty() && !unasked);
        assert!(reference.iter().all(|id| (1..=SHORT).contains(&id.len())));
        assert!(
            refused
                .iter()
                .all(|why| (1..=SHORT).contains(&why.chars().count()))
        );
        assert!(quiet_for.is_none() || self.says(|name| matches!(name, Named::Remaining)));
        let body = String::from_utf8_lossy(body);
        let raws: Vec<_> = found
            .transcript
            .iter()
            .filter_map(|item| item.said.raw.as_deref())
            .collect();
        assert!(raws.iter().all(|raw| body.contains(raw)));
        let mut messages = raws.clone();
        messages.dedup();
        assert!(messages.len() <= NEWEST);
        let times: Vec<_> = found
            .transcript
            .iter()
            .filter_map(|item| item.said.at)
            .collect();
        let all_have_one = times.len() == found.transcript.len();
        assert!(
            !all_have_one || times.is_sorted(),
            "the past is told in its order"
        );
    }

    fn hold_failure(&self, failure: &Failure) {
        let expected = match self.status() {
            200..300 => ErrorClass::Unreadable,
            300..400 => ErrorClass::Redirected,
            401 | 403 => ErrorClass::Unauthorized,
            404 | 410 => ErrorClass::Gone,
            409 => ErrorClass::Duplicate,
            429 => ErrorClass::RateLimited,
            408 | 425 | 500 | 502..=504 | 520..=530 => ErrorClass::Busy,
            400 | 413 | 415 | 422 => ErrorClass::Rejected,
            _ => ErrorClass::Unsupported,
        };
        let said_before = self.status() == 422 && failure.class == ErrorClass::Duplicate;
        // The machine was so busy that a look-up was given up.
        let too_late = failure.class == ErrorClass::Ambiguous;
        assert!(
            failure.class == expected || said_before || too_late,
            "{failure:?} of status {}",
            self.status()
        );
        let may_wait = self.says(|name| matches!(name, Named::RetryAfter | Named::Reset));
        assert!(failure.retry_after.is_none() || may_wait);
    }
}

impl Named {
    fn as_str(self) -> &'static str {
        match self {
            Self::RetryAfter => "retry-after",
            Self::Date => "date",
            Self::Remaining => "x-ratelimit-remaining",
            Self::Reset => "x-ratelimit-reset",
            Self::ContentType => "content-type",
        }
    }
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Date(seconds) => {
                let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
                format!("Sun, 06 Nov 1994 08:{minutes:02}:{seconds:02} GMT")
            }
            Self::Any(text) => text.clone(),
        }
    }
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        let json = match self {
            Self::Bytes(bytes) => return bytes.clone(),
            Self::Json(json) => json.0.clone(),
            Self::Desk(accepted, reason, id) => {
                json!({"accepted": accepted.0, "reason": reason.0, "conversation_id": id.0, "position": id.0})
            }
            Self::List(envelope, rows) => {
                let rows: Vec<_> = rows.iter().map(Row::json).collect();
                match envelope % 5 {
                    0 => json!(rows),
                    1 => json!({"data": rows}),
                    2 => json!({"data": {"messages": rows}}),
                    3 => json!({"rows": rows, "count": 1000}),
                    _ => json!({"rows": rows, "count": rows.len()}),
                }
            }
        };
        json.to_string().into_bytes()
    }
}

impl Row {
    fn json(&self) -> serde_json::Value {
        let actor = if self.user { "user" } else { "bot" };
        let mut row = json!({"actor": actor, "timestamp": self.at.0, "message": self.message.0});
        if self.flat
            && let (serde_json::Value::Object(message), Some(row)) =
                (&self.message.0, row.as_object_mut())
        {
            row.remove("message");
            row.extend(message.clone());
        }
        row
    }
}

/// One answer for each call, on connections that are kept.
async fn serve(listener: TcpListener, answer: Arc<Mutex<Vec<u8>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer_all(stream, Arc::clone(&answer)));
    }
}

async fn answer_all(mut stream: TcpStream, answer: Arc<Mutex<Vec<u8>>>) -> Option<()> {
    let mut heard = Vec::new();
    loop {
        let head = loop {
            let end = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => hear(&mut stream, &mut heard).await?,
            }
        };
        let text = String::from_utf8_lossy(&heard[..head]).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        while heard.len() < head + length {
            hear(&mut stream, &mut heard).await?;
        }
        heard.drain(..head + length);
        let answer = answer.lock().unwrap().clone();
        stream.write_all(&answer).await.ok()?;
    }
}

async fn hear(stream: &mut TcpStream, heard: &mut Vec<u8>) -> Option<()> {
    (stream.read_buf(heard).await.ok()? > 0).then_some(())
}

fn configured(at: SocketAddr, history: &str) -> Config {
    let text = format!(
        r#"
        [server]
        public_url = "https://bridge.example"
        [outbound]
        allow_networks = ["127.0.0.0/8"]
        [bots.webshop]
        platform = "chatlayer"
        api_url = "http://{at}"
        access_token = "access-token-of-the-bot"
        verify_token = "verify-token-of-the-bot"
        hook_key = "hook-key-of-the-bot-only"
        history = "{history}"
        [desks.custom]
        kind = "webhook"
        url = "http://{at}/hooks"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        token = "token-of-the-custom-desk"
        "#
    );
    Config::load(&Source::text("fuzz.toml", text)).unwrap()
}

fn only<K, V>(all: std::collections::BTreeMap<K, V>) -> V {
    all.into_values().next().unwrap()
}

fn about() -> About {
    let id = Uuid::from_u128(1);
    About {
        delivery: DeliveryId::from_uuid(id),
        created_at: Timestamp::from_millis(1_767_225_600_000),
        conversation: ConversationId::from_uuid(id),
        key: ConversationKey {
            bot: BotName::new("webshop").unwrap(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("s1").unwrap(),
        },
        profile: Profile::default().into(),
        handover: HandoverFacts {
            id: HandoverId::from_uuid(id),
            language: "en".to_owned(),
            payload: None,
            options: serde_json::Map::new(),
        },
    }
}

fn leg() -> LegFacts {
    LegFacts {
        id: LegId::from_uuid(Uuid::from_u128(1)),
        desk: DeskName::new("custom").unwrap(),
        standing: Standing::Unnamed,
        taken: Taken::default(),
    }
}
