//! An agent at the page of a desk that is played: what that page calls.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{bridge::client, until};

/// The agent's name.
pub const ANN: &str = "Ann";

pub struct Page {
    pub root: String,
    pub http: reqwest::Client,
}

impl Page {
    pub fn of(root: String) -> Self {
        Self {
            root,
            http: client(),
        }
    }

    pub async fn set_faults(&self, faults: Value) {
        let url = format!("{}/emulator/faults", self.root);
        let set = self.http.put(url).json(&faults).send().await.unwrap();
        assert_eq!(set.status(), 200);
    }

    pub async fn rooms(&self) -> Vec<Value> {
        let url = format!("{}/desk/handovers", self.root);
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Waits until so many conversations are there, and gives the first, in the order in which they were opened.
    pub async fn room(&self, count: usize) -> Vec<String> {
        until(async || self.rooms().await.len() == count).await;
        let mut rooms = self.rooms().await;
        rooms.sort_by_key(|room| room["opened_at"].as_str().unwrap().to_owned());
        rooms
            .iter()
            .map(|room| room["about"]["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn act(&self, room: &str, act: Value) {
        let url = format!("{}/desk/handovers/{room}/events", self.root);
        let done = self.http.post(url).json(&act).send().await.unwrap();
        assert_eq!(done.status(), 202, "{act}");
    }

    pub async fn join(&self, room: &str) {
        self.act(room, json!({"type": "attended", "agent": {"name": ANN}}))
            .await;
    }

    pub async fn write(&self, room: &str, text: &str) {
        let content = json!({"type": "text", "text": text});
        self.act(room, json!({"type": "message", "content": content}))
            .await;
    }

    /// The texts of users that stand in a room.
    pub async fn texts(&self, room: &str) -> Vec<String> {
        let rooms = self.rooms().await;
        let room = rooms
            .iter()
            .find(|seen| seen["about"]["id"] == room)
            .unwrap();
        let messages = room["messages"].as_array().unwrap().iter();
        let users = messages.filter(|message| message["actor"] == "user");
        users
            .map(|message| message["content"]["text"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn until_texts(&self, room: &str, texts: &[&str]) {
        until(async || self.texts(room).await == texts).await;
    }
}

pub async fn bound() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub fn at(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().unwrap()
}
