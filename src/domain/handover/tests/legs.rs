//! Desks that do not know our ids, and cannot be asked whether an open call has arrived.

use super::*;
use crate::domain::{
    conversation::{Agent, Handover},
    effect::LegName,
    taken::Taken,
};

const LONG: Duration = Duration::from_mins(1);

/// A desk that would take an open call twice.
fn forgetful() -> World {
    let mut world = World::with_texts();
    world.desk_mut("team").reopen_after = LONG;
    world
}

fn says(text: &str, automatic: bool) -> DeskEvent {
    DeskEvent::Said(AgentSaid {
        content: Content::text(text),
        agent: None,
        automatic,
        keep_if_late: true,
        tell_if_late: false,
        raw: None,
    })
}

fn joined() -> DeskEvent {
    DeskEvent::Joined(Agent::default())
}

fn closed() -> DeskEvent {
    DeskEvent::Closed {
        reason: None,
        by: None,
    }
}

fn called(reference: &str) -> StepResult {
    StepResult::Done(Done {
        reference: Some(reference.to_owned()),
        ..Done::default()
    })
}

fn names(world: &World) -> Vec<&str> {
    let names = world.effects().iter().filter_map(|effect| match effect {
        Effect::Name(LegName { reference, .. }) => Some(reference.as_str()),
        _ => None,
    });
    names.collect()
}

fn put_off(world: &World) -> Vec<Duration> {
    let until = world.effects().iter().filter_map(|effect| match effect {
        Effect::PutOff { until } => Some(until.since(world.now)),
        _ => None,
    });
    until.collect()
}

/// The leg of this handover, by the name that its desk has given.
fn named(handover: &Handover) -> NamedLeg {
    let leg = handover.leg().unwrap();
    NamedLeg {
        id: leg.id,
        handover: handover.id,
        desk: leg.desk.clone(),
        reference: leg.reference.clone(),
        is_new: false,
    }
}

/// Two conversations at the desk of one leg: the first call's answer was lost.
fn doubled() -> World {
    let mut world = forgetful();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    world.comes_to("open", called("second"));
    world.look_from_here();
    world
}

#[test]
fn an_open_call_that_may_have_arrived_is_made_again_after_the_desks_time_only() {
    let mut world = forgetful();
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    assert_eq!(put_off(&world), [LONG]);
    let mut knows_it_again = World::new();
    knows_it_again.request();
    knows_it_again.delayed("open", ErrorClass::Ambiguous);
    assert!(put_off(&knows_it_again).is_empty());
}

#[test]
fn one_that_did_not_leave_is_not_put_off() {
    let mut world = forgetful();
    world.request();
    world.delayed("open", ErrorClass::NotSent);
    assert!(put_off(&world).is_empty());
}

#[test]
fn an_event_of_the_leg_proves_the_open_call_and_withdraws_it() {
    for (event, phase) in [
        (says("you are in line", true), Phase::Waiting),
        (DeskEvent::Typing, Phase::Waiting),
        (DeskEvent::Transferred { to: None }, Phase::Waiting),
        (says("hi", false), Phase::Attended),
        (joined(), Phase::Attended),
    ] {
        let mut world = forgetful();
        let (_, answer) = world.request();
        assert_eq!(answer, Answer::Pending);
        world.delayed("open", ErrorClass::Ambiguous);
        let lane = Lane::Leg(world.leg().id);
        world.look_from_here();
        world.leg_tells("r1", event);
        assert_eq!(world.phase(), Some(phase));
        assert_eq!(world.handover().answer, Answer::Accepted);
        assert_eq!(world.leg().reference.as_deref(), Some("r1"));
        assert_eq!(names(&world), ["r1"]);
        assert!(world.cancelled().contains(&(lane, Cancelled::Opens)));
    }
}

#[test]
fn a_call_that_was_on_its_way_when_it_was_proven_is_not_made_again() {
    for class in [ErrorClass::Ambiguous, ErrorClass::NotSent, ErrorClass::Busy] {
        let mut world = forgetful();
        world.request();
        world.leg_tells("r1", joined());
        world.look_from_here();
        world.delayed("open", class);
        assert_eq!(world.withdrawn(), 1, "{}", class.label());
        assert_eq!(world.phase(), Some(Phase::Attended));
    }
}

#[test]
fn a_desk_that_has_it_and_refuses_to_have_it_twice_keeps_it() {
    let mut world = forgetful();
    world.request();
    world.leg_tells("r1", joined());
    world.comes_to("open", refused());
    assert_eq!(world.phase(), Some(Phase::Attended));
}

#[test]
fn an_answer_that_comes_after_the_event_names_the_leg_too() {
    let mut world = forgetful();
    world.request();
    world.leg_tells("r1", joined());
    world.comes_to("open", done());
    assert_eq!(world.leg().reference.as_deref(), Some("r1"));
    world.comes_to("open", called("c1"));
    assert_eq!(names(&world), ["r1", "c1"]);
    assert_eq!(
        world.leg().reference.as_deref(),
        Some("c1"),
        "later calls are made with what the answer gave"
    );
}

#[test]
fn a_desk_that_has_two_names_for_a_conversation_closes_it_by_either() {
    let mut world = forgetful();
    world.request();
    world.comes_to("open", called("c1"));
    world.leg_tells("r1", joined());
    assert_eq!(world.leg().reference.as_deref(), Some("c1"));
    world.leg_tells("r1", closed());
    assert_eq!(world.phase(), Some(Phase::Closing));
}

