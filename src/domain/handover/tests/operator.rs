//! What people at the console do, and what they are refused.

use super::*;
use crate::domain::{
    delivery::NewDelivery,
    effect::{Effect, JournalEntry},
    ids::{DeskName, OperatorName},
    operator::{Act, Colleague, Operated, Refusal},
    routing::Route,
};

fn name(name: &str) -> OperatorName {
    OperatorName::new(name).unwrap()
}

fn act(world: &mut World, by: &str, act: Act) -> Outcome {
    world.apply(&Event::Operated(Operated {
        by: name(by),
        shown_as: Some(format!("{by} shown")),
        act,
    }))
}

/// The act is refused so, and nothing is written.
#[track_caller]
fn is_refused(world: &mut World, (by, wanted): (&str, Act), why: Refusal) {
    let (before, written) = (world.state().clone(), world.effects().len());
    assert_eq!(act(world, by, wanted), Outcome::Refused(why));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects().len(), written);
}

/// A handover that waits at the console; `second` is called.
fn waiting() -> (World, HandoverId) {
    let mut world = World::with_texts();
    world.add_desk("second", false);
    world.desk_mut("team").takes_at_once = true;
    world.policy.routes.push(Route::to(desk("team")));
    let (id, _) = world.request();
    (world, id)
}

/// One that `ann` has.
fn claimed() -> (World, HandoverId) {
    let (mut world, handover) = waiting();
    act(&mut world, "ann", Act::Claim { handover });
    (world, handover)
}

/// One that `ann` has given to the desk that is called.
fn sent_on() -> (World, HandoverId) {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", transfer(handover, "second"));
    (world, handover)
}

/// A bot that the console can take a user from.
fn pausable() -> World {
    let mut world = World::with_pause_steps(2);
    world.desk_mut("team").takes_at_once = true;
    world
}

fn say(handover: HandoverId, text: &str) -> Act {
    Act::Say {
        handover,
        content: Content::text(text),
    }
}

fn note(handover: HandoverId, text: &str) -> Act {
    Act::Note {
        handover,
        text: text.to_owned(),
    }
}

fn assign(handover: HandoverId, to: &str) -> Act {
    let to = Some(Colleague {
        name: name(to),
        shown_as: Some(format!("{to} shown")),
    });
    Act::Assign { handover, to }
}

fn give_back(handover: HandoverId) -> Act {
    Act::Assign { handover, to: None }
}

fn transfer(handover: HandoverId, to: &str) -> Act {
    Act::Transfer {
        handover,
        desk: desk(to),
    }
}

fn close(handover: HandoverId) -> Act {
    Act::Close {
        handover,
        reason: "solved".to_owned(),
        dialog_state: Some("shop".to_owned()),
    }
}

fn take_over(desk_name: &str) -> Act {
    Act::TakeOver {
        desk: desk(desk_name),
    }
}

/// What was written into the journal, and who did it.
fn done_by(world: &World) -> Vec<(Cause, Option<&str>)> {
    let entries = entries(world);
    let named = entries.map(|entry| (entry.cause, entry.by.as_ref().map(OperatorName::as_str)));
    named.collect()
}

fn entries(world: &World) -> impl Iterator<Item = &JournalEntry> {
    world.effects().iter().filter_map(|effect| match effect {
        Effect::Journal(entry) => Some(entry),
        _ => None,
    })
}

/// The desks that are owed a call, and what call.
fn owed_to_desks(world: &World) -> Vec<(DeskName, &'static str)> {
    let owed = world.deliveries().into_iter();
    let to_desks = owed.filter_map(|delivery| match &delivery.destination {
        Destination::Desk(desk) => Some((desk.clone(), delivery.task.kind())),
        Destination::Bot(_) => None,
    });
    to_desks.collect()
}

fn agent(world: &World) -> Option<&str> {
    let agent = world.handover().agent.as_ref();
    agent.and_then(|agent| agent.name.as_deref())
}

