//! What user and bot are told at the end of a user whom an agent has had, or nobody.

use super::*;

/// Ann talks with the user.
fn with_ann(mut world: World) -> World {
    world.request();
    world.opened();
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    }));
    world.agent_says("hi");
    world
}

/// The user has read this last, and the bot is told of Ann and that nobody has answered.
fn is_asked_to_repeat(world: &World) {
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(
        world.notices().last().map(String::as_str),
        Some("endedrepeat")
    );
    let told = world.told_the_bot().unwrap();
    assert_eq!(
        (told.agent.as_deref(), told.unanswered),
        (Some("Ann"), true)
    );
}

#[test]
fn who_had_an_agent_is_not_told_that_nobody_is_free_where_the_desk_is_gone() {
    let mut world = with_ann(World::with_texts());
    world.user_says("and my refund?");
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    is_asked_to_repeat(&world);
}

#[test]
fn nor_where_the_desk_has_lost_the_conversation_twice() {
    let mut world = with_ann(World::with_texts());
    world.user_says("and my refund?");
    world.comes_to("message", StepResult::Gone);
    world.opened();
    world.user_says("hello?");
    world.comes_to("message", StepResult::Gone);
    is_asked_to_repeat(&world);
}

#[test]
fn nor_where_the_next_desk_does_not_take_it() {
    let mut world = with_ann(World::with_fallback("second", false));
    world.user_says("and my refund?");
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    assert_eq!(world.phase(), Some(Phase::Requested));
    world.comes_to("open", refused());
    is_asked_to_repeat(&world);
}

#[test]
fn nor_where_nobody_takes_over_from_that_agent() {
    let mut world = with_ann(World::with_texts());
    world.desk_tells(DeskEvent::Transferred { to: None });
    let mut closed = world.clone();
    closed.desk_closes();
    world.pass(world.policy.limits.waiting);
    for world in [world, closed] {
        let told = world.notices();
        assert_eq!(told.last().map(String::as_str), Some("ended"), "{told:?}");
    }
}

#[test]
fn who_never_had_one_is_told_so_also_where_the_desk_was_asked_twice() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.user_says("hello?");
    world.comes_to("message", StepResult::Gone);
    world.opened();
    world.desk_closes();
    assert_eq!(world.notices().last().map(String::as_str), Some("nobody"));
}

#[test]
fn who_is_erased_before_an_agent_came_had_none() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.look_from_here();
    world.apply(&Event::EraseRequested { at_platform: false });
    assert_eq!(world.notices(), ["nobody"]);
}

#[test]
fn an_agent_of_another_desk_comes_after_the_one_before() {
    let mut world = with_ann(World::with_fallback("second", false));
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    world.opened();
    assert_eq!(world.handover().agent, None);
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ben".to_owned()),
        avatar_url: None,
    }));
    world.desk_closes();
    assert_eq!(world.told_the_bot().unwrap().agent.as_deref(), Some("Ben"));
}
