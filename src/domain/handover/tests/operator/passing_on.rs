//! Giving it to a colleague, back to those who wait, or to another desk.

use super::*;

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
        [(Cause::Assigned, Some("ann")), (Cause::Joined, Some("ann"))]
    );
    assert_eq!(world.told(Cause::Assigned), Some("ben"));
}

#[test]
fn what_was_given_to_a_colleague_is_the_colleagues() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", assign(handover, "ben"));
    is_refused(
        &mut world,
        "ann",
        say(handover, "one more"),
        Refusal::TakenBy(name("ben")),
    );
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
        is_refused(&mut world, "ben", wanted, taken);
    }
}

#[test]
fn whoever_overrules_gives_away_what_somebody_else_has_and_speaks_for_nobody() {
    let (mut world, handover) = claimed();
    let overrules = |world: &mut World, action| {
        world.apply(&Event::OperatorActed(OperatorAction {
            by: name("sofia"),
            shown_as: None,
            overrules: true,
            action,
        }))
    };
    let taken = Outcome::Refused(Refusal::TakenBy(name("ann")));
    assert_eq!(overrules(&mut world, say(handover, "hello")), taken);
    overrules(&mut world, assign(handover, "ben"));
    assert_eq!(world.handover().operator, Some(name("ben")));
    overrules(&mut world, give_back(handover));
    let open = world.handover();
    assert_eq!((open.phase, &open.operator), (Phase::Waiting, &None));
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
    act(&mut world, "ben", Action::Claim { handover });
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
        (open.id, open.phase, &world.leg().desk),
        (handover, Phase::Requested, &desk("second"))
    );
    assert_eq!((&open.operator, &open.agent), (&None, &None));
    assert_eq!(owed_to_desks(&world), [(desk("second"), TaskKind::Open)]);
    let offer = world.deliveries()[0];
    assert!(matches!(offer.task, Task::Open { upto } if Some(upto) == last));
    assert_eq!(world.notices(), ["transferred"]);
    assert_eq!(done_by(&world), [(Cause::SentOn, Some("ann"))]);
}

#[test]
fn what_was_sent_on_is_not_the_consoles() {
    let (mut world, handover) = sent_on();
    for wanted in [
        Action::Claim { handover },
        say(handover, "hi"),
        assign(handover, "ben"),
        give_back(handover),
    ] {
        let away = Refusal::AtDesk(desk("second"));
        is_refused(&mut world, "ann", wanted, away);
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
            (open.id, open.phase, &world.leg().desk),
            (handover, Phase::Waiting, &desk("team"))
        );
        assert_eq!(open.operator, None);
        assert_eq!(owed_to_desks(&world), []);
        act(&mut world, "ben", Action::Claim { handover });
        assert_eq!(world.handover().operator, Some(name("ben")));
    }
}

#[test]
fn the_console_fetches_it_from_a_desk_that_is_told_so() {
    let (mut world, handover) = sent_on();
    world.opened();
    let lane = Lane::Leg(world.leg().id);
    world.look_from_here();
    act(&mut world, "ben", transfer(handover, "team"));
    let open = world.handover();
    assert_eq!(
        (open.phase, &world.leg().desk, &open.operator),
        (Phase::Waiting, &desk("team"), &None)
    );
    assert_eq!(owed_to_desks(&world), [(desk("second"), TaskKind::Close)]);
    let in_lane = |owed: &&NewDelivery| owed.lane == lane;
    assert!(world.deliveries().first().is_some_and(in_lane));
    assert_eq!(world.notices(), ["transferred"]);
}

#[test]
fn a_desk_is_not_given_what_it_has() {
    let (mut world, handover) = claimed();
    is_refused(
        &mut world,
        "ann",
        transfer(handover, "team"),
        Refusal::AtDesk(desk("team")),
    );
}

#[test]
fn a_desk_that_takes_nothing_is_given_nothing() {
    let (mut world, handover) = claimed();
    world.desk_mut("second").enabled = false;
    for other in ["second", "unknown"] {
        is_refused(
            &mut world,
            "ann",
            transfer(handover, other),
            Refusal::DeskClosed(desk(other)),
        );
    }
}

#[test]
fn nobody_sends_on_what_somebody_else_has() {
    let (mut world, handover) = claimed();
    is_refused(
        &mut world,
        "ben",
        transfer(handover, "second"),
        Refusal::TakenBy(name("ann")),
    );
}
