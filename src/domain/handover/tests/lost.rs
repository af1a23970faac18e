//! What a user said and no desk reads any more: the user is asked for it again, and the bot knows.

use super::*;
use crate::domain::routing::Route;

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
