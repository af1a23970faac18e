//! Bots that are paused by steps of their own, and bots that speak over the agent.

use super::*;
use crate::domain::delivery::{NewDelivery, TaskKind};

#[test]
fn the_pause_is_the_first_in_the_bots_lane_once_the_request_is_accepted() {
    let mut world = World::with_pause_steps(2);
    world.request();
    assert_eq!(world.tasks(), ["open"], "nothing is promised yet");
    world.opened();
    assert_eq!(world.tasks(), ["open", "pause", "pause", "say"]);
    assert_eq!(world.handover().pause, PauseState::Pausing);
}

#[test]
fn the_bot_counts_as_paused_when_the_last_step_has_succeeded() {
    let mut world = World::with_pause_steps(2);
    world.request();
    world.opened();
    let steps: Vec<_> = world
        .deliveries()
        .into_iter()
        .filter(|step| step.task.kind() == TaskKind::Pause)
        .cloned()
        .collect();
    world.settle(&steps[0], done());
    assert_eq!(world.handover().pause, PauseState::Pausing);
    world.settle(&steps[1], done());
    assert_eq!(world.handover().pause, PauseState::Paused);
    assert_eq!(
        world.journal().last().map(|(_, _, cause)| *cause),
        Some(Cause::Paused)
    );
}

#[test]
fn the_answer_of_a_platform_that_pauses_by_it_needs_no_steps() {
    let mut world = World::new();
    world.bot_mut().pause_steps = 1;
    world.request();
    world.opened();
    assert_eq!(world.tasks(), ["open"]);
    assert_eq!(world.handover().pause, PauseState::Paused);
}

#[test]
fn a_bot_that_speaks_over_the_agent_is_told_of_and_paused_again() {
    let mut world = World::attended();
    world.bot_mut().pause_steps = 1;
    world.wait(Duration::from_secs(6));
    world.look_from_here();
    world.bot_says("how can I help?");
    world.bot_says("still there?");
    assert_eq!(
        world.tasks(),
        ["message", "pause", "message"],
        "one pause is under way"
    );
    assert_eq!(world.warned(WarningKind::BotNotPaused), 2);
    world.comes_to("pause", done());
    world.wait(Duration::from_secs(5));
    world.look_from_here();
    world.bot_says("said before the pause");
    assert_eq!(
        world.warned(WarningKind::BotNotPaused),
        0,
        "five seconds after the pause count anew"
    );
    world.wait(Duration::from_secs(1));
    world.bot_says("and again");
    assert_eq!(world.tasks(), ["message", "message", "pause"]);
}

#[test]
fn a_bot_without_pause_steps_is_only_told_of() {
    let mut world = World::attended();
    world.wait(Duration::from_secs(6));
    world.look_from_here();
    world.bot_says("how can I help?");
    assert_eq!(
        (world.tasks(), world.warned(WarningKind::BotNotPaused)),
        (vec!["message"], 1)
    );
}

#[test]
fn a_pause_that_was_given_up_is_tried_again_when_the_bot_speaks() {
    let mut world = World::with_pause_steps(1);
    world.request();
    world.opened();
    world.comes_to(
        "pause",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    assert_eq!(
        world.handover().pause,
        PauseState::Failed,
        "the operator sees: bot not paused"
    );
    world.wait(Duration::from_secs(6));
    world.look_from_here();
    world.bot_says("how can I help?");
    assert_eq!(world.tasks(), ["message", "pause"]);
}

#[test]
fn the_pause_goes_ahead_of_what_waits_for_the_bot_from_before() {
    let mut world = World::with_pause_steps(1);
    world.request();
    world.opened();
    let urgent = |kind| {
        let of_kind = |delivery: &&NewDelivery| delivery.task.kind() == kind;
        world.deliveries().into_iter().find(of_kind).unwrap().urgent
    };
    assert!(urgent(TaskKind::Pause) && !urgent(TaskKind::Say));
}

#[test]
fn a_pause_that_was_given_up_is_tried_again_when_an_agent_joins() {
    let mut world = World::with_pause_steps(2);
    world.request();
    world.opened();
    world.comes_to("pause", StepResult::Skipped);
    let lane = Lane::Bot(world.state().id);
    assert!(
        world.cancelled().contains(&(lane, Cancelled::Pauses)),
        "the steps behind it are not tried without it"
    );
    world.look_from_here();
    world.agent_says("hi");
    assert_eq!(world.tasks(), ["pause", "pause", "say", "say"]);
    assert_eq!(world.handover().pause, PauseState::Pausing);
}

#[test]
fn a_pause_that_an_operator_had_tried_again_counts() {
    let mut world = World::with_pause_steps(1);
    world.request();
    world.opened();
    let class = ErrorClass::Rejected;
    world.comes_to("pause", StepResult::Dead { class });
    world.comes_to("pause", done());
    assert_eq!(world.handover().pause, PauseState::Paused);
}

#[test]
fn no_pause_goes_out_behind_the_resume() {
    let mut world = World::with_pause_steps(1);
    world.request();
    world.opened();
    world.desk_closes();
    assert!(
        world
            .cancelled()
            .iter()
            .any(|(lane, only)| matches!((lane, only), (Lane::Bot(_), Cancelled::Pauses)))
    );
    world.delayed("pause", ErrorClass::Ambiguous);
    assert_eq!(
        world.withdrawn(),
        1,
        "the one on its way is not tried again"
    );
}

#[test]
fn a_pause_that_lands_after_the_end_is_undone() {
    for result in [
        done(),
        StepResult::Delayed {
            since: World::new().now,
            class: ErrorClass::Ambiguous,
            ambiguous: true,
        },
    ] {
        let mut world = World::with_pause_steps(1);
        world.request();
        world.opened();
        world.desk_closes();
        // The bot speaks, so the resume is cancelled; the new request is declined.
        world.request();
        world.wait_until_woken();
        assert_eq!(world.phase(), None);
        world.look_from_here();
        world.comes_to("pause", result);
        assert_eq!(world.tasks(), ["resume"]);
    }
}

#[test]
fn a_resume_of_the_handover_before_that_lands_after_all_is_undone() {
    for result in [
        done(),
        StepResult::Delayed {
            since: World::new().now,
            class: ErrorClass::Ambiguous,
            ambiguous: true,
        },
    ] {
        let mut world = World::with_pause_steps(1);
        world.request();
        world.opened();
        world.comes_to("pause", done());
        world.desk_closes();
        let resume = world.deliveries().last().copied().cloned().unwrap();
        let class = ErrorClass::Rejected;
        world.settle(&resume, StepResult::Dead { class });
        world.request();
        world.opened();
        world.comes_to("pause", done());
        world.look_from_here();
        world.settle(&resume, result);
        assert_eq!(world.tasks(), ["pause"]);
        assert_eq!(world.handover().pause, PauseState::Pausing);
    }
}
