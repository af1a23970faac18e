//! What people at the console do, and what they are refused.

mod answering;
mod ending;
mod passing_on;

use super::*;
use crate::domain::{
    delivery::{NewDelivery, TaskKind},
    effect::{Effect, JournalEntry},
    ids::{DeskName, OperatorName},
    operator::{Action, Colleague, OperatorAction, Refusal},
    reason::ClosedAs,
    routing::Route,
};

fn name(name: &str) -> OperatorName {
    OperatorName::new(name).unwrap()
}

fn act(world: &mut World, by: &str, act: Action) -> Outcome {
    world.apply(&Event::OperatorActed(OperatorAction {
        by: name(by),
        shown_as: Some(format!("{by} shown")),
        overrules: false,
        action: act,
    }))
}

/// The act is refused so, and nothing is written.
#[track_caller]
fn is_refused(world: &mut World, by: &str, wanted: Action, why: Refusal) {
    let (before, written) = (world.state().clone(), world.effects().len());
    assert_eq!(act(world, by, wanted), Outcome::Refused(why));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects().len(), written);
}

/// A handover that waits at the console; `second` is called.
fn waiting() -> (World, HandoverId) {
    let mut world = World::with_texts();
    world.add_desk("second", false);
    world.desk_mut("team").takes_at_once = true;
    world.policy.routes.push(Route::to(desk("team")));
    let (id, _) = world.request();
    (world, id)
}

/// One that `ann` has.
fn claimed() -> (World, HandoverId) {
    let (mut world, handover) = waiting();
    act(&mut world, "ann", Action::Claim { handover });
    (world, handover)
}

/// One that `ann` has given to the desk that is called.
fn sent_on() -> (World, HandoverId) {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", transfer(handover, "second"));
    (world, handover)
}

/// A bot that the console can take a user from.
fn pausable() -> World {
    let mut world = World::with_pause_steps(2);
    world.desk_mut("team").takes_at_once = true;
    world
}

fn say(handover: HandoverId, text: &str) -> Action {
    Action::Say {
        handover,
        content: Content::text(text),
    }
}

fn note(handover: HandoverId, text: &str) -> Action {
    Action::Note {
        handover,
        text: text.to_owned(),
    }
}

fn assign(handover: HandoverId, to: &str) -> Action {
    let to = Some(Colleague {
        name: name(to),
        shown_as: Some(format!("{to} shown")),
    });
    Action::Assign { handover, to }
}

fn give_back(handover: HandoverId) -> Action {
    Action::Assign { handover, to: None }
}

fn transfer(handover: HandoverId, to: &str) -> Action {
    Action::Transfer {
        handover,
        desk: desk(to),
    }
}

fn close(handover: HandoverId) -> Action {
    Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: Some("shop".to_owned()),
    }
}

/// What was written into the journal, and who did it.
fn done_by(world: &World) -> Vec<(Cause, Option<&str>)> {
    let entries = entries(world);
    let named = entries.map(|entry| (entry.cause, entry.by.as_ref().map(OperatorName::as_str)));
    named.collect()
}

fn entries(world: &World) -> impl Iterator<Item = &JournalEntry> {
    world.effects().iter().filter_map(|effect| match effect {
        Effect::Journal(entry) => Some(entry),
        _ => None,
    })
}

/// The desks that are owed a call, and what call.
fn owed_to_desks(world: &World) -> Vec<(DeskName, TaskKind)> {
    let owed = world.deliveries().into_iter();
    let to_desks = owed.filter_map(|delivery| match &delivery.destination {
        Destination::Desk(desk) => Some((desk.clone(), delivery.task.kind())),
        Destination::Bot(_) => None,
    });
    to_desks.collect()
}

fn agent(world: &World) -> Option<&str> {
    let agent = world.handover().agent.as_ref();
    agent.and_then(|agent| agent.name.as_deref())
}
