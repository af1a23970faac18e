//! Desks that refuse, fall silent, forget, or are gone.

use super::*;
use crate::domain::{delivery::TaskKind, reason::Ours};

#[test]
fn a_refusal_asks_the_fallback_desk() {
    let mut world = World::with_fallback("second", false);
    let (id, _) = world.request();
    world.user_says("hello");
    world.comes_to("open", refused());
    assert_eq!(
        (world.handover().id, &world.leg().desk),
        (id, &desk("second"))
    );
    assert_eq!(
        world.tasks(),
        ["open", "message", "open"],
        "the new offer holds all that was said"
    );
    world.opened();
    assert_eq!(world.handover().answer, Answer::Accepted);
}

#[test]
fn with_no_time_left_a_refusal_asks_no_desk_that_has_to_be_called() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.wait(Duration::from_secs(2));
    world.comes_to("open", refused());
    assert_eq!(
        (world.phase(), world.outcomes_of_repeat()),
        (None, Answer::Declined)
    );
}

#[test]
fn a_desk_that_cannot_be_reached_gives_way_at_once() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.delayed("open", ErrorClass::NotSent);
    assert_eq!(world.leg().desk, desk("second"));
    assert_eq!(
        world.tasks(),
        ["open", "open"],
        "the first never heard of it"
    );
}

#[test]
fn a_desk_that_may_have_heard_of_it_is_told_that_it_moved_on() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    assert_eq!(world.leg().desk, desk("team"));
    world.delayed("open", ErrorClass::NotSent);
    assert_eq!(world.tasks(), ["open", "close", "open"]);
}

#[test]
fn when_the_time_for_an_answer_is_over_the_console_takes_it() {
    let mut world = World::with_fallback("console", true);
    world.request();
    let first = world.deliveries()[0].clone();
    world.wait_until_woken();
    assert_eq!(
        (world.phase(), world.handover().answer),
        (Some(Phase::Waiting), Answer::Accepted)
    );
    world.settle(&first, done());
    let close = world
        .deliveries()
        .last()
        .map(|delivery| (delivery.lane, delivery.task.kind()));
    assert_eq!(
        close,
        Some((first.lane, TaskKind::Close)),
        "the first desk took it too late"
    );
    assert_eq!(world.leg().desk, desk("console"));
}

#[test]
fn when_the_time_for_an_answer_is_over_no_other_desk_is_called() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.wait_until_woken();
    assert_eq!(world.phase(), None);
}

#[test]
fn a_desk_that_is_known_to_be_away_is_not_asked() {
    let mut world = World::with_fallback("second", false);
    world.conditions.closed.insert(
        Destination::Desk(desk("team")),
        ClosedBecause::Paused(PausedBecause::RateLimited),
    );
    world.request();
    assert_eq!(world.leg().desk, desk("second"));
}

#[test]
fn when_nobody_takes_it_the_fallback_is_asked_before_the_user_is_given_back() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.opened();
    world.pass(Duration::from_mins(15));
    let handover = world.handover();
    assert_eq!(
        (handover.phase, &world.leg().desk),
        (Phase::Requested, &desk("second"))
    );
    world.pass(Duration::from_mins(1));
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.notices().last().map(String::as_str), Some("nobody"));
}

#[test]
fn a_desk_that_lost_the_conversation_is_offered_it_once_more() {
    let mut world = World::attended();
    world.user_says("hello?");
    world.look_from_here();
    world.comes_to("message", StepResult::Gone);
    assert_eq!(
        world.tasks(),
        ["open"],
        "it is not told of a close: the handover's id is the same"
    );
    let handover = world.handover();
    assert_eq!(
        (handover.phase, world.leg().reopened),
        (Phase::Requested, true)
    );
    world.opened();
    world.user_says("hello?");
    world.look_from_here();
    world.comes_to("message", StepResult::Gone);
    assert_eq!(
        (world.phase(), world.tasks()),
        (Some(Phase::Closing), vec!["say", "resume"])
    );
}

#[test]
fn handovers_of_a_desk_that_is_gone_move_on() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.opened();
    world.policy.desks.remove(&desk("team"));
    world.look_from_here();
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    assert_eq!(world.leg().desk, desk("second"));
    assert_eq!(
        world.tasks(),
        ["open"],
        "nobody calls the desk that is gone"
    );
    assert_eq!(world.warned(WarningKind::DeskRemoved), 1);
    world.policy.desks.remove(&desk("second"));
    world.apply(&Event::DeskRemoved {
        desk: desk("second"),
    });
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.notices().last().map(String::as_str), Some("nobody"));
}

#[test]
fn a_desk_that_is_gone_concerns_only_its_own_handovers() {
    let mut world = World::attended();
    let before = world.state().clone();
    world.apply(&Event::DeskRemoved {
        desk: desk("elsewhere"),
    });
    assert_eq!(world.state(), &before);
}

