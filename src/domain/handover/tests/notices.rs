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
