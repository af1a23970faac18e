//! What the platform is asked before a desk is.

use serde_json::json;

use super::*;

#[test]
fn the_platform_is_asked_before_a_desk_is_where_it_tells_nothing_of_the_past() {
    let mut world = World::with_look_ups();
    let (_, answer) = world.request();
    assert_eq!(answer, Answer::Pending);
    let [look_up] = &world.deliveries()[..] else {
        panic!("{:?}", world.tasks());
    };
    let both = Task::LookUp {
        history: true,
        session: true,
    };
    assert_eq!((&look_up.task, look_up.urgent), (&both, true));
    assert_eq!(
        world.wakes_in(),
        Duration::from_secs(1),
        "half of decide_within"
    );

    world.finds(&["Hi", "How can I help?"], json!({"tier": "gold"}));
    assert_eq!(world.leg().desk, desk("second"));
    assert!(matches!(
        world.deliveries().last().unwrap().task,
        Task::Open { upto: 2 }
    ));
    assert_eq!(
        world.told(Cause::LookedUp),
        Some("messages: 2, session data")
    );
    assert_eq!(world.wakes_in(), Duration::from_secs(2));
    world.opened();
    assert_eq!(world.outcomes_of_repeat(), Answer::Accepted);
}

#[test]
fn a_handover_is_at_no_desk_before_one_is_asked() {
    let rows = |world: &World| {
        let rows = world.effects().iter().filter_map(|effect| match effect {
            Effect::Handover(row) => Some(row.desk.clone()),
            _ => None,
        });
        rows.collect::<Vec<_>>()
    };
    let mut world = World::with_look_ups();
    world.request();
    assert_eq!(world.handover().desk(), None);
    assert_eq!(rows(&world), [None]);
    world.look_from_here();
    world.finds(&["Hi"], json!({"tier": "gold"}));
    assert_eq!(rows(&world), [Some(desk("second"))]);

    let mut world = World::with_look_ups();
    for desk in ["team", "second"] {
        world.desk_mut(desk).enabled = false;
    }
    world.request();
    world.finds(&[], json!({}));
    assert_eq!(world.phase(), None);
    let rows = rows(&world);
    assert!(
        !rows.is_empty() && rows.iter().all(Option::is_none),
        "{rows:?}"
    );
}

#[test]
fn what_is_known_is_not_asked_for() {
    let asks = |change: fn(&mut World), transcript: &[&str]| {
        let mut world = World::with_look_ups();
        change(&mut world);
        let items = transcript
            .iter()
            .map(|text| world.item(Actor::User, text))
            .collect();
        world.look_from_here();
        world.request_with(items);
        world.deliveries().first().map(|first| match first.task {
            Task::LookUp { history, session } => (history, session),
            _ => (false, false),
        })
    };
    assert_eq!(asks(|_| {}, &["help"]), Some((false, true)));
    assert_eq!(
        asks(
            |world| {
                world.user_says("hello");
            },
            &[]
        ),
        Some((false, true)),
        "it was observed"
    );
    assert_eq!(
        asks(|world| world.bot_mut().look_ups.session = false, &[]),
        Some((true, false))
    );
    assert_eq!(
        asks(|world| world.policy.routes.clear(), &[]),
        None,
        "no route leads anywhere"
    );
    assert_eq!(
        asks(|world| drop(world.policy.routes.remove(0)), &["help"]),
        Some((false, false)),
        "no route looks at session data"
    );
    assert_eq!(
        asks(|world| world.bot_mut().enabled = false, &[]),
        None,
        "this bot gets no agent"
    );
    let limited = ClosedBecause::Paused(PausedBecause::RateLimited);
    let mut world = World::with_look_ups();
    world.close_bot(limited);
    world.request();
    assert_eq!(
        world.tasks(),
        ["open"],
        "the platform would not be asked in time"
    );
}

#[test]
fn a_request_that_no_desk_could_take_is_declined_without_asking() {
    let mut world = World::with_look_ups();
    world.bot_mut().look_ups.session = false;
    world.desk_mut("team").enabled = false;
    let (_, answer) = world.request();
    assert_eq!((answer, world.tasks()), (Answer::Declined, vec![]));
    assert_eq!(world.told(Cause::Declined), Some("desk_disabled"));
}

#[test]
fn a_look_up_that_fails_is_neither_tried_again_nor_waited_for() {
    for class in [
        ErrorClass::NotSent,
        ErrorClass::Busy,
        ErrorClass::Gone,
        ErrorClass::Unauthorized,
    ] {
        let mut world = World::with_look_ups();
        world.request();
        world.look_from_here();
        world.delayed("look_up", class);
        assert_eq!((world.withdrawn(), world.tasks()), (1, vec!["open"]));
        assert_eq!(
            world.leg().desk,
            desk("team"),
            "its session data is not known"
        );
        assert_eq!(world.told(Cause::LookedUp), Some(class.label()));
        assert_eq!(world.warned(WarningKind::DeadLetter), 0);
    }
    let mut world = World::with_look_ups();
    world.request();
    world.comes_to("look_up", StepResult::Skipped);
    assert_eq!(world.leg().desk, desk("team"));
}