#[test]
fn whoever_claims_it_joins_and_the_user_is_told() {
    let (mut world, handover) = waiting();
    world.look_from_here();
    act(&mut world, "ann", Act::Claim { handover });
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.operator),
        (Phase::Attended, &Some(name("ann")))
    );
    assert_eq!(agent(&world), Some("ann shown"));
    assert_eq!(world.notices(), ["joined"]);
    assert_eq!(
        done_by(&world),
        [(Cause::Joined, Some("ann")), (Cause::Claimed, Some("ann"))]
    );
}

#[test]
fn whoever_claims_it_second_hears_who_has_it() {
    let (mut world, handover) = claimed();
    let claim = Act::Claim { handover };
    is_refused(&mut world, ("ben", claim), Refusal::TakenBy(name("ann")));
}

#[test]
fn claiming_what_is_ones_own_changes_nothing() {
    let (mut world, handover) = claimed();
    let before = world.state().clone();
    world.look_from_here();
    let outcome = act(&mut world, "ann", Act::Claim { handover });
    assert!(matches!(outcome, Outcome::Taken { .. }));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects(), []);
}

#[test]
fn nobody_answers_before_it_is_claimed() {
    let (mut world, handover) = waiting();
    let wanted = ("ann", say(handover, "hi"));
    is_refused(&mut world, wanted, Refusal::NotClaimed);
}

#[test]
fn nobody_but_whoever_has_it_answers() {
    let (mut world, handover) = claimed();
    let wanted = ("ben", say(handover, "hi"));
    is_refused(&mut world, wanted, Refusal::TakenBy(name("ann")));
}

#[test]
fn what_is_answered_goes_to_the_bot_and_ends_the_users_wait() {
    let (mut world, handover) = claimed();
    world.user_says("hello?");
    assert!(world.handover().unanswered_since.is_some());
    world.look_from_here();
    act(&mut world, "ann", say(handover, "hi"));
    assert_eq!(world.transcript(), [(Actor::Agent, "hi".to_owned())]);
    let lanes: Vec<_> = world
        .deliveries()
        .into_iter()
        .map(|owed| (owed.lane, owed.task.kind()))
        .collect();
    assert_eq!(lanes, [(Lane::Bot(world.state().id), "say")]);
    assert_eq!(world.handover().unanswered_since, None);
}

#[test]
fn what_the_user_cannot_be_shown_is_not_recorded() {
    let (mut world, handover) = claimed();
    let (before, written) = (world.state().clone(), world.effects().len());
    assert!(matches!(
        act(&mut world, "ann", say(handover, " ")),
        Outcome::Refused(Refusal::Unshowable(_))
    ));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects().len(), written);
}

#[test]
fn nothing_is_ever_owed_to_a_desk_of_the_console() {
    let (mut world, handover) = waiting();
    world.user_says("hello?");
    world.bot_says("one moment");
    act(&mut world, "ann", Act::Claim { handover });
    world.user_says("at last");
    let class = ErrorClass::Rejected;
    for result in [StepResult::Dead { class }, StepResult::Skipped] {
        act(&mut world, "ann", say(handover, "hi"));
        world.comes_to("say", result);
    }
    act(&mut world, "ann", give_back(handover));
    act(&mut world, "ben", close(handover));
    world.user_says("thank you");
    assert_eq!(owed_to_desks(&world), []);
}

#[test]
fn a_desk_of_the_console_is_not_told_that_the_session_is_gone() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", say(handover, "hi"));
    world.comes_to("say", StepResult::Gone);
    assert_eq!(world.phase(), None);
    assert_eq!(owed_to_desks(&world), []);
}

