//! The stub of a `webhook` desk: notes what the bridge brings, and makes trouble now and then.
//!
//! It listens on `/process/{n}`: each run of the bridge is configured with its own number, so that the desk knows
//! exactly which process made a call, even one that it reads after the kill.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    ledger::{Arrival, Identity, LaneId, Ledger, Side},
    script,
    stub::{self, HangUp, Mood, Setting},
};

#[derive(Deserialize)]
struct Envelope<'a> {
    r#type: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Opened {
    handover: Handover,
}

#[derive(Deserialize)]
struct Handover {
    id: String,
    session_id: String,
}

#[derive(Deserialize)]
struct Closed {
    handover_id: String,
}

#[derive(Deserialize)]
struct Created {
    handover_id: String,
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    seq: u64,
    actor: String,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    text: String,
}

/// Starts the desk.
pub async fn start(setting: Setting) -> SocketAddr {
    setting
        .serve(|ledger, mood, request| async move { take(&ledger, mood, request).await })
        .await
}

async fn take(
    ledger: &Ledger,
    mood: Mood,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let Mood::Hears(answer, after) = mood else {
        return Err(HangUp);
    };
    let process = request
        .uri()
        .path()
        .strip_prefix("/process/")
        .and_then(|number| number.parse().ok());
    let webhook_id = request
        .headers()
        .get("webhook-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    let (Some(process), Some(webhook_id)) = (process, webhook_id) else {
        return Ok(stub::odd(
            ledger,
            format_args!("the desk was called without its path or a webhook-id"),
        ));
    };
    let body = stub::read(request).await?;
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&body) else {
        return Ok(stub::odd(ledger, "the desk cannot read a webhook"));
    };
    let (lane, number, identity) = match envelope.r#type.as_str() {
        // Upkeep may ask whether the desk is there.
        "ping" => return Ok(stub::respond(StatusCode::OK)),
        "handover.opened" => match opened(ledger, &envelope, webhook_id) {
            Ok(read) => read,
            Err(what) => return Ok(stub::odd(ledger, what)),
        },
        "message.created" => match created(ledger, &envelope, webhook_id) {
            Ok(read) => read,
            Err(what) => return Ok(stub::odd(ledger, what)),
        },
        "handover.closed" if withdrawn(ledger, &envelope) => {
            return Ok(stub::respond(StatusCode::OK));
        }
        other => {
            return Ok(stub::odd(
                ledger,
                format_args!("the desk was told {other}: {}", envelope.data),
            ));
        }
    };
    let arrival = Arrival {
        number,
        process,
        answer,
        identity: Some(identity),
        arrived: 0,
        answered: None,
    };
    stub::note(ledger, lane, arrival, after).await
}

type Read = (LaneId, u32, Identity);

fn opened(ledger: &Ledger, envelope: &Envelope<'_>, webhook_id: String) -> Result<Read, String> {
    let Opened { handover } = serde_json::from_str(envelope.data.get())
        .map_err(|e| format!("a handover cannot be read: {e}"))?;
    let Some(conversation) = script::conversation_of(&handover.session_id) else {
        return Err(format!(
            "a handover of an unknown session {}",
            handover.session_id
        ));
    };
    ledger.open(&handover.id, conversation);
    // The transcript may have grown when a handover is opened again: no digest.
    let identity = Identity {
        webhook_id,
        message_id: handover.id,
        seq: 0,
        digest: 0,
    };
    Ok((
        LaneId {
            conversation,
            side: Side::User,
        },
        0,
        identity,
    ))
}

fn withdrawn(ledger: &Ledger, envelope: &Envelope<'_>) -> bool {
    let Ok(closed) = serde_json::from_str::<Closed>(envelope.data.get()) else {
        return false;
    };
    // A handover that is not known was opened by a call that the desk has not heard.
    let conversation = ledger.conversation(&closed.handover_id);
    conversation.is_none_or(|conversation| ledger.withdraw(conversation))
}

fn created(ledger: &Ledger, envelope: &Envelope<'_>, webhook_id: String) -> Result<Read, String> {
    let Created {
        handover_id,
        message,
    } = serde_json::from_str(envelope.data.get())
        .map_err(|e| format!("a message cannot be read: {e}"))?;
    let lane = ledger
        .conversation(&handover_id)
        .map(|conversation| LaneId {
            conversation,
            side: Side::User,
        });
    let Some(lane) = lane else {
        return Err(format!(
            "a message of handover {handover_id}, which was never opened"
        ));
    };
    let text = &message.content.text;
    let Some(number) = script::number_of(lane, text).filter(|_| message.actor == "user") else {
        return Err(format!("{lane} got {text:?} of {}", message.actor));
    };
    let mut hasher = DefaultHasher::new();
    envelope.data.get().hash(&mut hasher);
    let identity = Identity {
        webhook_id,
        message_id: message.id,
        seq: message.seq,
        digest: hasher.finish(),
    };
    Ok((lane, number, identity))
}
