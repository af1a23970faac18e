//! Processes with other configurations: what one does not know is another's.

use super::*;

#[test]
fn a_pause_is_left_to_a_process_that_knows_the_bot() {
    let mut world = World::with_pause_steps(1);
    world.request();
    let bots = std::mem::take(&mut world.policy.bots);
    world.look_from_here();
    world.opened();
    assert_eq!(world.phase(), Some(Phase::Waiting));
    assert_eq!(world.handover().pause, PauseState::NotOwed);
    assert_eq!(world.wakes_in(), Duration::ZERO);
    world.policy.bots = bots;
    world.look_from_here();
    world.wait_until_woken();
    assert_eq!(world.tasks(), ["pause"]);
    assert!(world.wakes_in() > Duration::ZERO);
    world.comes_to("pause", done());
    assert_eq!(world.handover().pause, PauseState::Paused);
}

#[test]
fn a_bot_that_its_answer_pauses_is_paused_whoever_accepts() {
    let mut world = World::new();
    world.request();
    let bots = std::mem::take(&mut world.policy.bots);
    world.look_from_here();
    world.opened();
    world.policy.bots = bots;
    world.wait_until_woken();
    assert_eq!(world.tasks(), Vec::<&str>::new());
    assert_eq!(world.handover().pause, PauseState::Paused);
}

#[test]
fn a_pause_that_was_left_is_not_made_up_for_when_the_handover_is_over() {
    let mut world = World::with_pause_steps(1);
    world.request();
    let bots = std::mem::take(&mut world.policy.bots);
    world.opened();
    world.desk_closes();
    world.policy.bots = bots;
    world.look_from_here();
    world.wait_until_woken();
    assert_eq!(world.tasks(), ["resume"]);
}

#[test]
fn a_desk_is_told_of_the_end_by_a_process_that_does_not_know_it() {
    let mut world = World::attended();
    world.policy.desks.remove(&desk("team"));
    world.look_from_here();
    world.wait(world.policy.limits.max_duration);
    world.wait_until_woken();
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.tasks(), ["close", "say", "resume"]);
}

#[test]
fn the_console_is_called_by_nobody_wherever_it_is() {
    let mut world = World::with_fallback("console", true);
    world.request();
    world.comes_to("open", refused());
    assert_eq!(world.leg().desk, desk("console"));
    world.policy.desks.remove(&desk("console"));
    world.look_from_here();
    world.user_says("anybody there?");
    world.wait(world.policy.limits.max_duration);
    world.wait_until_woken();
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert!(!world.tasks().contains(&"message") && !world.tasks().contains(&"close"));
}

#[test]
fn a_desk_that_has_become_the_consoles_is_offered_what_its_agent_had() {
    let mut world = World::attended();
    world.user_says("my order");
    world.desk_mut("team").takes_at_once = true;
    world.look_from_here();
    world.user_says("is late");
    let leg = world.leg().clone();
    assert!(leg.at_console && leg.offer.is_taken());
    assert_eq!(world.phase(), Some(Phase::Waiting), "nobody has it there");
    assert_eq!(world.tasks(), Vec::<&str>::new());
    assert_eq!(
        world.handover().newest_unheard(),
        None,
        "both stand on its page"
    );
}

#[test]
fn a_desk_that_is_the_consoles_no_more_is_offered_what_waits_there() {
    let mut world = World::new();
    world.desk_mut("team").takes_at_once = true;
    world.request();
    world.user_says("my order");
    world.desk_mut("team").takes_at_once = false;
    world.look_from_here();
    world.user_says("is late");
    assert_eq!(world.tasks(), ["open", "message"]);
    assert_eq!(world.phase(), Some(Phase::Requested));
    world.look_from_here();
    world.opened();
    world.user_says("hello?");
    assert_eq!(world.phase(), Some(Phase::Waiting));
    assert_eq!(world.tasks(), ["message"], "it is offered once");
}
