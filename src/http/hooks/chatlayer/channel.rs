//! Chatlayer's Webhook channel: each message of the bot, one a call, for bots that users reach that way.
//!
//! The path has to hold the hook key and the body the channel's own verify token. A user whom this bot has not, or has in
//! several of its versions, gets nothing; the operator sees how often that was.

mod in_doubt;
mod turns;

use axum::{Json, body::Body, extract, http::HeaderMap};
use serde_json::{Value, json};

pub use self::{in_doubt::InDoubt, turns::Turns};
use super::admit::Keyed;
use crate::{
    bots::chatlayer::hook::channel::{Call, ChannelMessage},
    clock::new_id,
    domain::effect::{Warning, WarningKind},
    http::{
        State, body,
        hooks::{count, in_flight::InFlight},
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
    let limits = state.limits(body::BOT_HOOK_MAX, state.hooks_of(&keyed.bot));
    let sent = InFlight::read(&headers, sent, limits).await?;
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
    let bot = keyed.bot;
    let until = State::patience();
    let mark = message.mark.clone();
    let turn = keyed.turns.wait(&mark.user, mark.counter).await;
    let call = keyed.in_doubt.repeated(&mark).unwrap_or_else(new_id);
    let step = message.brought_by(&bot, call);
    let applied = state
        .ask_by(until, state.store().apply(step))
        .await
        .inspect_err(|_| keyed.in_doubt.refuse(mark, call))?;
    drop(turn);
    if let Applied::NoSuchUser | Applied::SeveralUsers = applied {
        let warning = Warning {
            kind: WarningKind::UnmatchedMessage,
            subject: bot.to_string(),
        };
        state.ask_by(until, state.store().warn(warning)).await?;
        state
            .meter()
            .intake(&bot, Sent::Message, Outcome::Unmatched);
    }
    count(state, &bot, Sent::Message, applied);
    Ok(())
}