#[test]
fn a_note_says_who_wrote_it_and_is_for_everybody_to_write() {
    let (mut world, handover) = claimed();
    world.look_from_here();
    let before = world.state().clone();
    act(&mut world, "ben", note(handover, "a regular"));
    assert_eq!(world.state(), &before);
    assert_eq!(done_by(&world), [(Cause::Noted, Some("ben"))]);
    assert_eq!(world.told(Cause::Noted), Some("a regular"));
    assert_eq!(world.tasks(), [""; 0], "it is for colleagues only");
}

#[test]
fn what_has_ended_takes_notes_too() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", close(handover));
    world.resumed();
    assert_eq!(world.phase(), None);
    world.look_from_here();
    act(&mut world, "ben", note(handover, "will write again"));
    let noted: Vec<_> = entries(&world)
        .map(|entry| (entry.handover, entry.from, entry.to, entry.by.clone()))
        .collect();
    assert_eq!(noted, [(Some(handover), None, None, Some(name("ben")))]);
    assert_eq!(world.told(Cause::Noted), Some("will write again"));
}

#[test]
fn a_colleague_who_is_given_it_is_named_to_the_user() {
    let (mut world, handover) = claimed();
    world.look_from_here();
    act(&mut world, "ann", assign(handover, "ben"));
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.operator),
        (Phase::Attended, &Some(name("ben")))
    );
    assert_eq!(agent(&world), Some("ben shown"));
    assert_eq!(world.notices(), ["joined"]);
    assert_eq!(
        done_by(&world),
        [(Cause::Joined, Some("ann")), (Cause::Assigned, Some("ann"))]
    );
    assert_eq!(world.told(Cause::Assigned), Some("ben"));
}

#[test]
fn what_was_given_to_a_colleague_is_the_colleagues() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", assign(handover, "ben"));
    let wanted = ("ann", say(handover, "one more"));
    is_refused(&mut world, wanted, Refusal::TakenBy(name("ben")));
}

#[test]
fn what_nobody_has_can_be_given_to_a_colleague() {
    let (mut world, handover) = waiting();
    act(&mut world, "ann", assign(handover, "ben"));
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.operator),
        (Phase::Attended, &Some(name("ben")))
    );
}

#[test]
fn nobody_gives_away_what_somebody_else_has() {
    let (mut world, handover) = claimed();
    for wanted in [assign(handover, "ben"), give_back(handover)] {
        let taken = Refusal::TakenBy(name("ann"));
        is_refused(&mut world, ("ben", wanted), taken);
    }
}

#[test]
fn what_goes_back_to_those_who_wait_is_nobodys_and_waits_from_now_on() {
    let (mut world, handover) = claimed();
    world.wait(Duration::from_mins(1));
    world.look_from_here();
    act(&mut world, "ann", give_back(handover));
    let open = world.handover();
    assert_eq!((open.phase, &open.operator), (Phase::Waiting, &None));
    assert_eq!(open.agent, None);
    assert_eq!(open.phase_since, world.now);
    assert_eq!(world.notices(), ["transferred"]);
    assert_eq!(done_by(&world), [(Cause::Assigned, Some("ann"))]);
    assert_eq!(
        world.wakes_in(),
        Duration::from_mins(2),
        "the user hears then that they still wait"
    );
    act(&mut world, "ben", Act::Claim { handover });
    assert_eq!(world.handover().operator, Some(name("ben")));
}

#[test]
fn what_waits_already_is_not_given_back() {
    let (mut world, handover) = waiting();
    let before = world.state().clone();
    world.look_from_here();
    act(&mut world, "ann", give_back(handover));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects(), []);
}

