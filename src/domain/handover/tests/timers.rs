//! What falls due while people wait.

use std::sync::Arc;

use super::*;
use crate::domain::routing::Route;

#[test]
fn who_waits_is_told_after_two_minutes_and_then_every_five_until_the_limit() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.look_from_here();
    world.pass(Duration::from_secs(119));
    assert_eq!(world.notices().len(), 0);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.notices(), ["waiting"]);
    assert_eq!(world.wakes_in(), Duration::from_mins(5));
    world.pass(Duration::from_mins(13));
    assert_eq!(world.notices(), ["waiting", "waiting", "waiting", "nobody"]);
    assert_eq!(world.phase(), Some(Phase::Closing));
}

#[test]
fn a_transfer_begins_the_waiting_anew() {
    let mut world = World::attended();
    world.wait(Duration::from_mins(40));
    world.desk_tells(DeskEvent::Transferred { to: None });
    assert_eq!(world.phase(), Some(Phase::Waiting));
    assert_eq!(world.wakes_in(), Duration::from_mins(2));
    assert_eq!(world.handover().agent, None);
    assert_eq!(
        world.notices().last().map(String::as_str),
        Some("transferred")
    );
}

#[test]
fn a_user_whom_the_agent_forgot_is_told_after_ten_minutes_and_then_every_five() {
    let mut world = World::attended();
    world.user_says("hello?");
    world.comes_to("message", done());
    world.wait(Duration::from_mins(3));
    world.user_says("anyone?");
    world.comes_to("message", done());
    world.look_from_here();
    world.pass(Duration::from_mins(7) - Duration::from_millis(1));
    assert_eq!(world.notices().len(), 0);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.notices(), ["away"]);
    world.pass(Duration::from_mins(10));
    assert_eq!(world.notices(), ["away", "away", "away"]);
    world.agent_says("sorry");
    world.look_from_here();
    world.pass(Duration::from_mins(30));
    assert_eq!(world.notices().len(), 0);
}

#[test]
fn an_attended_handover_in_which_nobody_writes_ends_after_an_hour() {
    let mut world = World::attended();
    assert_eq!(world.wakes_in(), Duration::from_hours(1));
    world.wait(Duration::from_mins(30));
    world.user_says("thanks");
    world.comes_to("message", done());
    world.agent_says("welcome");
    world.pass(Duration::from_hours(1) - Duration::from_millis(1));
    assert_eq!(world.phase(), Some(Phase::Attended));
    world.pass(Duration::from_millis(1));
    assert_eq!(
        (world.phase(), world.notices().last().map(String::as_str)),
        (Some(Phase::Closing), Some("ended"))
    );
}

#[test]
fn a_desks_automaton_is_nobody_who_writes() {
    let mut world = World::attended();
    world.wait(Duration::from_mins(59));
    world.desk_tells(DeskEvent::Said(AgentSaid {
        content: Content::text("we value your patience"),
        agent: None,
        automatic: true,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    }));
    assert_eq!(world.wakes_in(), Duration::from_mins(1));
}

#[test]
fn while_the_desk_takes_nothing_the_user_is_told_after_a_minute_and_then_every_five() {
    let mut world = World::attended();
    world.user_says("hello?");
    world.user_says("are you there?");
    world.look_from_here();
    world.delayed("message", ErrorClass::NotSent);
    world.pass(Duration::from_secs(59));
    assert_eq!(world.notices().len(), 0);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.notices(), ["reconnecting"]);
    world.delayed("message", ErrorClass::NotSent);
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["reconnecting", "reconnecting"]);
    world.comes_to("message", done());
    world.look_from_here();
    world.pass(Duration::from_mins(4));
    assert_eq!(world.notices().len(), 0, "the desk is back");
}

#[test]
fn who_writes_to_a_desk_that_is_not_called_is_told_after_a_minute_also_if_no_call_was_tried() {
    for because in [
        ClosedBecause::BreakerOpen,
        ClosedBecause::Paused(PausedBecause::RateLimited),
        ClosedBecause::Paused(PausedBecause::Refused),
    ] {
        let mut world = World::attended();
        let team = Destination::Desk(desk("team"));
        world.conditions.closed.insert(team.clone(), because);
        world.user_says("hello?");
        world.wait(Duration::from_secs(20));
        world.user_says("are you there?");
        world.look_from_here();
        world.pass(Duration::from_secs(40) - Duration::from_millis(1));
        assert_eq!(world.notices().len(), 0);
        world.pass(Duration::from_millis(1));
        assert_eq!(world.notices(), ["reconnecting"]);
        world.conditions.closed.remove(&team);
        world.comes_to("message", done());
        world.look_from_here();
        world.pass(Duration::from_mins(5));
        assert_eq!(world.notices().len(), 0, "the desk is back");
    }
}

