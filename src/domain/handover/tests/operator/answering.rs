//! Claiming, answering, and notes.

use super::*;

#[test]
fn whoever_claims_it_joins_and_the_user_is_told() {
    let (mut world, handover) = waiting();
    world.look_from_here();
    act(&mut world, "ann", Action::Claim { handover });
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
    let claim = Action::Claim { handover };
    is_refused(&mut world, "ben", claim, Refusal::TakenBy(name("ann")));
}

#[test]
fn claiming_what_is_ones_own_changes_nothing() {
    let (mut world, handover) = claimed();
    let before = world.state().clone();
    world.look_from_here();
    let outcome = act(&mut world, "ann", Action::Claim { handover });
    assert!(matches!(outcome, Outcome::Taken { .. }));
    assert_eq!(world.state(), &before);
    assert_eq!(world.effects(), []);
}

#[test]
fn nobody_answers_before_it_is_claimed() {
    let (mut world, handover) = waiting();
    is_refused(&mut world, "ann", say(handover, "hi"), Refusal::NotClaimed);
}

#[test]
fn nobody_but_whoever_has_it_answers() {
    let (mut world, handover) = claimed();
    is_refused(
        &mut world,
        "ben",
        say(handover, "hi"),
        Refusal::TakenBy(name("ann")),
    );
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
    assert_eq!(lanes, [(Lane::Bot(world.state().id), TaskKind::Say)]);
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
    act(&mut world, "ann", Action::Claim { handover });
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
    world.comes_to("resume", StepResult::Gone);
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
