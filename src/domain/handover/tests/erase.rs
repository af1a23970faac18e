//! A user is to be erased: nobody is left with nobody over it, and nothing new begins.

use super::*;

fn erase(world: &mut World, at_platform: bool) -> Outcome {
    world.apply(&Event::EraseRequested { at_platform })
}

#[test]
fn an_attended_handover_ends_as_ever_and_the_platform_deletes_behind_the_resume() {
    let mut world = World::attended();
    world.look_from_here();
    erase(&mut world, true);
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.tasks(), ["close", "say", "resume", "forget"]);
    assert_eq!(world.notices(), ["ended"]);
    assert_eq!(
        world.journal(),
        [(Some(Phase::Attended), Some(Phase::Closing), Cause::Erased)]
    );
    world.resumed();
    assert_eq!(world.phase(), None);
}

#[test]
fn a_request_that_is_not_answered_yet_is_declined() {
    let mut world = World::with_texts();
    let (handover, answer) = world.request();
    assert_eq!(answer, Answer::Pending);
    world.look_from_here();
    erase(&mut world, false);
    assert_eq!(world.phase(), None);
    assert_eq!(repeated_answer(world.state(), handover), Answer::Declined);
    assert_eq!(world.notices(), [""; 0], "the bot speaks");
}

#[test]
fn a_user_who_was_never_handed_over_is_deleted_at_the_platform_alone() {
    let mut world = World::with_texts();
    world.user_says("hello");
    world.look_from_here();
    erase(&mut world, true);
    assert_eq!(world.tasks(), ["forget"]);
    assert_eq!(world.journal(), []);
}

#[test]
fn asking_again_changes_nothing_but_can_add_the_platform() {
    let mut world = World::attended();
    erase(&mut world, false);
    world.look_from_here();
    erase(&mut world, false);
    assert_eq!(world.tasks(), [""; 0]);
    erase(&mut world, true);
    erase(&mut world, true);
    erase(&mut world, false);
    assert_eq!(world.tasks(), ["forget"]);
}

#[test]
fn from_then_on_no_agent_is_asked_and_nothing_is_observed() {
    let mut world = World::attended();
    erase(&mut world, true);
    world.look_from_here();
    let (_, answer) = world.request();
    assert_eq!(answer, Answer::Declined);
    assert_eq!(world.phase(), None, "a bot that asks speaks");
    assert_eq!(world.cancelled().len(), 1, "so it is not resumed");
    let (_, answer) = world.request();
    assert_eq!(answer, Answer::Declined);
    world.user_says("hello");
    world.bot_says("hello");
    assert_eq!(world.transcript(), []);
    assert_eq!(world.tasks(), [""; 0]);
}

#[test]
fn a_platform_that_does_not_delete_is_told_to_an_operator() {
    for (result, warned) in [
        (done(), 0),
        (StepResult::Gone, 0),
        (StepResult::Skipped, 1),
        (
            StepResult::Dead {
                class: ErrorClass::Rejected,
            },
            1,
        ),
    ] {
        let mut world = World::attended();
        erase(&mut world, true);
        world.resumed();
        world.comes_to("forget", result.clone());
        assert_eq!(world.warned(WarningKind::NotErased), warned, "{result:?}");
        assert_eq!(
            world.warned(WarningKind::DeadLetter),
            0,
            "it names no conversation"
        );
    }
}

#[test]
fn a_bot_that_is_gone_cannot_be_asked_and_an_operator_hears_so() {
    let mut world = World::attended();
    world.policy.bots.clear();
    erase(&mut world, true);
    assert_eq!(
        world.phase(),
        Some(Phase::Closing),
        "another process may know it"
    );
    world.apply(&Event::BotRemoved);
    assert_eq!(world.phase(), None);
    assert!(!world.tasks().contains(&"forget"));
    assert_eq!(world.warned(WarningKind::NotErased), 1);

    erase(&mut world, true);
    assert_eq!(
        world.warned(WarningKind::NotErased),
        2,
        "nor can it the second time"
    );
}

#[test]
fn a_bot_that_has_come_back_is_asked_by_the_next_erasure() {
    let mut world = World::attended();
    let known = std::mem::take(&mut world.policy.bots);
    erase(&mut world, true);
    world.policy.bots = known;
    erase(&mut world, true);
    erase(&mut world, true);
    let forgets = world
        .tasks()
        .iter()
        .filter(|task| **task == "forget")
        .count();
    assert_eq!((forgets, world.warned(WarningKind::NotErased)), (1, 1));
}