#[test]
fn a_slow_look_up_is_not_waited_for_and_its_late_answer_changes_nothing() {
    let mut world = World::with_look_ups();
    world.request();
    world.look_from_here();
    world.wait_until_woken();
    assert_eq!(world.tasks(), ["open"]);
    assert_eq!(world.cancelled().len(), 1);
    assert_eq!(world.told(Cause::LookedUp), Some("slow"));
    assert_eq!(
        world.wakes_in(),
        Duration::from_secs(1),
        "decide_within is not longer for it"
    );
    let before = world.state().clone();
    world.finds(&["Hi"], json!({"tier": "gold"}));
    assert_eq!(world.state(), &before);
    world.wait_until_woken();
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn what_is_said_meanwhile_stands_behind_what_is_found() {
    let mut world = World::with_look_ups();
    world.request();
    world.bot_says("One moment");
    world.user_says("thanks");
    assert_eq!(world.tasks(), ["look_up"], "no desk is there to hear it");
    world.finds(&["Hi", "How can I help?"], json!({}));
    assert_eq!(
        world.in_order(),
        [
            (999, "Hi".to_owned()),
            (1000, "How can I help?".to_owned()),
            (1001, "One moment".to_owned()),
            (1002, "thanks".to_owned()),
        ]
    );
    assert!(matches!(
        world.deliveries().last().unwrap().task,
        Task::Open { upto: 1002 }
    ));
    world.user_says("hello?");
    assert_eq!(world.tasks(), ["look_up", "open", "message"]);
}

#[test]
fn a_past_that_was_not_asked_for_is_not_taken() {
    let mut world = World::with_look_ups();
    let item = world.item(Actor::User, "help");
    world.request_with(vec![item]);
    world.finds(&["Hi"], json!({"tier": "gold"}));
    assert_eq!(world.in_order(), [(1, "help".to_owned())]);
    assert_eq!(world.leg().desk, desk("second"));
}

#[test]
fn of_a_long_past_the_newest_is_taken() {
    let texts: Vec<String> = (0..1003).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for said_meanwhile in [false, true] {
        let mut world = World::with_look_ups();
        world.request();
        if said_meanwhile {
            world.user_says("anyone?");
        }
        world.finds(&texts, json!({}));
        let all = world.in_order();
        assert_eq!(all.len(), 1000 + usize::from(said_meanwhile));
        assert_eq!(all.first(), Some(&(1, "3".to_owned())));
    }
}

#[test]
fn a_second_request_waits_with_the_first() {
    let mut world = World::with_look_ups();
    let (first, _) = world.request();
    let item = world.item(Actor::User, "help");
    assert_eq!(world.request_with(vec![item]), (first, Answer::Pending));
    assert_eq!(world.tasks(), ["look_up"]);
    world.finds(&[], json!({"tier": "gold"}));
    assert!(matches!(
        world.deliveries().last().unwrap().task,
        Task::Open { upto: 1001 }
    ));
}

#[test]
fn a_bot_that_was_told_that_it_keeps_the_user_ends_the_look_up() {
    let mut world = World::with_look_ups();
    let (handover, _) = world.request();
    world.look_from_here();
    world.apply(&Event::ToldDeclined {
        handover: Some(handover),
    });
    assert_eq!(
        (world.phase(), world.outcomes_of_repeat()),
        (None, Answer::Declined)
    );
    assert_eq!(world.cancelled().len(), 1, "it does not go out any more");
    assert!(
        !world
            .effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Leg(_)))
    );
    world.finds(&["Hi"], json!({"tier": "gold"}));
    assert_eq!((world.phase(), world.transcript().len()), (None, 0));
}

#[test]
fn a_bot_that_is_gone_ends_the_look_up() {
    let mut world = World::with_look_ups();
    world.request();
    world.apply(&Event::BotRemoved);
    assert_eq!(world.phase(), None);
}

#[test]
fn a_desk_that_was_not_asked_yet_is_not_heard() {
    let mut world = World::with_look_ups();
    world.request();
    let handover = world.handover().id;
    for desk in world.policy.desks.clone().into_keys() {
        let said = Event::FromDesk {
            handover,
            desk: desk.clone(),
            event: DeskEvent::Joined(Agent::default()),
        };
        assert_eq!(world.apply(&said), Outcome::Closed);
        world.apply(&Event::DeskRemoved { desk });
    }
    assert_eq!(world.warned(WarningKind::DeskRemoved), 0);
    assert_eq!(world.tasks(), ["look_up"]);
}

#[test]
fn after_a_restart_that_took_too_long_it_is_decided_as_in_doubt() {
    for (when_unsure, phase) in [
        (WhenUnsure::Decline, None),
        (WhenUnsure::Accept, Some(Phase::Requested)),
    ] {
        let mut world = World::with_look_ups();
        world.policy.limits.when_unsure = when_unsure;
        world.request();
        world.wait(Duration::from_secs(30));
        world.apply(&Event::TimerFired);
        assert_eq!(world.phase(), phase);
    }
    let mut world = World::with_look_ups();
    world.desk_mut("team").takes_at_once = true;
    world.request();
    world.wait(Duration::from_secs(30));
    world.apply(&Event::TimerFired);
    assert_eq!(
        world.handover().answer,
        Answer::Accepted,
        "the console need not be called"
    );
}

#[test]
fn a_state_of_before_look_ups_is_read_as_one_without() {
    let mut world = World::new();
    world.request();
    let mut state = serde_json::to_value(world.state()).unwrap();
    assert!(
        state["handover"]
            .as_object_mut()
            .unwrap()
            .remove("look_up")
            .is_none()
    );
    let read: crate::domain::conversation::Conversation = serde_json::from_value(state).unwrap();
    assert_eq!(&read, world.state());
}