#[test]
fn one_notice_a_window_however_much_goes_wrong_in_it() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.user_says("hello?");
    world.wait(Duration::from_secs(50));
    world.delayed("message", ErrorClass::NotSent);
    world.look_from_here();
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["reconnecting"]);
    world.pass(Duration::from_mins(1));
    assert_eq!(world.notices().len(), 2);
}

#[test]
fn a_text_that_was_given_up_does_not_count_as_a_desk_that_is_away() {
    for result in [
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
        StepResult::Skipped,
    ] {
        let mut world = World::attended();
        world.user_says("odd");
        world.delayed("message", ErrorClass::Busy);
        world.comes_to("message", result);
        assert_eq!(world.handover().stalled_since, None);
    }
}

#[test]
fn what_is_given_up_behind_an_offer_says_nothing_of_the_desk() {
    for result in [
        StepResult::Skipped,
        StepResult::Dead {
            class: ErrorClass::Unsupported,
        },
    ] {
        let mut world = World::with_texts();
        world.policy.limits.when_unsure = WhenUnsure::Accept;
        world.policy.limits.request = Duration::from_mins(3);
        world.request();
        world.wait_until_woken();
        world.user_says("odd");
        world.delayed("open", ErrorClass::Busy);
        world.look_from_here();
        world.comes_to("message", result.clone());
        let ahead = world.deliveries().iter().any(|delivery| delivery.urgent);
        assert!(!ahead, "nothing stands ahead of the offer");
        world.pass(Duration::from_mins(2));
        assert_eq!(world.notices(), ["reconnecting"], "{result:?}");
        world.opened();
        assert_eq!(world.handover().stalled_since, None);
    }
}

#[test]
fn the_user_is_told_in_the_users_language() {
    let mut world = World::with_texts();
    world.change_state(|state| {
        Arc::make_mut(&mut state.profile).language = Some("nl-BE".to_owned());
    });
    world.request();
    world.opened();
    world.agent_says("dag");
    world.desk_closes();
    assert_eq!(world.notices(), ["nl handingover", "nl joined", "nl ended"]);
}

#[test]
fn a_user_who_changes_the_language_during_the_handover_is_told_in_the_new_one() {
    let mut world = World::with_texts();
    world.change_state(|state| Arc::make_mut(&mut state.profile).language = Some("en".to_owned()));
    world.request();
    world.opened();
    world.change_state(|state| Arc::make_mut(&mut state.profile).language = Some("nl".to_owned()));
    world.look_from_here();
    world.user_says("dag");
    let row =
        |effect: &Effect| matches!(effect, Effect::Handover(row) if row.facts.language == "nl");
    assert!(
        world.effects().iter().any(row),
        "desks and operators see it as well"
    );
    world.agent_says("dag");
    world.desk_closes();
    assert_eq!(world.notices(), ["nl joined", "nl ended"]);
}

#[test]
fn a_language_without_texts_is_told_in_english_and_an_empty_text_is_not_sent() {
    let mut world = World::saying(Notice::HandingOver, "");
    world.change_state(|state| Arc::make_mut(&mut state.profile).language = Some("fr".to_owned()));
    world.request();
    world.opened();
    world.agent_says("bonjour");
    assert_eq!(world.notices(), ["joined"]);
}

#[test]
fn a_text_that_names_the_agent_waits_for_a_name() {
    let mut world = World::saying(Notice::Joined, "you talk with {name}");
    world.request();
    world.opened();
    world.look_from_here();
    world.agent_says("hi");
    assert_eq!(world.notices().len(), 0);
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    }));
    assert_eq!(world.notices(), ["you talk with Ann"]);
}

#[test]
fn a_timer_that_fires_early_does_nothing() {
    let mut world = World::attended();
    let before = world.state().clone();
    world.look_from_here();
    world.apply(&Event::TimerFired);
    assert_eq!((world.state(), world.effects()), (&before, [].as_slice()));
}

