//! What was said and reaches nobody any more: whoever said it is told, and so is the bot.

use super::*;
use crate::domain::routing::Route;

fn failed(world: &World) -> Vec<(MessageId, String)> {
    let deliveries = world.deliveries().into_iter();
    let failed = deliveries.filter_map(|delivery| match &delivery.task {
        Task::Failed { message, reason } => Some((*message, reason.clone())),
        _ => None,
    });
    failed.collect()
}

/// Promised to the bot before any desk has answered.
fn accepted_in_doubt() -> World {
    let mut world = World::with_texts();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    let within = world.policy.limits.decide_within;
    world.pass(within);
    assert_eq!(world.handover().answer, Answer::Accepted);
    world
}

#[test]
fn what_the_user_wrote_to_a_desk_that_then_refused_is_unanswered() {
    let mut world = accepted_in_doubt();
    world.user_says("is anybody there");
    world.comes_to("open", refused());
    assert_eq!(world.notices().last().map(String::as_str), Some("nobody"));
    assert_eq!(world.unanswered(), Some(true));

    let mut silent = accepted_in_doubt();
    silent.comes_to("open", refused());
    assert_eq!(silent.unanswered(), Some(false), "nothing was written");
}

#[test]
fn what_stood_in_an_offer_that_was_refused_is_unanswered() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.comes_to("message", StepResult::Gone);
    assert_eq!(world.phase(), Some(Phase::Requested), "it is offered anew");
    world.comes_to("open", refused());
    assert_eq!(world.unanswered(), Some(true));
}

#[test]
fn what_stood_in_an_offer_that_was_taken_has_been_heard() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.comes_to("message", StepResult::Gone);
    world.comes_to("open", done());
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(false));

    let mut later = World::attended();
    later.user_says("one more thing");
    later.comes_to("message", StepResult::Gone);
    later.user_says("and another");
    later.comes_to("open", done());
    later.comes_to("message", StepResult::Gone);
    assert_eq!(later.unanswered(), Some(true), "that came after the offer");
}

#[test]
fn what_waits_for_a_desk_that_is_gone_from_the_configuration_is_unanswered() {
    let mut world = World::attended();
    world.user_says("who is there");
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    assert_eq!(world.unanswered(), Some(true));
}

#[test]
fn a_session_that_is_gone_fails_every_message_that_was_not_said() {
    let mut world = World::attended();
    let first = message(&world.agent_says("are you there?"));
    let [second, third] = ["hello?", "bye"].map(|text| message(&world.agent_says(text)));
    // The third goes in two parts.
    world.unsaid = vec![second, third, third];
    let say = world
        .deliveries()
        .into_iter()
        .find(|delivery| delivery.task.message() == Some(first))
        .cloned()
        .unwrap();
    world.look_from_here();
    world.settle(&say, StepResult::Gone);
    let gone = |message| (message, "gone".to_owned());
    assert_eq!(failed(&world), [gone(first), gone(second), gone(third)]);
    assert!(
        world.tasks().ends_with(&["close", "resume"]),
        "and then it is over"
    );
}

#[test]
fn a_resume_that_went_ahead_of_messages_fails_them() {
    let mut world = World::attended();
    let said = message(&world.agent_says("one moment"));
    world.desk_closes();
    world.unsaid = vec![said];
    world.look_from_here();
    world.resumed();
    assert_eq!(failed(&world), [(said, "overtaken".to_owned())]);
    assert_eq!(world.phase(), None);
}

#[test]
fn what_waits_is_still_said_if_no_resume_has_reached_the_bot() {
    let rejected = StepResult::Dead {
        class: ErrorClass::Rejected,
    };
    for result in [StepResult::Skipped, rejected] {
        let mut world = World::attended();
        let said = message(&world.agent_says("one moment"));
        world.desk_closes();
        world.unsaid = vec![said];
        world.look_from_here();
        world.comes_to("resume", result);
        assert_eq!(world.phase(), None);
        assert!(world.cancelled().is_empty() && failed(&world).is_empty());
    }
}

