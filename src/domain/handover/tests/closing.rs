//! The way back to the bot.

use super::*;
use crate::domain::{delivery::TaskKind, reason::ClosedAs};

#[test]
fn a_close_resumes_the_bot_and_then_the_user_is_the_bots() {
    let mut world = World::attended();
    world.desk_closes();
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert!(
        world.tasks().ends_with(&["say", "resume"]),
        "the word of goodbye goes before the resume"
    );
    world.resumed();
    assert_eq!(world.phase(), None);
}

#[test]
fn a_desk_that_gives_up_on_a_user_who_waits_has_the_user_told_that_nobody_came() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.desk_closes();
    let told = world.notices();
    assert_eq!(told.last().map(String::as_str), Some("nobody"), "{told:?}");
    let mut attended = World::attended();
    attended.desk_closes();
    assert_eq!(attended.notices().last().map(String::as_str), Some("ended"));
}

fn closed_by_an_agent(name: Option<&str>) -> DeskEvent {
    DeskEvent::Closed {
        reason: Some("solved".to_owned()),
        by: Some(Agent {
            name: name.map(str::to_owned),
            avatar_url: None,
        }),
    }
}

/// The agent that the newest resume names.
fn named_to_the_bot(world: &World) -> Option<&str> {
    world.told_the_bot().unwrap().agent.as_deref()
}

/// Ann has had the user, and moved them on.
fn moved_on_by_ann() -> World {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    }));
    world.desk_tells(DeskEvent::Transferred { to: None });
    world
}

#[test]
fn what_an_agent_closes_has_been_with_somebody() {
    let mut waiting = World::with_texts();
    waiting.request();
    waiting.opened();
    waiting.look_from_here();
    waiting.desk_tells(closed_by_an_agent(Some("Bea")));
    assert_eq!(waiting.notices(), ["ended"]);
    assert_eq!(named_to_the_bot(&waiting), Some("Bea"));

    let mut asked = World::with_texts();
    asked.request();
    asked.leg_tells("room7", closed_by_an_agent(None));
    assert_eq!(asked.phase(), Some(Phase::Closing), "it is no refusal");
    assert_eq!(asked.notices().last().map(String::as_str), Some("ended"));
}

#[test]
fn an_agent_who_closes_after_a_transfer_without_a_name_is_the_last_one_known() {
    let mut world = moved_on_by_ann();
    world.look_from_here();
    world.desk_tells(closed_by_an_agent(None));
    assert_eq!(world.notices(), ["ended"]);
    assert_eq!(named_to_the_bot(&world), Some("Ann"));
}

#[test]
fn the_bot_is_told_of_the_agent_whom_the_user_had_before_a_transfer() {
    let mut world = moved_on_by_ann();
    world.desk_closes();
    assert_eq!(named_to_the_bot(&world), Some("Ann"));
}

#[test]
fn the_resume_tells_the_bot_how_it_ended() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    }));
    world.wait(Duration::from_secs(90));
    world.desk_closes();
    let resume = world
        .deliveries()
        .last()
        .map(|delivery| delivery.task.clone());
    let contract = ResumeContract {
        reason: ClosedAs::Solved.into(),
        agent: Some("Ann".to_owned()),
        seconds: 90,
        unanswered: false,
        dialog_state: None,
    };
    assert_eq!(resume, Some(Task::resume(0, &contract)));
}

#[test]
fn every_resume_step_has_to_be_settled() {
    let mut world = World::new();
    world.bot_mut().resume_steps = 2;
    world.request();
    world.opened();
    world.desk_closes();
    let steps: Vec<_> = world
        .deliveries()
        .into_iter()
        .filter(|step| step.task.kind() == TaskKind::Resume)
        .cloned()
        .collect();
    world.settle(&steps[0], done());
    assert_eq!(world.phase(), Some(Phase::Closing));
    world.settle(&steps[1], done());
    assert_eq!(world.phase(), None);
}

#[test]
fn without_resume_steps_the_close_ends_it_and_what_was_said_is_still_sent() {
    let mut world = World::attended();
    world.bot_mut().resume_steps = 0;
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.phase(), None);
    assert!(
        world
            .cancelled()
            .iter()
            .all(|(_, only)| !matches!(only, Cancelled::SaysBefore(_)))
    );
}

