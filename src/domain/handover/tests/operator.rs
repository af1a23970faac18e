//! What people at the console do, and what they are refused.

use super::*;
use crate::domain::{
    effect::Effect,
    ids::OperatorName,
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

/// A handover that waits at the console; `second` is called.
fn waiting() -> (World, HandoverId) {
    let mut world = World::with_texts();
    world.add_desk("second", false);
    world.desk_mut("team").takes_at_once = true;
    world.policy.routes.push(Route::to(desk("team")));
    let (id, _) = world.request();
    (world, id)
}

fn claimed() -> (World, HandoverId) {
    let (mut world, handover) = waiting();
    act(&mut world, "ann", Act::Claim { handover });
    (world, handover)
}

fn say(handover: HandoverId, text: &str) -> Act {
    Act::Say {
        handover,
        content: Content::text(text),
    }
}

#[test]
fn one_claims_and_the_other_hears_who_has_it() {
    let (mut world, handover) = claimed();
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.operator),
        (Phase::Attended, &Some(name("ann")))
    );
    assert_eq!(
        act(&mut world, "ben", Act::Claim { handover }),
        Outcome::Refused(Refusal::TakenBy(name("ann")))
    );
    let before = world.state().clone();
    act(&mut world, "ann", Act::Claim { handover });
    assert_eq!(world.state(), &before, "already one's own");
}

#[test]
fn only_whoever_has_it_answers_and_no_console_is_called() {
    let (mut world, handover) = waiting();
    world.user_says("hello?");
    assert_eq!(
        act(&mut world, "ann", say(handover, "hi")),
        Outcome::Refused(Refusal::NotClaimed)
    );
    act(&mut world, "ann", Act::Claim { handover });
    world.look_from_here();
    act(&mut world, "ann", say(handover, "hi"));
    assert_eq!(world.tasks(), ["say"]);
    assert_eq!(world.handover().unanswered_since, None);
    assert_eq!(
        act(&mut world, "ben", say(handover, "hi")),
        Outcome::Refused(Refusal::TakenBy(name("ann")))
    );
    let before = world.state().clone();
    assert!(matches!(
        act(&mut world, "ann", say(handover, " ")),
        Outcome::Refused(Refusal::Unshowable(_))
    ));
    assert_eq!(world.state(), &before, "nothing is recorded");
}

#[test]
fn what_goes_back_to_those_who_wait_is_nobodys() {
    let (mut world, handover) = claimed();
    act(&mut world, "ann", Act::Assign { handover, to: None });
    let open = world.handover();
    assert_eq!((open.phase, &open.operator), (Phase::Waiting, &None));
}

#[test]
fn a_colleague_who_is_given_it_is_named_to_the_user() {
    let (mut world, handover) = claimed();
    world.look_from_here();
    let to = Some(Colleague {
        name: name("ben"),
        shown_as: Some("Ben".to_owned()),
    });
    act(&mut world, "ann", Act::Assign { handover, to });
    let open = world.handover();
    assert_eq!(
        (open.phase, &open.operator),
        (Phase::Attended, &Some(name("ben")))
    );
    let agent = open.agent.clone();
    assert_eq!(agent.and_then(|agent| agent.name).as_deref(), Some("Ben"));
    assert_eq!(world.notices(), ["joined"]);
    assert_eq!(
        act(&mut world, "ann", say(handover, "one more")),
        Outcome::Refused(Refusal::TakenBy(name("ben")))
    );
}

#[test]
fn another_desk_gets_it_whole_and_the_console_takes_back_what_is_refused() {
    let (mut world, handover) = claimed();
    world.look_from_here();
    let to = |to: &str| Act::Transfer {
        handover,
        desk: desk(to),
    };
    assert_eq!(
        act(&mut world, "ann", to("team")),
        Outcome::Refused(Refusal::AtDesk(desk("team")))
    );
    assert_eq!(
        act(&mut world, "ann", to("unknown")),
        Outcome::Refused(Refusal::DeskClosed(desk("unknown")))
    );
    act(&mut world, "ann", to("second"));
    assert_eq!(world.tasks(), ["open", "say"]);
    let open = world.handover();
    assert_eq!(
        (open.id, open.phase, &open.operator),
        (handover, Phase::Requested, &None)
    );
    assert_eq!(
        act(&mut world, "ann", Act::Claim { handover }),
        Outcome::Refused(Refusal::AtDesk(desk("second")))
    );
    world.comes_to("open", refused());
    let open = world.handover();
    assert_eq!(
        (&open.leg.desk, open.phase),
        (&desk("team"), Phase::Waiting),
        "the user waits for a person, not for the bot"
    );
}

#[test]
fn the_bot_goes_on_where_whoever_closes_it_says() {
    let (mut world, handover) = claimed();
    let close = || Act::Close {
        handover,
        reason: "solved".to_owned(),
        dialog_state: Some("shop".to_owned()),
    };
    assert_eq!(
        act(&mut world, "ben", close()),
        Outcome::Refused(Refusal::TakenBy(name("ann")))
    );
    act(&mut world, "ann", close());
    let resume = world.deliveries().last().map(|owed| owed.task.clone());
    assert!(
        matches!(resume, Some(Task::Resume { contract, .. }) if contract.dialog_state.as_deref() == Some("shop"))
    );
    assert_eq!(
        act(&mut world, "ann", say(handover, "hi")),
        Outcome::Refused(Refusal::Over)
    );
}

#[test]
fn taking_over_pauses_the_bot_first() {
    let mut world = World::with_pause_steps(1);
    world.desk_mut("team").takes_at_once = true;
    let take = || Act::TakeOver { desk: desk("team") };
    act(&mut world, "ann", take());
    let open = world.handover();
    assert_eq!(
        (open.phase, open.pause, &open.operator),
        (Phase::Attended, PauseState::Pausing, &Some(name("ann")))
    );
    assert_eq!(world.tasks().first(), Some(&"pause"));
    assert_eq!(
        act(&mut world, "ben", take()),
        Outcome::Refused(Refusal::HandedOver)
    );
}

#[test]
fn a_bot_without_pause_steps_is_not_taken_over() {
    let mut world = World::with_texts();
    world.desk_mut("team").takes_at_once = true;
    let take = Act::TakeOver { desk: desk("team") };
    assert_eq!(
        act(&mut world, "ann", take),
        Outcome::Refused(Refusal::CannotPause)
    );
}

#[test]
fn a_note_says_who_wrote_it() {
    let (mut world, handover) = waiting();
    let text = "a regular".to_owned();
    act(&mut world, "ben", Act::Note { handover, text });
    let noted = world.effects().iter().any(|effect| {
        matches!(effect, Effect::Journal(entry)
            if entry.cause == Cause::Noted && entry.by == Some(name("ben")) && entry.detail.as_deref() == Some("a regular"))
    });
    assert!(noted);
}
