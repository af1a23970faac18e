//! The callers: users through the bot platform's hook, agents through the desk API.
//!
//! Every caller has its own connection and its own conversations, so that a conversation is never in two hands. Within
//! a lane the next event is written only when the last was acknowledged; what got no answer is sent again, byte for
//! byte, until it is.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use handover_bridge::{clock::SystemClock, domain::time::Clock};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    bridge::{DESK_TOKEN, HOOK_PATH, VERIFY_TOKEN},
    ledger::{LaneId, Ledger, Side},
    wire::{Call, NoAnswer, Wire},
};

/// Callers that play users, and callers that play agents; each is one connection.
pub const USERS: usize = 64;
pub const AGENTS: usize = 32;

/// Between two tries of a call that got no 2xx.
const PAUSE: Duration = Duration::from_millis(10);

/// What the callers and the round tell each other.
#[derive(Debug, Default)]
pub struct Signals {
    /// Requests that were sent and not yet answered.
    pub in_flight: AtomicUsize,
    /// Requests that broke after they were sent: each may have been taken or not.
    pub broken: AtomicU64,
    /// Answers 429 and 503, which ask for another try.
    pub put_off: AtomicU64,
    /// Callers finish what they have written and stop.
    pub stopping: AtomicBool,
}

/// Everything a caller needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Callers {
    pub bridge: SocketAddr,
    pub ledger: Arc<Ledger>,
    pub signals: Arc<Signals>,
    /// Whether there is a bridge to call.
    pub up: watch::Receiver<bool>,
}

/// The bridge has answered what it never should.
#[derive(Debug)]
struct Refused;

impl Callers {
    /// Starts all callers; they run until `Signals::stopping`.
    pub fn start(&self, conversations: usize, rng: &mut fastrand::Rng) -> JoinSet<()> {
        let mut callers = JoinSet::new();
        for (side, count) in [(Side::User, USERS), (Side::Agent, AGENTS)] {
            for caller in 0..count {
                let own = (caller..conversations).step_by(count);
                let lanes = own
                    .map(|conversation| LaneId { conversation, side })
                    .collect();
                callers.spawn(self.clone().call(lanes, rng.fork()));
            }
        }
        callers
    }

    async fn call(mut self, mut lanes: Vec<LaneId>, mut rng: fastrand::Rng) {
        let mut wire = Wire::new(self.bridge);
        while !self.signals.stopping.load(Ordering::Relaxed) && !lanes.is_empty() {
            let pick = rng.usize(0..lanes.len());
            let lane = lanes[pick];
            let handover = self.ledger.handover(lane.conversation);
            let call = match (lane.side, handover) {
                (Side::User, _) => user_call(lane, self.ledger.write(lane), &mut rng),
                (Side::Agent, Some(handover)) => {
                    agent_call(lane, self.ledger.write(lane), &handover)
                }
                // The desk does not know of this conversation yet.
                (Side::Agent, None) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            match self.until_acknowledged(&mut wire, lane, &call).await {
                Ok(()) => self.ledger.acknowledge(lane),
                Err(Refused) => drop(lanes.swap_remove(pick)),
            }
        }
    }

    /// Sends the call again and again, until it is acknowledged or refused for good.
    async fn until_acknowledged(
        &mut self,
        wire: &mut Wire,
        lane: LaneId,
        call: &Call,
    ) -> Result<(), Refused> {
        loop {
            // The round ends when its callers do, never before: the sender of this value outlives them.
            let _ = self.up.wait_for(|up| *up).await.map(drop);
            match self.once(wire, call).await {
                Ok((status, body)) if status.is_success() && is_yes(lane, &body) => return Ok(()),
                Ok((StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _)) => {
                    self.signals.put_off.fetch_add(1, Ordering::Relaxed);
                }
                Ok((status, body)) => {
                    let body = String::from_utf8_lossy(&body);
                    self.ledger
                        .odd(format!("{lane} was answered {status}: {body}"));
                    return Err(Refused);
                }
                Err(NoAnswer::Connect(_)) => {}
                Err(NoAnswer::Broken(_) | NoAnswer::Late) => {
                    self.signals.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn once(&self, wire: &mut Wire, call: &Call) -> Result<(StatusCode, Bytes), NoAnswer> {
        wire.connect().await?;
        self.signals.in_flight.fetch_add(1, Ordering::Relaxed);
        let answer = wire.send(call).await;
        self.signals.in_flight.fetch_sub(1, Ordering::Relaxed);
        answer
    }
}

/// The conversation of a session id that this load made.
pub fn conversation_of(session: &str) -> Option<usize> {
    session.strip_prefix("crash-session-")?.parse().ok()
}

/// The number in a text of this lane; none if the text is of another lane or of nobody.
pub fn number_of(lane: LaneId, text: &str) -> Option<u32> {
    let (rest, number) = text.rsplit_once(' ')?;
    (rest == whose(lane)).then_some(())?;
    number.parse().ok()
}

/// An offload is acknowledged only if the handover was accepted; everything else by its status alone.
fn is_yes(lane: LaneId, body: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    lane.side == Side::Agent || answer.get("offloadSuccess") != Some(&Value::Bool(false))
}

fn whose(lane: LaneId) -> String {
    match lane.side {
        Side::User => format!("user {}", lane.conversation),
        Side::Agent => format!("agent {}", lane.conversation),
    }
}

fn session(lane: LaneId) -> String {
    format!("crash-session-{:06}", lane.conversation)
}

/// Number 0 is the offload, every other a text. One text in four has no id, as the bridge must know it then by content.
fn user_call(lane: LaneId, number: u32, rng: &mut fastrand::Rng) -> Call {
    let now = SystemClock.now().to_string();
    let session = session(lane);
    let item = |actor: &str, text: String| json!({"actor": actor, "message": {"text": text}, "timestamp": now});
    let (path, mut body) = if number == 0 {
        let transcript = [
            item("bot", "How can I help?".to_owned()),
            item("user", "Let me talk to a person".to_owned()),
        ];
        let payload = json!({"department": "sales"});
        (
            HOOK_PATH.to_owned(),
            json!({"event": "offload", "payload": payload, "transcript": transcript}),
        )
    } else {
        let mut said = item("user", format!("{} {number}", whose(lane)));
        said["message"]["messageType"] = json!("text");
        said["message"]["channelType"] = json!("web");
        said["message"]["sender"] =
            json!({"id": session, "botId": "b1", "botType": "web", "firstname": "Ann"});
        if rng.u8(0..4) > 0 {
            said["message"]["id"] = json!(format!("{:012x}{number:012x}", lane.conversation));
        }
        (
            format!("{HOOK_PATH}?challenge.verifyToken={VERIFY_TOKEN}"),
            json!({"event": "messages", "messages": [said]}),
        )
    };
    body["botId"] = json!("b1");
    body["version"] = json!("LIVE");
    body["sessionId"] = json!(session);
    body["timestamp"] = json!(now);
    Call {
        path,
        headers: Vec::new(),
        body: Some(Bytes::from(body.to_string())),
    }
}

fn agent_call(lane: LaneId, number: u32, handover: &str) -> Call {
    let text = format!("{} {number}", whose(lane));
    let body = json!({"type": "message", "content": {"type": "text", "text": text}});
    Call {
        path: format!("/api/v1/handovers/{handover}/events"),
        headers: vec![
            ("authorization", format!("Bearer {DESK_TOKEN}")),
            (
                "idempotency-key",
                format!("crash-{}-{number}", lane.conversation),
            ),
        ],
        body: Some(Bytes::from(body.to_string())),
    }
}
