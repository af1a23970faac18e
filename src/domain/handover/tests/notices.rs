//! What the user is told, and what not any more.

use super::*;
use crate::domain::{delivery::NewDelivery, message::Message};

/// An agent of this name has just joined, where the user is told so with these words.
fn joined_by(name: &str, text: &str) -> World {
    let mut world = World::saying(Notice::Joined, text);
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

#[test]
fn a_notice_that_cannot_be_told_leaves_its_window_to_another() {
    for words in ["", "{name} comes back", "you keep place {position}"] {
        let mut world = World::saying(Notice::Reconnecting, words);
        world.request();
        world.opened();
        world.user_says("hello?");
        world.delayed("message", ErrorClass::NotSent);
        world.look_from_here();
        world.pass(Duration::from_mins(2) - Duration::from_millis(1));
        assert_eq!(world.told(Cause::Notified), None, "{words}");
        world.pass(Duration::from_millis(1));
        assert_eq!(world.notices(), ["waiting"], "{words}");
        assert_eq!(world.told(Cause::Notified), Some("waiting"));
        world.pass(Duration::from_mins(5));
        assert_eq!(world.notices(), ["waiting", "waiting"], "{words}");
    }
}

#[test]
fn what_cannot_be_told_wakes_nobody() {
    let mut world = World::saying(Notice::Reconnecting, "{name} comes back");
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.policy.limits.request = Duration::from_mins(3);
    world.request();
    world.wait_until_woken();
    world.look_from_here();
    assert_eq!(world.wakes_in(), Duration::from_mins(3));
    world.wait_until_woken();
    assert_eq!(world.told(Cause::Notified), None);
    assert_eq!(world.notices(), ["nobody"]);
}

#[test]
fn a_notice_that_is_late_for_want_of_words_is_told_as_soon_as_there_are_some() {
    let mut world = World::saying(Notice::Waiting, "you are number {position}");
    world.request();
    // The desk shows that it has the user, and its answer comes late.
    world.desk_tells(DeskEvent::Transferred { to: None });
    world.look_from_here();
    world.pass(Duration::from_mins(3));
    assert!(world.notices().is_empty());
    assert_eq!(world.wakes_in(), Duration::from_mins(12));
    let taken = Done {
        position: Some(3),
        ..Done::default()
    };
    world.comes_to("open", StepResult::Done(taken));
    assert_eq!(world.wakes_in(), Duration::ZERO);
    world.wait_until_woken();
    assert_eq!(world.notices(), ["you are number 3"]);
    assert_eq!(world.wakes_in(), Duration::from_mins(5));
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