#[test]
fn another_desk_is_offered_the_whole_transcript() {
    let (mut world, handover) = claimed();
    world.user_says("hello?");
    act(&mut world, "ann", say(handover, "hi"));
    let last = world.messages().map(|message| message.seq).max();
    world.look_from_here();
    act(&mut world, "ann", transfer(handover, "second"));
    let open = world.handover();
    assert_eq!(
        (open.id, open.phase, &open.leg.desk),
        (handover, Phase::Requested, &desk("second"))
    );
    assert_eq!((&open.operator, &open.agent), (&None, &None));
    assert_eq!(owed_to_desks(&world), [(desk("second"), "open")]);
    let offer = world.deliveries()[0];
    assert!(matches!(offer.task, Task::Open { upto } if Some(upto) == last));
    assert_eq!(world.notices(), ["transferred"]);
    assert_eq!(done_by(&world), [(Cause::SentOn, Some("ann"))]);
}

#[test]
fn what_was_sent_on_is_not_the_consoles() {
    let (mut world, handover) = sent_on();
    for wanted in [
        Act::Claim { handover },
        say(handover, "hi"),
        assign(handover, "ben"),
        give_back(handover),
    ] {
        let away = Refusal::AtDesk(desk("second"));
        is_refused(&mut world, ("ann", wanted), away);
    }
}

#[test]
fn what_the_other_desk_does_not_take_comes_back_to_the_console() {
    let class = ErrorClass::NotSent;
    let (since, ambiguous) = (World::new().now, false);
    for result in [
        refused(),
        StepResult::Dead { class },
        StepResult::Delayed {
            since,
            class,
            ambiguous,
        },
    ] {
        let (mut world, handover) = sent_on();
        world.look_from_here();
        world.comes_to("open", result);
        let open = world.handover();
        assert_eq!(
            (open.id, open.phase, &open.leg.desk),
            (handover, Phase::Waiting, &desk("team"))
        );
        assert_eq!(open.operator, None);
        assert_eq!(owed_to_desks(&world), []);
        act(&mut world, "ben", Act::Claim { handover });
        assert_eq!(world.handover().operator, Some(name("ben")));
    }
}

#[test]
fn the_console_fetches_it_from_a_desk_that_is_told_so() {
    let (mut world, handover) = sent_on();
    world.opened();
    let lane = Lane::Leg(world.handover().leg.id);
    world.look_from_here();
    act(&mut world, "ben", transfer(handover, "team"));
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.leg.desk, &open.operator),
        (Phase::Waiting, &desk("team"), &None)
    );
    assert_eq!(owed_to_desks(&world), [(desk("second"), "close")]);
    let in_lane = |owed: &&NewDelivery| owed.lane == lane;
    assert!(world.deliveries().first().is_some_and(in_lane));
    assert_eq!(world.notices(), ["transferred"]);
}

#[test]
fn a_desk_is_not_given_what_it_has() {
    let (mut world, handover) = claimed();
    let wanted = ("ann", transfer(handover, "team"));
    is_refused(&mut world, wanted, Refusal::AtDesk(desk("team")));
}

#[test]
fn a_desk_that_takes_nothing_is_given_nothing() {
    let (mut world, handover) = claimed();
    world.desk_mut("second").enabled = false;
    for other in ["second", "unknown"] {
        let wanted = ("ann", transfer(handover, other));
        is_refused(&mut world, wanted, Refusal::DeskClosed(desk(other)));
    }
}

#[test]
fn nobody_sends_on_what_somebody_else_has() {
    let (mut world, handover) = claimed();
    let wanted = ("ben", transfer(handover, "second"));
    is_refused(&mut world, wanted, Refusal::TakenBy(name("ann")));
}

#[test]
fn the_bot_goes_on_where_whoever_closes_it_says() {
    let (mut world, handover) = claimed();
    world.look_from_here();
    act(&mut world, "ann", close(handover));
    assert_eq!(world.phase(), Some(Phase::Closing));
    let resume = world.deliveries().last().map(|owed| owed.task.clone());
    assert!(
        matches!(resume, Some(Task::Resume { contract, .. }) if contract.dialog_state.as_deref() == Some("shop"))
    );
    assert_eq!(world.notices(), ["ended"]);
    assert_eq!(done_by(&world), [(Cause::Closed, Some("ann"))]);
}