#[test]
fn the_user_who_writes_after_the_close_is_asked_once_to_write_again() {
    let mut world = World::attended();
    world.desk_closes();
    world.look_from_here();
    world.user_says("one more thing");
    world.user_says("hello?");
    assert_eq!(world.notices(), ["endedrepeat"]);
    assert_eq!(world.tasks(), ["say"], "the desk hears nothing more");
    assert!(
        world
            .handover()
            .closing
            .as_ref()
            .is_some_and(|closing| closing.user_wrote)
    );
}

/// The desk does not answer, so what the user writes waits; then it closes.
fn closed_while_a_text_waits() -> World {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.delayed("message", ErrorClass::Busy);
    world.look_from_here();
    world.desk_closes();
    world
}

#[test]
fn a_text_that_the_desk_did_not_take_before_it_closed_is_asked_for_again() {
    let mut world = closed_while_a_text_waits();
    assert_eq!(world.notices(), ["endedrepeat"]);
    assert_eq!(world.unanswered(), Some(true));
    world.user_says("hello?");
    assert_eq!(world.notices(), ["endedrepeat"], "once");
}

#[test]
fn a_text_that_the_desk_took_before_it_closed_is_not_asked_for_again() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.delayed("message", ErrorClass::Busy);
    world.comes_to("message", done());
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.notices(), ["ended"]);
    assert_eq!(world.unanswered(), Some(false));
}

#[test]
fn a_text_on_its_way_at_the_close_is_asked_for_again_once_the_desk_has_not_taken_it() {
    let mut taken = World::attended();
    taken.user_says("bye");
    taken.look_from_here();
    taken.desk_closes();
    taken.comes_to("message", done());
    assert_eq!(taken.notices(), ["ended"]);

    let mut lost = World::attended();
    lost.user_says("bye");
    lost.look_from_here();
    lost.desk_closes();
    lost.delayed("message", ErrorClass::Busy);
    assert_eq!(lost.notices(), ["ended", "endedrepeat"]);
    let closing = lost.handover().closing.as_ref();
    assert!(closing.is_some_and(|closing| closing.user_wrote));
}

#[test]
fn what_stood_behind_a_text_on_its_way_at_the_close_is_asked_for_again() {
    let mut world = World::attended();
    world.user_says("bye");
    let first = world.deliveries().last().copied().cloned().unwrap();
    world.user_says("or wait");
    world.look_from_here();
    world.desk_closes();
    world.settle(&first, done());
    assert_eq!(world.notices(), ["ended", "endedrepeat"]);
}

#[test]
fn a_user_who_is_told_that_nobody_came_is_not_asked_for_the_text_that_waits() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.user_says("hello?");
    world.delayed("message", ErrorClass::Busy);
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.notices(), ["nobody"]);
    assert_eq!(world.unanswered(), Some(true), "nobody has answered");
}

#[test]
fn another_desk_is_offered_what_the_one_before_did_not_take() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.opened();
    world.user_says("hello?");
    world.delayed("message", ErrorClass::Busy);
    world.pass(Duration::from_mins(15));
    world.opened();
    world.agent_says("hi");
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.notices(), ["ended"]);
}

#[test]
fn a_resume_step_that_an_operator_has_tried_again_is_one_step() {
    for again in [
        done(),
        StepResult::Skipped,
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    ] {
        let mut world = World::attended();
        world.bot_mut().resume_steps = 2;
        world.desk_closes();
        let last = world.deliveries().last().copied().cloned().unwrap();
        let first = world
            .deliveries()
            .into_iter()
            .find(|delivery| delivery.task.kind() == TaskKind::Resume)
            .cloned()
            .unwrap();
        world.settle(
            &first,
            StepResult::Dead {
                class: ErrorClass::Rejected,
            },
        );
        world.settle(&first, again.clone());
        assert_eq!(world.phase(), Some(Phase::Closing), "one is unsent");
        world.settle(&last, done());
        assert_eq!(world.phase(), None, "{again:?}");
    }
}