#[test]
fn one_resume_step_that_has_reached_the_bot_is_enough() {
    let mut world = World::attended();
    world.bot_mut().resume_steps = 2;
    let said = message(&world.agent_says("one moment"));
    world.desk_closes();
    world.unsaid = vec![said];
    let steps: Vec<_> = world
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.task.kind() == "resume")
        .cloned()
        .collect();
    world.settle(&steps[0], done());
    world.settle(&steps[1], StepResult::Skipped);
    assert_eq!(failed(&world), [(said, "overtaken".to_owned())]);
}

#[test]
fn a_new_handover_takes_back_what_the_user_was_about_to_be_told_of_the_one_before() {
    let mut world = World::attended();
    world.desk_closes();
    world.user_says("one more thing");
    let next = world.state().next_order;
    let bots = Lane::Bot(world.state().id);
    let taken_back = (bots, Cancelled::NoticesBefore(next));
    world.look_from_here();
    world.request();
    assert!(world.cancelled().contains(&taken_back));

    let mut declined = World::attended();
    declined.desk_closes();
    declined.user_says("one more thing");
    declined.policy.desks.clear();
    declined.look_from_here();
    declined.request();
    let notices = |(_, only): &(Lane, Cancelled)| matches!(only, Cancelled::NoticesBefore(_));
    assert!(
        !declined.cancelled().iter().any(notices),
        "nobody else asks"
    );
}

/// The desk has lost the conversation with a text of the user, and is offered it anew.
fn offered_anew() -> World {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.comes_to("message", StepResult::Gone);
    assert_eq!(world.withdrawn(), 1, "no dead letter");
    world
}

#[test]
fn a_desk_that_speaks_has_read_what_it_was_offered() {
    let mut world = offered_anew();
    world.delayed("open", ErrorClass::Ambiguous);
    world.agent_says("sure");
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(false));
    assert_eq!(world.notices(), ["ended"]);
}

#[test]
fn a_desk_that_closes_what_it_was_offered_has_not_read_it() {
    let mut world = offered_anew();
    world.leg_tells(
        "room7",
        DeskEvent::Closed {
            reason: None,
            by: None,
        },
    );
    assert_eq!(world.unanswered(), Some(true));
}

#[test]
fn an_offer_that_nobody_took_in_time_is_unanswered() {
    let mut world = offered_anew();
    let limit = world.policy.limits.request;
    world.pass(limit);
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(world.unanswered(), Some(true));
}

#[test]
fn what_the_user_wrote_while_the_platform_was_asked_is_unanswered_if_no_desk_takes_it() {
    let mut world = World::with_look_ups();
    world.policy.routes = vec![Route::to(desk("team"))];
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.user_says("is anybody there");
    world.comes_to("look_up", found());
    let within = world.policy.limits.decide_within;
    world.pass(within);
    world.comes_to("open", refused());
    assert_eq!(world.unanswered(), Some(true));
}

#[test]
fn a_text_that_waits_untried_when_the_desk_closes_is_unanswered() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.flies = false;
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(true));
    assert_eq!(world.notices(), ["endedrepeat"]);
}

#[test]
fn a_text_that_is_on_its_way_when_the_desk_closes_may_arrive() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(false));
    world.comes_to("message", done());
    assert_eq!(world.notices(), ["ended"]);

    let mut failed = World::attended();
    failed.user_says("one more thing");
    failed.desk_closes();
    failed.look_from_here();
    failed.delayed("message", ErrorClass::Busy);
    assert_eq!(failed.notices(), ["endedrepeat"], "ended came before");
}

#[test]
fn a_text_of_which_only_a_part_was_heard_is_unanswered() {
    let mut world = World::attended();
    let able = &mut world.desk_mut("team").capabilities;
    (able.one_call, able.text_limit) = (false, 10);
    world.look_from_here();
    world.user_says("one two three four five six seven");
    let parts: Vec<_> = world.deliveries().into_iter().cloned().collect();
    assert!(parts.len() > 2, "{parts:?}");
    world.settle(&parts[0], done());
    let mut heard = world.clone();
    world.flies = false;
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(true));

    for part in &parts[1..] {
        heard.settle(part, done());
    }
    heard.desk_closes();
    assert_eq!(heard.unanswered(), Some(false));
}

