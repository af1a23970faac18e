//! Chatlayer's Webhook channel: each message of the bot, one a call, for bots that users reach that way.
//!
//! The path has to hold the hook key and the body the channel's own verify token. A user whom this bot has not, or has in
//! several of its versions, gets nothing; the operator sees how often that was.

mod turns;

use axum::{Json, body::Body, extract, http::HeaderMap};
use serde_json::{Value, json};

pub use self::turns::Turns;
use super::admit::Keyed;
use crate::{
    bots::chatlayer::hook::channel::{Call, ChannelMessage},
    domain::effect::{Warning, WarningKind},
    http::{
        State, body,
        hooks::in_flight::InFlight,
        meter::{Outcome, Sent},
        problem::Result,
    },
    store::Applied,
};

pub(super) async fn message(
    extract::State(state): extract::State<State>,
    keyed: Keyed,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let bot = keyed.bot.clone();
    let taken = hear(&state, keyed, headers, sent).await;
    taken.map(|()| Json(json!({}))).inspect_err(|problem| {
        let outcome = Outcome::Refused(problem.kind());
        state.meter().intake(&bot, Sent::Message, outcome);
    })
}

async fn hear(state: &State, keyed: Keyed, headers: HeaderMap, sent: Body) -> Result<()> {
    let sent = InFlight::read(state, &headers, sent, body::BOT_HOOK_MAX).await?;
    let call = Call::read(sent.body())?;
    let token = call.token.as_deref().unwrap_or_default();
    if !keyed.channel_verify_token.matches(token) {
        return Err(state.refuse(keyed.caller));
    }
    let message = call.parse(&keyed.bot)?;
    let through = state.clone();
    state
        .see_through(async move { take(&through, keyed, message, sent).await })
        .await
}

async fn take(state: &State, keyed: Keyed, message: ChannelMessage, _sent: InFlight) -> Result<()> {
    let ChannelMessage {
        user,
        counter,
        step,
    } = message;
    let bot = keyed.bot;
    let turn = keyed.turns.wait(&user, counter).await;
    let applied = state.ask(state.store().apply(step)).await?;
    drop(turn);
    let outcome = if let Applied::NoSuchUser | Applied::SeveralUsers = applied {
        let warning = Warning {
            kind: WarningKind::UnmatchedMessage,
            subject: bot.to_string(),
        };
        state.ask(state.store().warn(warning)).await?;
        Outcome::Unmatched
    } else {
        Outcome::Accepted
    };
    state.meter().intake(&bot, Sent::Message, outcome);
    Ok(())
}
