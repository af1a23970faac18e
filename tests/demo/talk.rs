//! One conversation, played from both sides through what the two pages call.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::demo::{Demo, PATIENCE};

/// The user's side and the agent's, of one conversation.
pub struct Talk {
    chat: String,
    desk: String,
    http: reqwest::Client,
    session: String,
    /// What the desk knows it by: platforms that put the channel before the user's id leave it out there.
    known_as: String,
}

/// Whose words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    User,
    Bot,
    Agent,
}

/// Sets what goes wrong in this demo; all the rest goes well.
pub async fn set_faults(demo: &Demo, faults: Value) {
    let url = format!("{}/emulator/faults", demo.chat);
    let set = client().put(url).json(&faults).send().await.unwrap();
    assert_eq!(set.status(), 200);
}

/// The box of the desk's page that refuses new handovers.
pub async fn set_away(demo: &Demo, away: bool) {
    let url = format!("{}/desk/away", demo.desk);
    let set = client().put(url).json(&json!({"away": away})).send().await;
    assert_eq!(set.unwrap().status(), 204);
}

/// A live stream as a page holds it open.
pub async fn stream(url: String) -> Response {
    let stream = client().get(url).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    stream
}

impl Talk {
    /// Opens the chat page.
    pub async fn open(demo: &Demo) -> Self {
        let person = json!({"first_name": "Ada", "language": "en"});
        let url = format!("{}/emulator/sessions", demo.chat);
        let opened = client().post(url).json(&person).send().await.unwrap();
        let opened: Value = opened.json().await.unwrap();
        Self::of_another(demo, opened["session"].as_str().unwrap())
    }

    /// A conversation that somebody else leads for the user.
    pub fn of_another(demo: &Demo, session: &str) -> Self {
        Self {
            chat: demo.chat.clone(),
            desk: demo.desk.clone(),
            http: client(),
            session: session.to_owned(),
            known_as: session.trim_start_matches("webbot:").to_owned(),
        }
    }

    /// Goes on at the demo that was started in the place of the one with which this began.
    pub fn move_to(&mut self, demo: &Demo) {
        self.chat.clone_from(&demo.chat);
        self.desk.clone_from(&demo.desk);
    }

    /// Where the chat's lines come from.
    pub fn events(&self) -> String {
        format!("{}/emulator/sessions/{}/events", self.chat, self.session)
    }

    /// The user writes.
    pub async fn write(&self, text: &str) {
        self.say(json!({"type": "text", "text": text})).await;
    }

    /// The user says something that may be more than a text.
    pub async fn say(&self, said: Value) {
        let url = format!("{}/emulator/sessions/{}/messages", self.chat, self.session);
        let sent = self.http.post(url).json(&said).send().await.unwrap();
        assert_eq!(sent.status(), 202, "{said}");
    }

    /// The agent does something; the body is that of the desk protocol.
    pub async fn act(&self, handover: &str, done: Value) {
        let answer = self.try_act(handover, &done).await;
        assert_eq!(answer.status(), 202, "{done}");
    }

    pub async fn try_act(&self, handover: &str, done: &Value) -> Response {
        let url = format!("{}/desk/handovers/{handover}/events", self.desk);
        self.http.post(url).json(done).send().await.unwrap()
    }

    /// The agent writes.
    pub async fn answer(&self, handover: &str, text: &str) {
        let content = json!({"type": "text", "text": text});
        self.act(handover, json!({"type": "message", "content": content}))
            .await;
    }

    /// Waits until the chat shows what is wanted, and answers all its lines.
    pub async fn chat_until(&self, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        follow(self.events(), |line| {
            lines.push(line);
            wanted(&lines)
        })
        .await
        .unwrap_or_else(|| panic!("the chat never came so far: {lines:#?}"));
        lines
    }

    /// Waits until the desk has this conversation as wanted, and answers the handover.
    pub async fn desk_until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        follow(format!("{}/desk/events", self.desk), |handover| {
            // Chatwoot is not told.
            let session = &handover["about"]["session_id"];
            if !session.is_null() && *session != json!(self.known_as) {
                return false;
            }
            last = handover;
            wanted(&last)
        })
        .await
        .unwrap_or_else(|| panic!("the desk never came so far: {last:#}"));
        last
    }

    /// Waits until the conversation is at the desk, and answers the handover's id.
    pub async fn at_the_desk(&self) -> String {
        id(&self
            .desk_until(|handover| handover["state"] == "waiting")
            .await)
    }

    /// Waits until the bot has the user back and has said so.
    pub async fn welcomed_back(&self) -> Vec<Value> {
        self.chat_until(|lines| {
            let bot = texts(lines, By::Bot);
            bot.iter().any(|text| text.starts_with("Welcome back"))
        })
        .await
    }
}

pub fn id(handover: &Value) -> String {
    handover["about"]["id"].as_str().unwrap().to_owned()
}

/// The texts that somebody has said in the chat, in order.
pub fn texts(lines: &[Value], by: By) -> Vec<&str> {
    let wanted = by.as_str();
    lines
        .iter()
        .filter(|line| line["by"] == wanted)
        .filter_map(|line| line["message"]["text"].as_str())
        .collect()
}

/// The texts of somebody that stand at the desk, in order.
pub fn texts_at_desk(handover: &Value, by: By) -> Vec<&str> {
    let (wanted, messages) = (by.as_str(), handover["messages"].as_array().unwrap());
    messages
        .iter()
        .filter(|message| message["actor"] == wanted)
        .filter_map(|message| message["content"]["text"].as_str())
        .collect()
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Bot => "bot",
            Self::Agent => "agent",
        }
    }
}

/// Reads the items of a live stream until one is the last that is wanted; nothing if that takes too long.
async fn follow(url: String, mut last: impl FnMut(Value) -> bool) -> Option<()> {
    let reading = async {
        let mut stream = stream(url).await;
        let mut read = Vec::new();
        while let Some(chunk) = stream.chunk().await.unwrap() {
            read.extend(chunk);
            while let Some(end) = read.windows(2).position(|bytes| bytes == b"\n\n") {
                let event: Vec<u8> = read.drain(..end + 2).collect();
                let event = String::from_utf8(event).unwrap();
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(data) = data
                    && last(serde_json::from_str(data).unwrap())
                {
                    return Some(());
                }
            }
        }
        None
    };
    timeout(PATIENCE, reading).await.ok().flatten()
}

#[expect(clippy::disallowed_methods, reason = "a test's own client")]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .connect_timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}
