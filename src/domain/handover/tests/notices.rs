//! What the user is told, and what not any more.

use super::*;

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