#[test]
fn a_late_resume_goes_on_and_is_told_to_an_operator_once() {
    let mut world = World::attended();
    world.desk_closes();
    assert_eq!(world.wakes_in(), Duration::from_mins(2));
    world.look_from_here();
    world.pass(Duration::from_hours(1));
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.warned(WarningKind::ResumeLate), 1);
    let hurried = world
        .effects()
        .iter()
        .any(|effect| matches!(effect, Effect::Hurry { lane: Lane::Bot(_) }));
    assert!(hurried, "it goes ahead of what cannot go out");
}

#[test]
fn a_resume_that_overtook_texts_leaves_them_as_dead_letters() {
    let mut world = World::attended();
    world.desk_closes();
    let resume = world.deliveries().last().map(|delivery| delivery.order);
    world.resumed();
    let (_, only) = world.cancelled().pop().unwrap();
    assert_eq!(Some(only), resume.map(Cancelled::SaysBefore));
}

#[test]
fn a_resume_that_is_given_up_ends_the_handover_and_is_told() {
    let mut world = World::attended();
    world.desk_closes();
    world.comes_to(
        "resume",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    assert_eq!(world.phase(), None);
    assert_eq!(world.warned(WarningKind::ResumeFailed), 1);
}

#[test]
fn a_session_is_gone_once_a_resume_has_found_that() {
    let mut closing = World::attended();
    closing.desk_closes();
    closing.comes_to("resume", StepResult::Gone);
    assert_eq!(closing.phase(), None);

    let mut attended = World::attended();
    attended.look_from_here();
    attended.agent_says("are you there?");
    attended.comes_to("say", StepResult::Gone);
    assert_eq!(
        attended.tasks(),
        ["say", "failed", "close", "resume"],
        "the desk is told, and the bot, should it be there after all"
    );
    assert_eq!(attended.notices(), [""; 0]);
    attended.comes_to("resume", StepResult::Gone);
    assert_eq!(attended.phase(), None);
    assert!(
        attended
            .cancelled()
            .iter()
            .any(|(lane, only)| matches!((lane, only), (Lane::Bot(_), Cancelled::All)))
    );
}

#[test]
fn a_new_request_during_the_resume_proves_that_the_bot_speaks() {
    let mut world = World::attended();
    let first = world.handover().id;
    world.desk_closes();
    world.look_from_here();
    let (second, answer) = world.request();
    assert_ne!(first, second);
    assert_eq!(
        (answer, world.phase()),
        (Answer::Pending, Some(Phase::Requested))
    );
    assert!(
        world
            .cancelled()
            .iter()
            .any(|(_, only)| *only == Cancelled::Resumes)
    );
    assert_eq!(
        world.journal()[0],
        (Some(Phase::Closing), None, Cause::BotSpeaksAgain)
    );
    assert_eq!(world.tasks(), ["open"]);
}

#[test]
fn a_resume_of_the_handover_before_does_not_unpause_the_bot_of_this_one() {
    let mut world = World::attended();
    world.desk_closes();
    let resume = world.deliveries().last().copied().cloned().unwrap();
    world.request();
    world.look_from_here();
    world.put_off(&resume);
    assert_eq!(
        world.withdrawn(),
        0,
        "while nothing is promised it may go on"
    );
    world.opened();
    assert!(
        world
            .cancelled()
            .iter()
            .any(|(_, only)| *only == Cancelled::Resumes)
    );
    world.put_off(&resume);
    assert_eq!(world.withdrawn(), 1);
    world.settle(&resume, done());
    assert_eq!(world.phase(), Some(Phase::Waiting), "and it ends nothing");
}

#[test]
fn the_longest_handover_ends_with_a_word_to_the_user() {
    let mut world = World::attended();
    for _ in 0..9 {
        world.pass(Duration::from_mins(30));
        if world.phase() == Some(Phase::Attended) {
            world.user_says("and another thing");
            world.agent_says("yes");
        }
    }
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert!(world.notices().contains(&"ended".to_owned()));
    assert!(world.tasks().contains(&"close"), "the desk is told");
}
