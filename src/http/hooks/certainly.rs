//! Certainly's two webhooks: `claim`, by which a bot asks for an agent, and `messages`, by which Certainly tells what users
//! and bots say.
//!
//! The key in the path opens both; where a user and a password or a token are configured besides, both must be right. A
//! claim is never turned away: where there is no room for it, it is answered that the bot keeps the user.

mod admit;

use axum::{Json, Router, body::Body, extract, http::HeaderMap, routing::post};
use serde_json::{Value, json};

use admit::Admitted;

pub use admit::{CertainlyHook, Credentials};

use super::{
    count,
    in_flight::InFlight,
    request::{Verdict, verdict},
};
use crate::{
    bots::certainly::hook::Reader,
    domain::{event::Event, json::MOST_VARIABLES},
    http::{
        State,
        body::{self, Limits, Skim},
        meter::{Outcome, Sent},
        problem::Result,
    },
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/hooks/certainly/{bot}/{hook_key}/claim", post(claim))
        .route("/hooks/certainly/{bot}/{hook_key}/messages", post(message))
}

async fn claim(
    extract::State(state): extract::State<State>,
    Admitted(reader): Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let taken = take_claim(&state, &reader, headers, sent).await;
    let outcome = match &taken {
        Ok(Verdict::Accepted(_)) => Outcome::Accepted,
        Ok(Verdict::Declined) => Outcome::Declined,
        Err(problem) => Outcome::Refused(problem.kind()),
    };
    state.meter().intake(&reader.bot, Sent::Request, outcome);
    taken.map(|verdict| Json(said(verdict)))
}

async fn message(
    extract::State(state): extract::State<State>,
    Admitted(reader): Admitted,
    headers: HeaderMap,
    sent: Body,
) -> Result<Json<Value>> {
    let taken = take_message(&state, &reader, headers, sent).await;
    taken.inspect_err(|problem| {
        let outcome = Outcome::Refused(problem.kind());
        state.meter().intake(&reader.bot, Sent::Message, outcome);
    })?;
    Ok(Json(json!({})))
}

async fn take_claim(
    state: &State,
    reader: &Reader,
    headers: HeaderMap,
    sent: Body,
) -> Result<Verdict> {
    let gate = state.hooks_of(&reader.bot);
    let limits = Limits {
        values: MOST_VARIABLES,
        ..state.limits(body::BOT_HOOK_MAX, gate)
    };
    let body = body::read_or_skim(&headers, sent, &limits, &mut Unheard).await?;
    let (Some(body), Some(place)) = (body, gate.enter()) else {
        gate.turned_away();
        return Ok(Verdict::Declined);
    };
    body::check_depth(&body).map_err(|_| body::too_deep())?;
    let step = reader.claim(&body)?;
    let (through, call) = (state.clone(), InFlight::new(body, place));
    state
        .see_through(async move { Ok(verdict(&through, step, call).await) })
        .await
}

async fn take_message(
    state: &State,
    reader: &Reader,
    headers: HeaderMap,
    sent: Body,
) -> Result<()> {
    let limits = state.limits(body::DEFAULT_MAX, state.hooks_of(&reader.bot));
    let call = InFlight::read(&headers, sent, limits).await?;
    let Some(step) = reader.message(call.body())? else {
        let (bot, outcome) = (&reader.bot, Outcome::Unmatched);
        state.meter().intake(bot, Sent::Message, outcome);
        return Ok(());
    };
    let unknown = |event: &Event| matches!(event, Event::PlatformUnknown { .. });
    let unknown = step.events.iter().any(|one| unknown(&one.event));
    let sent = if unknown { Sent::Other } else { Sent::Message };
    let (through, bot) = (state.clone(), reader.bot.clone());
    state
        .see_through(async move {
            let applied = through.ask(through.store().apply(step)).await?;
            drop(call);
            count(&through, &bot, sent, applied);
            Ok(())
        })
        .await
}

/// One flat object, since the builder of a bot maps each field to a variable by its name.
fn said(verdict: Verdict) -> Value {
    let (accepted, handover, message) = match verdict {
        Verdict::Accepted(handover) => (true, Some(handover), ""),
        Verdict::Declined => (false, None, "nobody takes over now"),
    };
    json!({
        "accepted": accepted,
        "status": if accepted { "waiting" } else { "declined" },
        "handover_id": handover,
        // Desks tell it later, if at all; then the user is told.
        "queue_position": null,
        "message": message,
    })
}

/// What a claim says does not matter where there is no room for it.
struct Unheard;

impl Skim for Unheard {
    fn piece(&mut self, _: &[u8]) {}
}
