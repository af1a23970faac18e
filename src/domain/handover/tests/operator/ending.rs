//! Closing, taking over, and when nobody may act.

use std::num::NonZeroU64;

use super::*;

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
    is_refused(
        &mut world,
        "ben",
        close(handover),
        Refusal::TakenBy(name("ann")),
    );
}

#[test]
fn what_is_closed_is_over_for_everybody() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", close(handover));
    for phase in [Some(Phase::Closing), None] {
        assert_eq!(world.phase(), phase);
        for wanted in [
            Action::Claim { handover },
            say(handover, "hi"),
            assign(handover, "ben"),
            give_back(handover),
            transfer(handover, "second"),
            close(handover),
        ] {
            is_refused(&mut world, "ann", wanted, Refusal::Over);
        }
        world.resumed();
    }
}

#[test]
fn nobody_acts_while_the_platform_is_asked_what_it_knows() {
    let mut world = World::with_look_ups();
    let (handover, _) = world.request();
    for wanted in [
        Action::Claim { handover },
        transfer(handover, "second"),
        close(handover),
    ] {
        is_refused(&mut world, "ann", wanted, Refusal::Undecided);
    }
}

#[test]
fn taking_over_pauses_the_bot_before_the_user_is_told() {
    let mut world = pausable();
    act(&mut world, "ann", Action::TakeOver);
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
        is_refused(&mut world, "ann", Action::TakeOver, Refusal::CannotPause);
    }
}

#[test]
fn what_was_handed_over_is_not_taken_over() {
    let mut world = pausable();
    world.request();
    is_refused(&mut world, "ann", Action::TakeOver, Refusal::HandedOver);
    let mut taken = pausable();
    act(&mut taken, "ann", Action::TakeOver);
    is_refused(&mut taken, "ben", Action::TakeOver, Refusal::HandedOver);
}

/// Desks with their fallbacks.
type Routes<'r> = &'r [(&'r str, &'r [&'r str])];

/// A bot that can be paused, with desks of the console beside `billing`, which comes first by its name.
fn at_several_desks(routes: Routes<'_>) -> World {
    let mut world = pausable();
    for (name, at_console) in [("billing", true), ("called", false), ("late", true)] {
        world.add_desk(name, at_console);
    }
    world.policy.routes = routes
        .iter()
        .map(|(to, fallbacks)| Route {
            fallbacks: fallbacks.iter().copied().map(desk).collect(),
            ..Route::to(desk(to))
        })
        .collect();
    world
}

#[test]
fn it_is_taken_over_for_the_desk_of_the_console_that_its_request_would_come_to() {
    let routes: [(Routes<'_>, &str); 4] = [
        (&[("team", &[])], "team"),
        (&[("called", &["late", "team"])], "late"),
        (&[("called", &[])], "billing"),
        (&[], "billing"),
    ];
    for (routes, to) in routes {
        let mut world = at_several_desks(routes);
        act(&mut world, "ann", Action::TakeOver);
        assert_eq!(world.leg().desk, desk(to), "{routes:?}");
    }
}

#[test]
fn a_desk_that_takes_nobody_does_not_keep_another_from_taking_over() {
    let reasons: [fn(&mut World); 2] = [
        |world| world.desk_mut("billing").enabled = false,
        |world| {
            world.desk_mut("billing").max_open = NonZeroU64::new(1);
            world.conditions.open.insert(desk("billing"), 1);
        },
    ];
    for takes_nobody in reasons {
        let mut world = at_several_desks(&[("billing", &[])]);
        takes_nobody(&mut world);
        act(&mut world, "ann", Action::TakeOver);
        assert_eq!(world.leg().desk, desk("late"));
    }
}

#[test]
fn only_an_open_desk_of_the_console_takes_over() {
    let mut closed = at_several_desks(&[("called", &["team"])]);
    for name in ["billing", "late", "team"] {
        closed.desk_mut(name).enabled = false;
    }
    let refusal = Refusal::DeskClosed(desk("team"));
    is_refused(&mut closed, "ann", Action::TakeOver, refusal);
    let mut without = pausable();
    without.desk_mut("team").takes_at_once = false;
    is_refused(
        &mut without,
        "ann",
        Action::TakeOver,
        Refusal::NoConsoleDesk,
    );
}

#[test]
fn nobody_acts_on_a_user_who_is_being_erased() {
    let (mut world, handover) = claimed();
    world.apply(&Event::EraseRequested { at_platform: true });
    for wanted in [
        Action::Claim { handover },
        say(handover, "hi"),
        note(handover, "a regular"),
        assign(handover, "ben"),
        transfer(handover, "second"),
        close(handover),
        Action::TakeOver,
    ] {
        is_refused(&mut world, "ann", wanted, Refusal::Erasing);
    }
}
