//! What users and agents say, and how it is known again when the bridge brings it.

use bytes::Bytes;
use handover_bridge::{clock::SystemClock, domain::time::Clock};
use serde_json::{Value, json};

use crate::{
    bridge::{DESK_TOKEN, HOOK_PATH, VERIFY_TOKEN},
    ledger::{LaneId, Side},
    wire::Call,
};

/// What the bridge is configured to tell the bot platform when the user is given back to the bot: the effect of an
/// agent's close.
pub const RESUME: &str = "back to the bot";

/// What the user says before the request for an agent.
pub const ASKS: &str = "Let me talk to a person";

/// The conversation of a session id of this script.
pub fn conversation_of(session: &str) -> Option<usize> {
    session.strip_prefix("crash-session-")?.parse().ok()
}

/// The number in a text of this lane; none if the text is of another lane or of nobody.
pub fn number_of(lane: LaneId, text: &str) -> Option<u32> {
    let (speaker, number) = text.rsplit_once(' ')?;
    number.parse().ok().filter(|_| speaker == whose(lane))
}

/// The user's event of this number: 0 is the offload, every other a text. One text in four has no id, so that the bridge
/// must know a repeat by its content.
pub fn user(lane: LaneId, number: u32, rng: &mut fastrand::Rng) -> Call {
    let (path, mut body) = if number == 0 {
        (HOOK_PATH.to_owned(), offload())
    } else {
        let path = format!("{HOOK_PATH}?challenge.verifyToken={VERIFY_TOKEN}");
        (path, messages(lane, number, rng.u8(0..4) > 0))
    };
    body["botId"] = json!("b1");
    body["version"] = json!("LIVE");
    body["sessionId"] = json!(session(lane));
    body["timestamp"] = json!(now());
    Call {
        path,
        headers: Vec::new(),
        body: Some(Bytes::from(body.to_string())),
    }
}

/// The agent's text of this number.
pub fn agent(lane: LaneId, number: u32, handover: &str) -> Call {
    let text = format!("{} {number}", whose(lane));
    desk_event(
        lane,
        number,
        handover,
        &json!({"type": "message", "content": {"type": "text", "text": text}}),
    )
}

/// The agent's last event.
pub fn close(lane: LaneId, number: u32, handover: &str) -> Call {
    desk_event(
        lane,
        number,
        handover,
        &json!({"type": "closed", "reason": "solved"}),
    )
}

/// Whether a 2xx with this body acknowledges the call: the answer to an offload must take the user over as well.
pub fn is_taken(call: &Call, body: &[u8]) -> bool {
    !is_request(call) || answers(body, true)
}

/// Whether a 2xx with this body leaves the user with the bot, as a bridge may that has too much to do.
pub fn is_declined(call: &Call, body: &[u8]) -> bool {
    is_request(call) && answers(body, false)
}

/// Whether it asks for an agent: the answer is the transfer of control, and may have to wait for a desk.
pub fn is_request(call: &Call) -> bool {
    call.path == HOOK_PATH
}

fn answers(body: &[u8], taken: bool) -> bool {
    let answer = json!({"offloadSuccess": taken, "pauseBot": taken});
    serde_json::from_slice(body).is_ok_and(|body: Value| body == answer)
}

fn offload() -> Value {
    let transcript = [item("bot", "How can I help?"), item("user", ASKS)];
    json!({"event": "offload", "payload": {"department": "sales"}, "transcript": transcript})
}

fn messages(lane: LaneId, number: u32, with_id: bool) -> Value {
    let mut said = item("user", &format!("{} {number}", whose(lane)));
    said["message"]["messageType"] = json!("text");
    said["message"]["channelType"] = json!("web");
    said["message"]["sender"] =
        json!({"id": session(lane), "botId": "b1", "botType": "web", "firstname": "Ann"});
    if with_id {
        said["message"]["id"] = json!(format!("{:012x}{number:012x}", lane.conversation));
    }
    json!({"event": "messages", "messages": [said]})
}

fn item(actor: &str, text: &str) -> Value {
    json!({"actor": actor, "message": {"text": text}, "timestamp": now()})
}

fn desk_event(lane: LaneId, number: u32, handover: &str, body: &Value) -> Call {
    let path = format!("/api/v1/handovers/{handover}/events");
    let token = ("authorization", format!("Bearer {DESK_TOKEN}"));
    let key = (
        "idempotency-key",
        format!("crash-{}-{number}", lane.conversation),
    );
    Call {
        path,
        headers: vec![token, key],
        body: Some(Bytes::from(body.to_string())),
    }
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

fn now() -> String {
    SystemClock.now().to_string()
}
