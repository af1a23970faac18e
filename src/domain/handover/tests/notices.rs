//! What the user is told, and what not any more.

use super::*;
use crate::domain::{delivery::NewDelivery, message::Message};

/// An agent of this name has just joined, where the user is told so with these words.
fn joined_by(name: &str, text: &str) -> World {
    let mut world = World::with_texts();
    let english = world.policy.texts.0.get_mut("en").unwrap();
    english.insert(Notice::Joined, text.to_owned());
    world.request();
    world.opened();
    world.look_from_here();
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some(name.to_owned()),
        avatar_url: None,
    }));
    world
}

#[test]
fn what_an_agent_is_called_is_no_text_of_the_bridges() {
    for name in ["Ann {position}", "{name}", "{", "}{name"] {
        let told = joined_by(name, "{you} talk with {name}. Hi!").notices();
        assert_eq!(told, [format!("{{you}} talk with {name}. Hi!")]);
    }
}

#[test]
fn a_text_that_names_what_is_not_known_is_not_sent() {
    let told = joined_by("Ann", "{name}, at place {position}").notices();
    assert!(told.is_empty(), "{told:?}");
}

/// What the user is told once the platform takes texts again, which it has not done so far.
fn still_told(world: &World) -> Vec<String> {
    let text = |message| {
        let mut said = world.messages().zip(world.transcript());
        let found = said.find(|(recorded, _)| recorded.id == message);
        found.map(|(_, (_, text))| text)
    };
    let mut waiting = Vec::new();
    for effect in world.effects() {
        match effect {
            Effect::Deliver(owed) => waiting.push((owed.order, owed.task.clone())),
            Effect::CancelUnsent { only, .. } => {
                waiting.retain(|(order, task)| !is_taken_back(*only, *order, task));
            }
            _ => {}
        }
    }
    let says = waiting.iter().filter(|(_, task)| task.kind() == "say");
    says.filter_map(|(_, task)| text(task.message()?)).collect()
}

fn is_taken_back(only: Cancelled, order: u64, task: &Task) -> bool {
    let Task::Say {
        message,
        notice: true,
        ..
    } = task
    else {
        return false;
    };
    match only {
        Cancelled::NoticesBefore(before) => order < before,
        Cancelled::Notice(stale) => *message == stale,
        _ => false,
    }
}

fn joins(world: &mut World, name: &str) {
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some(name.to_owned()),
        avatar_url: None,
    }));
}

/// A user who waits for an agent and has been told so, as far as the platform took it.
fn waits_for_an_agent() -> World {
    let mut world = World::with_texts();
    let english = world.policy.texts.0.get_mut("en").unwrap();
    english.insert(Notice::Joined, "you talk with {name}".to_owned());
    world.request();
    world.opened();
    world.pass(Duration::from_mins(8));
    world
}

#[test]
fn after_an_outage_the_user_reads_who_has_them_and_then_how_things_stand() {
    let mut world = waits_for_an_agent();
    assert_eq!(world.notices(), ["handingover", "waiting", "waiting"]);
    assert_eq!(still_told(&world), ["handingover", "waiting"]);
    joins(&mut world, "Ann");
    assert_eq!(still_told(&world), ["you talk with Ann"]);
    world.agent_says("hi");
    world.user_says("hello?");
    world.pass(Duration::from_mins(5));
    let told = ["you talk with Ann", "hi", "reconnecting"];
    assert_eq!(still_told(&world), told);
    world.comes_to("message", done());
    world.pass(Duration::from_mins(15));
    assert_eq!(still_told(&world), ["you talk with Ann", "hi", "away"]);

    world.desk_tells(DeskEvent::Transferred { to: None });
    assert_eq!(still_told(&world), ["hi", "transferred"]);
    joins(&mut world, "Ben");
    world.agent_says("hello");
    let told = ["hi", "you talk with Ben", "hello"];
    assert_eq!(still_told(&world), told);

    world.desk_closes();
    assert_eq!(still_told(&world), ["hi", "hello", "ended"]);
    world.user_says("wait");
    assert_eq!(still_told(&world), ["hi", "hello", "endedrepeat"]);
}

#[test]
fn what_is_stale_is_taken_back_also_if_there_are_no_words_for_what_is_new() {
    let mut world = waits_for_an_agent();
    world.agent_says("hi");
    assert_eq!(still_told(&world), ["hi"], "whose name nobody knows");
}

/// The deliveries that tell the user so, the newest last.
fn telling(world: &World, text: &str) -> Vec<NewDelivery> {
    let told = |message: &&Message| message.content == Content::text(text);
    let messages: Vec<_> = world.messages().filter(told).map(|told| told.id).collect();
    messages
        .into_iter()
        .map(|message| world.delivery_of(message))
        .collect()
}

#[test]
fn what_has_become_stale_on_its_way_is_not_tried_again() {
    let mut world = waits_for_an_agent();
    let waiting = telling(&world, "waiting");
    world.look_from_here();
    world.put_off(&waiting[1]);
    assert_eq!(world.withdrawn(), 0, "that still holds");
    world.put_off(&waiting[0]);
    assert_eq!(world.withdrawn(), 1);

    joins(&mut world, "Ann");
    let joined = telling(&world, "you talk with Ann");
    world.look_from_here();
    world.put_off(&waiting[1]);
    assert_eq!(world.withdrawn(), 1);
    world.user_says("hello?");
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["reconnecting"]);
    world.put_off(&joined[0]);
    assert_eq!(world.withdrawn(), 1, "she still has them");
}

#[test]
fn what_was_to_be_told_of_the_handover_before_is_not_tried_again_in_the_next() {
    let mut world = World::attended();
    world.desk_closes();
    let ended = telling(&world, "ended");
    let mut resumed = world.clone();

    world.request();
    world.opened();
    world.look_from_here();
    world.put_off(&ended[0]);
    assert_eq!(world.withdrawn(), 1, "the user waits for an agent");

    resumed.resumed();
    resumed.look_from_here();
    resumed.put_off(&ended[0]);
    assert_eq!(resumed.withdrawn(), 0, "the bot has the user, as it says");
}
