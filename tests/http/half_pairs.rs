//! Half a surrogate pair, as a program writes it that has cut a text within a character: the rest of the call is not lost
//! for it.

use handover_bridge::domain::{
    conversation::Answer,
    event::{Event, Step},
};
use serde_json::json;

use crate::{
    chatwoot,
    client::{ADMIN, AIVO_KEY, Bridge, CHANNEL, Call, DESK, HANDOVER, KEY, VERIFY},
    store::{Apply, Script},
};

/// What JavaScript makes of `"on my way 😀".slice(0, 11)`.
const CUT: &str = r"on my way \ud83d";
const READ: &str = "on my way \u{fffd}";

fn chatlayer(event: &str) -> Call {
    let path = format!("/hooks/chatlayer/webshop/{KEY}?challenge.verifyToken={VERIFY}");
    Call::post(
        &path,
        format!(r#"{{"botId": "b1", "version": "LIVE", "sessionId": "s1", {event}}}"#),
    )
}

fn certainly(last: &str, body: String) -> Call {
    Call::post(&format!("/hooks/certainly/fashion/{KEY}/{last}"), body)
}

/// What is stored of a call, which is taken.
async fn kept(call: Call, status: u16, script: Script) -> Vec<Step> {
    let bridge = Bridge::new(script);
    let reply = bridge.send(call).await;
    assert_eq!(reply.status, status, "{:?}", reply.body);
    let steps = bridge.store.steps();
    let printed = format!("{steps:?}");
    assert!(printed.contains(READ), "{printed}");
    assert!(!printed.contains("ud83d"), "kept as it came: {printed}");
    steps
}

#[tokio::test]
async fn a_message_and_those_beside_it_are_taken() {
    let messages = format!(
        r#""event": "messages", "messages": [
            {{"actor": "user", "message": {{"messageType": "text", "text": "{CUT}"}}}},
            {{"actor": "user", "message": {{"messageType": "text", "text": "hello?"}}}},
            {{"actor": "bot", "message": {{"of_the_future": "{CUT}"}}}}]"#
    );
    let steps = kept(chatlayer(&messages), 200, Script::default()).await;
    assert_eq!(steps[0].events.len(), 3);

    let message = format!(
        r#"{{"interlocutor": "user", "data": {{"message": {{"user_id": "u1", "message": "{CUT}"}}}}}}"#
    );
    kept(certainly("messages", message), 200, Script::default()).await;

    let path = format!("/hooks/chatlayer/webshop/{KEY}/channel");
    let message = format!(
        r#"{{"senderId": "u1", "message": {{"text": "{CUT}"}}, "verifyToken": "{CHANNEL}"}}"#
    );
    kept(Call::post(&path, message), 200, Script::default()).await;
}

#[tokio::test]
async fn a_user_who_asks_for_an_agent_gets_one() {
    let asked = || Script {
        apply: Apply::requested(Answer::Accepted),
        ..Script::default()
    };
    let offload = format!(
        r#""event": "offload", "payload": {{"subject": "{CUT}"}}, "transcript": [
            {{"actor": "user", "message": {{"messageType": "text", "text": "{CUT}"}}}}]"#
    );
    let claim = format!(r#"{{"to": "u1", "customVariables": {{"subject": "{CUT}"}}}}"#);
    for call in [chatlayer(&offload), certainly("claim", claim)] {
        let steps = kept(call, 200, asked()).await;
        let Event::HandoverRequested(request) = &steps[0].events[0].event else {
            panic!("{steps:?}")
        };
        assert_eq!(request.payload, Some(json!({ "subject": READ })));
    }
}

#[tokio::test]
async fn what_an_agent_says_is_taken() {
    let event = format!(r#"{{"type": "message", "content": {{"type": "text", "text": "{CUT}"}}}}"#);
    let path = format!("/api/v1/handovers/{HANDOVER}/events");
    let told = Call::post(&path, event).json().bearer(DESK);
    kept(told, 202, Script::default()).await;

    let event = format!(
        r#"{{"name": "messageToClient", "roomId": "r1", "timestamp": 1, "botId": 1000, "data":
            {{"action": "text", "value": "{CUT}", "source": "agent"}}}}"#
    );
    let told = Call::post(&format!("/hooks/aivo-live/live/{AIVO_KEY}"), event);
    kept(told, 200, Script::default()).await;

    // Its signature is over what was sent.
    let event = chatwoot::message().to_string().replace("a < b & c", CUT);
    let told = chatwoot::signed(chatwoot::SIGNED, &event);
    kept(told, 200, Script::default()).await;
}

#[tokio::test]
async fn an_operator_is_answered_as_to_any_other_id() {
    let bridge = Bridge::new(Script::default());
    let erase = format!(r#"{{"session_id": "{CUT}"}}"#);
    let call = Call::post("/api/admin/erasures", erase)
        .json()
        .bearer(ADMIN);
    // By the store, which has no answer here.
    assert_eq!(bridge.send(call).await.status, 503);
    let erased = format!("{:?}", bridge.store.erased());
    assert!(erased.contains(READ), "{erased}");
}
