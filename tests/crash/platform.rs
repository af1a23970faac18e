//! The stub of Chatlayer: takes the conversation actions that carry the agents' texts, and makes trouble now and then.
//!
//! The actions API has no id, so a repeat is known by its text alone. Which process called is told by the access token:
//! each run of the bridge is configured with its own.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, header::AUTHORIZATION};
use serde::Deserialize;

use crate::{
    ledger::{Arrival, LaneId, Ledger, Side},
    script::{self, RESUME},
    stub::{self, HangUp, Mood, Setting},
};

/// The access token of one process is this and its number.
pub const TOKEN: &str = "process:";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actions {
    send_messages: Vec<Template>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    text_message_template: TextMessages,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextMessages {
    text_messages: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

/// Starts the bot platform.
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
        .headers()
        .get(AUTHORIZATION)
        .and_then(|token| token.to_str().ok());
    let process = process.and_then(|token| {
        token
            .strip_prefix("Bearer ")?
            .strip_prefix(TOKEN)?
            .parse()
            .ok()
    });
    let path = request.uri().path().to_owned();
    let session = path
        .strip_prefix("/v1/bots/b1/conversations/")
        .and_then(|rest| rest.strip_suffix("/actions"));
    let conversation = session.and_then(script::conversation_of);
    let (Some(process), Some(conversation)) = (process, conversation) else {
        return Ok(stub::odd(
            ledger,
            format_args!("the bot platform was called at {path} or without its token"),
        ));
    };
    let body = stub::read(request).await?;
    let lane = LaneId {
        conversation,
        side: Side::Agent,
    };
    let text = only_text(&body);
    let resumes = text.as_deref() == Some(RESUME);
    let said = match text {
        Some(_) if resumes => ledger.closed(conversation),
        Some(text) => script::number_of(lane, &text),
        None => None,
    };
    if resumes && said.is_none() && ledger.may_be_given_back(conversation) {
        return Ok(stub::respond(StatusCode::OK));
    }
    let Some(number) = said else {
        return Ok(stub::odd(
            ledger,
            format_args!("{lane} got {}", String::from_utf8_lossy(&body)),
        ));
    };
    let arrival = Arrival {
        number,
        process,
        answer,
        identity: None,
        arrived: 0,
        answered: None,
    };
    stub::note(ledger, lane, arrival, after).await
}

/// The text of actions that send exactly one.
fn only_text(body: &[u8]) -> Option<String> {
    let actions: Actions = serde_json::from_slice(body).ok()?;
    let mut texts = actions
        .send_messages
        .into_iter()
        .flat_map(|template| template.text_message_template.text_messages);
    texts
        .next()
        .filter(|_| texts.next().is_none())
        .map(|text| text.text)
}