#[test]
fn a_user_whom_nobody_has_taken_is_told_that_nobody_came() {
    let (mut world, handover) = waiting();
    world.look_from_here();
    act(&mut world, "ann", close(handover));
    assert_eq!(world.notices(), ["nobody"]);
}

#[test]
fn nobody_closes_what_somebody_else_has() {
    let (mut world, handover) = claimed();
    let wanted = ("ben", close(handover));
    is_refused(&mut world, wanted, Refusal::TakenBy(name("ann")));
}

#[test]
fn what_is_closed_is_over_for_everybody() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", close(handover));
    for phase in [Some(Phase::Closing), None] {
        assert_eq!(world.phase(), phase);
        for wanted in [
            Act::Claim { handover },
            say(handover, "hi"),
            assign(handover, "ben"),
            give_back(handover),
            transfer(handover, "second"),
            close(handover),
        ] {
            is_refused(&mut world, ("ann", wanted), Refusal::Over);
        }
        world.resumed();
    }
}

#[test]
fn nobody_acts_while_the_platform_is_asked_what_it_knows() {
    let mut world = World::with_look_ups();
    let (handover, _) = world.request();
    for wanted in [
        Act::Claim { handover },
        transfer(handover, "second"),
        close(handover),
    ] {
        is_refused(&mut world, ("ann", wanted), Refusal::Undecided);
    }
}

#[test]
fn taking_over_pauses_the_bot_before_the_user_is_told() {
    let mut world = pausable();
    act(&mut world, "ann", take_over("team"));
    let open = world.handover();
    assert_eq!(
        (open.phase, open.pause, &open.operator),
        (Phase::Attended, PauseState::Pausing, &Some(name("ann")))
    );
    assert_eq!(world.tasks(), ["pause", "pause", "say"]);
    assert!(world.deliveries()[0].urgent);
    assert_eq!(world.notices(), ["joined"]);
    assert_eq!(
        done_by(&world),
        [
            (Cause::TakenOver, Some("ann")),
            (Cause::Joined, Some("ann"))
        ]
    );
}

#[test]
fn a_bot_that_cannot_be_paused_is_not_taken_over() {
    let mut without_steps = World::with_texts();
    without_steps.desk_mut("team").takes_at_once = true;
    let mut silent = pausable();
    silent.close_bot(ClosedBecause::BreakerOpen);
    for mut world in [without_steps, silent] {
        let wanted = ("ann", take_over("team"));
        is_refused(&mut world, wanted, Refusal::CannotPause);
    }
}

#[test]
fn what_was_handed_over_is_not_taken_over() {
    let mut world = pausable();
    world.request();
    let wanted = ("ann", take_over("team"));
    is_refused(&mut world, wanted, Refusal::HandedOver);
    let mut taken = pausable();
    act(&mut taken, "ann", take_over("team"));
    let wanted = ("ben", take_over("team"));
    is_refused(&mut taken, wanted, Refusal::HandedOver);
}

#[test]
fn only_an_open_desk_of_the_console_takes_over() {
    let mut world = pausable();
    world.add_desk("second", false);
    world.add_desk("third", true);
    world.desk_mut("third").enabled = false;
    for other in ["second", "third", "unknown"] {
        let wanted = ("ann", take_over(other));
        is_refused(&mut world, wanted, Refusal::DeskClosed(desk(other)));
    }
}

#[test]
fn nobody_acts_on_a_user_who_is_being_erased() {
    let (mut world, handover) = claimed();
    world.apply(&Event::EraseRequested { at_platform: true });
    for wanted in [
        Act::Claim { handover },
        say(handover, "hi"),
        note(handover, "a regular"),
        assign(handover, "ben"),
        transfer(handover, "second"),
        close(handover),
        take_over("team"),
    ] {
        is_refused(&mut world, ("ann", wanted), Refusal::Erasing);
    }
}
