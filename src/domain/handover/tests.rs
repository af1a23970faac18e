//! The rules one by one, the laws that hold whatever happens, and a search through everything that can happen.

mod answer;
mod bots;
mod changed;
mod closing;
mod desks;
mod elsewhere;
mod erase;
mod farewell;
mod laws;
mod legs;
mod look_up;
mod lost;
mod notices;
mod operator;
mod past;
mod pause;
mod routes;
mod search;
mod shown;
mod speech;
mod timers;
mod unsaid;
mod world;

use std::time::Duration;

use super::*;
use crate::domain::{
    conversation::{Agent, PauseState, ResumeContract},
    delivery::{Destination, Done, Found, Lane, StepResult, Task},
    effect::{Cancelled, Cause, WarningKind},
    event::{AgentSaid, DeskEvent, Feed, NamedLeg, PlatformMessage, Request, Seen, TranscriptItem},
    ids::BotName,
    message::{Actor, Content},
    policy::{ClosedBecause, Notice, PausedBecause, WhenUnsure},
    retry::ErrorClass,
};
use world::{World, desk};

fn done() -> StepResult {
    StepResult::Done(Done::default())
}

/// What a look-up comes to.
fn found() -> StepResult {
    let said = TranscriptItem {
        actor: Actor::User,
        said: PlatformMessage {
            at: None,
            content: Content::text("before"),
            raw: None,
            feed: Feed::Only,
        },
        keys: Vec::new(),
        seen: None,
    };
    StepResult::Done(Done {
        found: Found {
            transcript: vec![said.clone(), said],
            session: Some(serde_json::json!({"tier": "gold"})),
        },
        ..Done::default()
    })
}

fn refused() -> StepResult {
    StepResult::Done(Done {
        refused: Some("full".to_owned()),
        ..Done::default()
    })
}

/// The message that came of it.
fn message(outcome: &Outcome) -> MessageId {
    match outcome {
        Outcome::Taken { id } => MessageId::from_uuid(*id),
        other => panic!("{other:?}"),
    }
}