#[test]
fn the_users_of_a_bot_that_is_gone_are_its_own() {
    let mut world = World::attended();
    world.look_from_here();
    world.apply(&Event::BotRemoved);
    let owed = vec!["close", "resume"];
    assert_eq!((world.phase(), world.tasks()), (None, owed));
    let contract = world.told_the_bot().unwrap();
    assert_eq!(contract.reason, Ours::BotRemoved.into());
    assert_eq!(world.warned(WarningKind::BotRemoved), 1);

    world.bot_mut().resume_steps = 3;
    let first = world
        .deliveries()
        .into_iter()
        .rfind(|owed| owed.task.kind() == TaskKind::Resume);
    let first = first.unwrap().clone();
    world.look_from_here();
    world.settle(&first, done());
    assert_eq!(world.tasks(), ["resume", "resume"], "the others follow it");
    let second = world.deliveries()[0].clone();
    world.look_from_here();
    world.settle(&second, done());
    assert_eq!(world.tasks(), [""; 0]);

    let mut undecided = World::new();
    undecided.request();
    undecided.look_from_here();
    undecided.apply(&Event::BotRemoved);
    assert!(undecided.told_the_bot().is_none(), "it was never paused");
}

#[test]
fn a_resume_is_left_to_a_process_that_knows_the_bot() {
    let mut world = World::attended();
    let bots = std::mem::take(&mut world.policy.bots);
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.phase(), Some(Phase::Closing), "the bot is paused");
    assert_eq!(world.tasks(), ["say"], "what the user is told");
    assert_eq!(world.wakes_in(), Duration::ZERO);
    world.wait(Duration::from_secs(5));
    world.policy.bots = bots;
    world.look_from_here();
    world.wait_until_woken();
    assert_eq!(world.tasks(), ["resume"]);
    let told = world.told_the_bot().unwrap();
    assert_eq!((told.reason.label(), told.unanswered), ("solved", false));
    assert_eq!(world.warned(WarningKind::ResumeLate), 0);
    let limit = world.policy.limits.closing;
    assert_eq!(world.wakes_in() + Duration::from_secs(5), limit);
    world.resumed();
    assert_eq!(world.phase(), None);
}

#[test]
fn a_resume_that_was_left_for_too_long_is_late() {
    let mut world = World::attended();
    let bots = std::mem::take(&mut world.policy.bots);
    world.desk_closes();
    world.wait(world.policy.limits.closing);
    world.policy.bots = bots;
    world.look_from_here();
    world.wait_until_woken();
    assert_eq!(world.tasks(), ["resume"]);
    assert_eq!(world.warned(WarningKind::ResumeLate), 1);
}

#[test]
fn a_bot_without_resume_steps_has_the_user_once_somebody_knows_it() {
    let mut world = World::attended();
    world.bot_mut().resume_steps = 0;
    let bots = std::mem::take(&mut world.policy.bots);
    world.desk_closes();
    assert_eq!(world.phase(), Some(Phase::Closing));
    world.policy.bots = bots;
    world.wait_until_woken();
    assert_eq!(world.phase(), None);
}

#[test]
fn a_handover_of_a_bot_that_nobody_knows_ends_with_a_warning_and_not_before() {
    let mut world = World::attended();
    world.policy.bots.clear();
    world.desk_closes();
    world.wait_until_woken();
    assert_eq!(world.phase(), Some(Phase::Closing));
    world.look_from_here();
    world.apply(&Event::BotRemoved);
    assert_eq!((world.phase(), world.tasks()), (None, vec!["resume"]));
    assert_eq!(world.warned(WarningKind::BotRemoved), 1);
}

#[test]
fn a_desk_that_has_closed_is_not_told_when_the_bot_is_gone() {
    let mut world = World::attended();
    world.desk_closes();
    world.look_from_here();
    world.apply(&Event::BotRemoved);
    assert_eq!((world.phase(), world.tasks()), (None, vec![]));
}

#[test]
fn a_desk_that_closes_what_it_was_asked_to_take_has_refused_it() {
    let mut world = World::with_texts();
    world.request();
    world.desk_closes();
    assert_eq!(world.phase(), None);
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
    assert_eq!(
        world.tasks(),
        ["open"],
        "the bot was promised nothing and is told nothing"
    );
    assert_eq!(world.notices(), [""; 0]);
}

#[test]
fn a_request_does_not_wait_for_a_desk_that_is_paused() {
    let mut world = World::with_texts();
    world.request();
    let open = world.deliveries().last().copied().cloned().unwrap();
    world.settle(
        &open,
        StepResult::Delayed {
            since: world.now,
            class: ErrorClass::Unauthorized,
            ambiguous: false,
        },
    );
    assert_eq!(world.phase(), None);
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn an_agent_hears_that_the_message_found_nobody_before_the_close() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("hello");
    let say = world.deliveries().last().copied().cloned().unwrap();
    world.settle(&say, StepResult::Gone);
    assert_eq!(world.tasks(), ["open", "say", "failed", "close", "resume"]);
}

#[test]
fn a_desk_that_refuses_what_its_agent_has_is_not_left() {
    let mut world = World::with_texts();
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    world.agent_says("hi");
    world.look_from_here();
    world.comes_to("open", refused());
    assert_eq!(world.phase(), Some(Phase::Attended));
    assert!(world.notices().is_empty());
}

#[test]
fn what_a_desk_closes_after_it_was_asked_again_is_not_given_to_another() {
    for reopened in [false, true] {
        let mut world = World::with_fallback("second", true);
        world.request();
        world.opened();
        world.agent_says("hi");
        world.user_says("thanks");
        world.comes_to("message", StepResult::Gone);
        if reopened {
            world.opened();
        }
        world.look_from_here();
        world.desk_closes();
        assert_eq!(world.phase(), Some(Phase::Closing), "{reopened}");
        let told = world.tasks().contains(&"close");
        assert_eq!(told, reopened, "what it was asked again to take is closed");
    }
}