#[test]
fn a_phase_that_a_newer_version_wrote_is_read_as_waiting_and_over() {
    let mut world = World::attended();
    world.change_state(|state| state.handover.as_mut().unwrap().phase = Phase::Unknown);
    world.user_says("hello?");
    assert_eq!(world.phase(), Some(Phase::Waiting));
    assert_eq!(world.wakes_in(), Duration::ZERO);
    assert_eq!(world.warned(WarningKind::UnknownState), 1);
    world.wait_until_woken();
    assert_eq!(world.phase(), Some(Phase::Closing));
}

#[test]
fn a_limit_of_nothing_makes_no_timer_spin() {
    let mut world = World::with_texts();
    let none = Duration::ZERO;
    let limits = &mut world.policy.limits;
    (limits.request, limits.waiting, limits.unanswered) = (none, none, none);
    (limits.idle, limits.closing, limits.max_duration) = (none, none, none);
    limits.when_unsure = WhenUnsure::Accept;
    world.request();
    for _ in 0..10 {
        if world.phase() != Some(Phase::Closing) {
            world.wait_until_woken();
        }
    }
    assert_eq!(world.phase(), Some(Phase::Closing));
    world.wait_until_woken();
    assert!(world.wakes_in() > none);
}

#[test]
fn a_user_whose_text_waits_untried_is_told_so() {
    let mut world = World::attended();
    world.user_says("one more thing");
    world.look_from_here();
    world.pass(Duration::from_secs(59));
    assert!(world.notices().is_empty());
    world.pass(Duration::from_secs(2));
    assert_eq!(world.notices(), ["reconnecting"]);
}

#[test]
fn a_desk_that_takes_one_text_after_the_other_does_not_stall() {
    let mut world = World::attended();
    let one = world.user_says("one");
    world.user_says("two");
    world.look_from_here();
    world.wait(Duration::from_secs(50));
    world.settle(&world.delivery_of(message(&one)), done());
    world.pass(Duration::from_secs(50));
    assert!(world.notices().is_empty());
}

#[test]
fn however_many_desks_are_asked_in_turn_the_user_hears_of_it_in_time() {
    let mut world = World::with_texts();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world
        .policy
        .texts
        .0
        .values_mut()
        .for_each(|texts| drop(texts.remove(&Notice::HandingOver)));
    let names = ["a", "b", "c", "d"];
    for name in names {
        world.add_desk(name, false);
    }
    world.policy.routes.push(Route {
        fallbacks: names.map(desk).to_vec(),
        ..Route::to(desk("team"))
    });
    world.request();
    let start = world.now;
    while world.notices().is_empty() {
        world.delayed("open", ErrorClass::Busy);
        world.pass(Duration::from_secs(10));
        assert!(world.now.since(start) < Duration::from_mins(2));
    }
    assert_eq!(world.notices(), ["reconnecting"]);
}

#[test]
fn a_notice_that_could_not_be_sent_is_not_sent_beside_the_next() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.pass(Duration::from_mins(3));
    let told = world.messages().last().unwrap().id;
    world.look_from_here();
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["waiting"]);
    let taken_back = (Lane::Bot(world.state().id), Cancelled::Notice(told));
    assert!(world.cancelled().contains(&taken_back));
}

#[test]
fn what_else_the_user_was_told_is_not_taken_back_by_a_deadline() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.desk_tells(DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    }));
    let joined = world.messages().last().unwrap().id;
    world.user_says("are you there?");
    world.look_from_here();
    world.pass(Duration::from_mins(12));
    assert!(world.notices().len() > 1, "one takes the other back");
    let taken_back = |(_, only): &(Lane, Cancelled)| match only {
        Cancelled::NoticesBefore(_) => true,
        Cancelled::Notice(message) => *message == joined,
        _ => false,
    };
    assert!(!world.cancelled().iter().any(taken_back));
}

#[test]
fn who_never_had_an_agent_is_not_told_that_the_conversation_has_ended() {
    let mut world = World::with_texts();
    world.policy.limits.waiting = Duration::from_hours(9);
    world.policy.limits.max_duration = Duration::from_hours(1);
    world.request();
    world.opened();
    world.look_from_here();
    world.pass(Duration::from_hours(1));
    assert_eq!(world.notices().last().map(String::as_str), Some("nobody"));
}