#[test]
fn a_close_before_anything_was_promised_is_a_refusal() {
    let mut world = forgetful();
    world.request();
    world.leg_tells("r1", closed());
    assert_eq!(world.phase(), None);
}

#[test]
fn of_two_conversations_of_a_leg_the_one_with_the_agent_is_the_users() {
    let mut world = doubled();
    world.leg_tells("first", says("hi", false));
    assert_eq!(world.leg().reference.as_deref(), Some("first"));
    world.leg_tells("second", closed());
    assert_eq!(
        world.phase(),
        Some(Phase::Attended),
        "the desk tidies up where nobody is"
    );
    assert!(
        world
            .journal()
            .iter()
            .any(|(_, _, cause)| *cause == Cause::OtherConversation)
    );
    world.leg_tells("first", closed());
    assert_eq!(world.phase(), Some(Phase::Closing));
}

#[test]
fn what_an_agent_says_in_either_conversation_of_a_leg_is_said() {
    let mut world = doubled();
    world.leg_tells("second", says("one", false));
    world.leg_tells("first", says("two", false));
    assert_eq!(world.leg().reference.as_deref(), Some("second"));
    let agent: Vec<_> = world
        .transcript()
        .into_iter()
        .filter(|(actor, _)| *actor == Actor::Agent)
        .map(|(_, text)| text)
        .collect();
    assert_eq!(agent, ["one", "two"]);
}

#[test]
fn a_second_answer_does_not_lead_the_user_away_from_the_agent() {
    let mut world = forgetful();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    world.leg_tells("first", joined());
    world.comes_to("open", called("second"));
    assert_eq!(world.leg().reference.as_deref(), Some("first"));
    assert_eq!(names(&world), ["first", "second"]);
}

#[test]
fn what_is_told_of_a_leg_that_is_over_is_late_and_never_the_next_ones() {
    let mut world = forgetful();
    world.request();
    world.comes_to("open", called("r1"));
    let over = world.handover().clone();
    world.leg_tells("r1", closed());
    world.request();
    world.comes_to("open", called("r2"));
    world.look_from_here();
    let leg = named(&over);
    for event in [says("too late", false), joined(), closed()] {
        let leg = Some(leg.clone());
        assert_eq!(world.apply(&Event::FromLeg { event, leg }), Outcome::Closed);
    }
    assert_eq!(world.phase(), Some(Phase::Waiting));
    assert!(world.messages().all(|message| message.late));
    assert_eq!(world.messages().count(), 1);
    assert!(world.tasks().is_empty(), "this desk cannot be told");
}

#[test]
fn a_name_that_comes_when_the_end_waits_already_is_what_the_end_is_made_with() {
    let mut world = forgetful();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.delayed("open", ErrorClass::Ambiguous);
    world.pass(LONG);
    world.wait_until_woken();
    let leg = world.leg().clone();
    let open = world
        .deliveries()
        .into_iter()
        .find(|owed| matches!(owed.task, Task::Open { .. }))
        .unwrap()
        .clone();
    world.apply(&Event::EraseRequested { at_platform: false });
    assert!(world.has_closed(Lane::Leg(leg.id)));
    world.look_from_here();
    world.settle(&open, called("42"));
    assert_eq!(names(&world), ["42"]);
    assert!(world.effects().iter().any(|effect| matches!(
        effect,
        Effect::Leg(row) if row.id == leg.id && row.closed && row.reference.as_deref() == Some("42")
    )));
    assert!(world.tasks().is_empty(), "it is told its end once");
}

#[test]
fn an_agent_who_comes_too_late_is_told_so_where_the_desk_takes_it() {
    let mut world = forgetful();
    world.request();
    world.comes_to("open", called("r1"));
    let over = world.handover().clone();
    world.leg_tells("r1", closed());
    world.resumed();
    world.look_from_here();
    let leg = named(&over);
    let DeskEvent::Said(said) = says("too late", false) else {
        unreachable!("that is what it says")
    };
    let event = DeskEvent::Said(AgentSaid {
        tell_if_late: true,
        ..said
    });
    let leg = Some(leg);
    assert_eq!(world.apply(&Event::FromLeg { event, leg }), Outcome::Closed);
    let late = world.messages().next().map(|message| message.id);
    let owed = world.deliveries();
    let [owed] = &owed[..] else {
        panic!("{owed:?}")
    };
    assert_eq!(owed.lane, Lane::Leg(over.leg().unwrap().id));
    let Task::Failed { message, reason } = &owed.task else {
        panic!("{owed:?}")
    };
    assert_eq!((Some(*message), reason.as_str()), (late, "closed"));
}

#[test]
fn what_an_answer_gave_is_kept_also_when_the_leg_is_over() {
    let taken: Taken = [("token".to_owned(), serde_json::json!("t1"))]
        .into_iter()
        .collect();
    let result = StepResult::Done(Done {
        taken: taken.clone(),
        ..Done::default()
    });
    let mut world = World::with_pause_steps(1);
    world.request();
    world.comes_to("open", result.clone());
    world.comes_to("pause", result.clone());
    world.desk_closes();
    world.resumed();
    world.comes_to("open", result);
    let lanes: Vec<_> = world
        .effects()
        .iter()
        .filter_map(|effect| match effect {
            Effect::Take {
                lane, taken: kept, ..
            } if *kept == taken => Some(*lane),
            _ => None,
        })
        .collect();
    assert!(
        matches!(lanes[..], [Lane::Leg(_), Lane::Bot(_), Lane::Leg(_)]),
        "{lanes:?}"
    );
}