#[test]
fn a_text_that_the_desk_refused_is_unanswered_until_another_one_is_heard() {
    let rejected = || StepResult::Dead {
        class: ErrorClass::Rejected,
    };
    let mut world = World::attended();
    world.user_says("my order");
    world.comes_to("message", rejected());
    world.comes_to("placeholder", done());
    world.look_from_here();
    let mut later = world.clone();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(true));
    assert_eq!(world.notices(), ["endedrepeat"]);

    later.user_says("my order, in other words");
    later.comes_to("message", done());
    later.desk_closes();
    assert_eq!(later.unanswered(), Some(false));
}

#[test]
fn a_desk_is_told_of_its_message_that_failed_when_the_handover_was_over() {
    for result in [
        StepResult::Skipped,
        StepResult::Gone,
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    ] {
        let mut world = World::with_texts();
        world.bot_mut().resume_steps = 0;
        world.request();
        world.opened();
        let code = message(&world.agent_says("here is your refund code"));
        let say = world.delivery_of(code);
        world.desk_closes();
        assert_eq!(world.phase(), None);
        world.look_from_here();
        world.settle(&say, result);
        let told: Vec<_> = failed(&world).into_iter().map(|(about, _)| about).collect();
        assert_eq!(told, [code]);
    }
}

#[test]
fn the_desk_whose_agent_said_it_is_told_that_it_failed() {
    let mut world = World::with_fallback("second", false);
    world.request();
    world.opened();
    let said = message(&world.agent_says("one moment, I will pass you on"));
    let (say, first) = (world.delivery_of(said), world.handover().leg.id);
    world.apply(&Event::DeskRemoved { desk: desk("team") });
    assert_eq!(world.state().desk(), Some(&desk("second")));
    world.look_from_here();
    world.settle(
        &say,
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    let lanes: Vec<_> = world
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.lane)
        .collect();
    assert_eq!(lanes, [Lane::Leg(first)]);
}

#[test]
fn a_text_that_fails_when_the_handover_is_over_has_been_asked_for_again() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.look_from_here();
    world.desk_closes();
    world.resumed();
    assert_eq!(world.phase(), None);
    world.delayed("message", ErrorClass::Busy);
    assert_eq!(world.notices(), ["ended", "endedrepeat"]);
    assert_eq!(world.withdrawn(), 1);
}

#[test]
fn a_text_that_is_on_its_way_is_unanswered_where_nothing_resumes_the_bot() {
    let mut world = World::with_texts();
    world.bot_mut().resume_steps = 0;
    world.request();
    world.opened();
    world.agent_says("hi");
    world.user_says("one more thing");
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.phase(), None);
    world.delayed("message", ErrorClass::Busy);
    assert_eq!(world.notices(), ["endedrepeat"]);
}

#[test]
fn a_text_that_the_desk_took_after_all_needs_no_repeat() {
    let mut world = World::attended();
    world.user_says("my order");
    world.comes_to(
        "message",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    world.comes_to("placeholder", done());
    // An operator has put it right, and had it tried once more.
    world.comes_to("message", done());
    world.look_from_here();
    world.desk_closes();
    assert_eq!(world.unanswered(), Some(false));
    assert_eq!(world.notices(), ["ended"]);
}

#[test]
fn parts_of_a_text_that_an_older_version_has_cut_are_heard() {
    let mut world = World::attended();
    let able = &mut world.desk_mut("team").capabilities;
    (able.one_call, able.text_limit) = (false, 10);
    world.look_from_here();
    world.user_says("one two three four five six seven");
    world.change_state(|state| state.handover.as_mut().unwrap().unheard_part = None);
    let parts: Vec<_> = world.deliveries().into_iter().cloned().collect();
    for part in &parts {
        world.settle(part, done());
    }
    assert_eq!(world.handover().newest_unheard(), None);
    assert_eq!(world.handover().stalled_since, None);
}
