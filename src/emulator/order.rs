//! A call of the API, once it has been read: carried out on its conversation, unless a fault comes between.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::{
    bot_message::BotMessage,
    hub::{Hub, Refused},
    session::{Call, Direction},
    trial::{Verdict, cut, fault},
};

/// A call that has been read: what it does to whom.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub what: String,
    pub body: String,
    pub session: String,
    pub messages: Vec<BotMessage>,
    pub data: Map<String, Value>,
    pub pause: bool,
    pub resume: bool,
    /// Where the bot goes on; without `resume` only if it speaks.
    pub dialog: Option<String>,
    /// What it is answered when it has been carried out.
    pub answer: Map<String, Value>,
}

/// Carries the order out, unless a fault comes between.
pub(super) async fn perform(hub: &Hub, order: Order) -> Response {
    let started = Instant::now();
    let Some(ordinal) = hub.with(&order.session, |session| session.ordinal()) else {
        return Refused::UnknownSession.into_response();
    };
    let delay = hub.injector().faults().api_delay();
    sleep(delay).await;
    let (verdict, note) = Verdict::of(&mut hub.injector(), ordinal);
    let echo = hub.injector().faults().echo;
    let status = verdict.status();
    let call = Call {
        at: hub.now(),
        way: Direction::FromBridge,
        what: order.what.clone(),
        status: status.map(|status| status.as_u16()),
        millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        body: order.body.clone(),
        fault: note,
    };
    hub.with(&order.session, |session| {
        session.wire(call);
        if !verdict.has_effect() {
            return;
        }
        session.store(order.data);
        session.agent(&order.messages, echo);
        if order.pause {
            session.pause();
        }
        match order.dialog.as_deref() {
            dialog if order.resume => session.resume(dialog),
            Some(dialog) => session.go_to(dialog),
            None => {}
        }
    });
    match status {
        Some(StatusCode::OK) => Json(order.answer).into_response(),
        Some(status) => fault(status),
        None => cut(),
    }
}
