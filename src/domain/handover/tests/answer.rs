//! What the bot is told when it asks for an agent.

use super::*;

#[test]
fn a_request_is_offered_to_the_desk_and_accepted_once_it_is_taken() {
    let mut world = World::new();
    let (_, answer) = world.request();
    assert_eq!(answer, Answer::Pending);
    assert_eq!(world.tasks(), ["open"]);
    assert_eq!(world.wakes_in(), Duration::from_secs(2));
    world.opened();
    let handover = world.handover();
    assert_eq!(
        (handover.phase, handover.answer),
        (Phase::Waiting, Answer::Accepted)
    );
    assert_eq!(world.outcomes_of_repeat(), Answer::Accepted);
}

#[test]
fn without_an_answer_from_the_desk_the_request_is_declined_in_time() {
    let mut world = World::with_texts();
    world.request();
    world.user_says("anyone?");
    world.wait_until_woken();
    assert_eq!(world.phase(), None);
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
    assert_eq!(
        world.tasks(),
        ["open", "message"],
        "the desk never heard of it and is told nothing"
    );
    assert_eq!(world.notices(), [""; 0], "the bot speaks for itself");
}

#[test]
fn the_console_takes_a_request_at_once() {
    let mut world = World::with_texts();
    world.policy.desks.clear();
    world.add_desk("console", true);
    let (_, answer) = world.request();
    assert_eq!(
        (answer, world.phase()),
        (Answer::Accepted, Some(Phase::Waiting))
    );
    assert_eq!(
        world.tasks(),
        ["say"],
        "the desk is this process and is not called"
    );
}

#[test]
fn a_refusal_declines_where_there_is_no_other_desk() {
    let mut world = World::new();
    world.request();
    world.comes_to("open", refused());
    assert_eq!(
        (world.phase(), world.outcomes_of_repeat()),
        (None, Answer::Declined)
    );
}

#[test]
fn what_stands_behind_a_declined_offer_is_not_sent() {
    let mut world = World::new();
    world.request();
    let leg = world.leg().id;
    world.user_says("hello");
    world.comes_to("open", refused());
    assert!(
        world
            .cancelled()
            .contains(&(Lane::Leg(leg), Cancelled::All))
    );
    assert_eq!(world.tasks(), ["open", "message"]);
}

#[test]
fn a_desk_that_speaks_has_taken_the_handover_though_its_answer_never_came() {
    let mut world = World::new();
    world.request();
    world.agent_says("hi");
    let handover = world.handover();
    assert_eq!(
        (handover.phase, handover.answer),
        (Phase::Attended, Answer::Accepted)
    );
    world.comes_to(
        "open",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    assert_eq!(
        world.phase(),
        Some(Phase::Attended),
        "the desk has it, whatever became of the call"
    );
}

#[test]
fn the_answer_is_decided_once() {
    let mut world = World::new();
    world.request();
    world.opened();
    let answered = world.handover().answered_at;
    world.wait(Duration::from_secs(30));
    world.opened();
    world.apply(&Event::TimerFired);
    assert_eq!(
        (world.handover().answer, world.handover().answered_at),
        (Answer::Accepted, answered)
    );
}

#[test]
fn an_open_call_that_succeeds_after_the_decline_is_closed_once() {
    let mut world = World::new();
    world.request();
    world.wait_until_woken();
    world.comes_to("open", done());
    assert_eq!(world.tasks(), ["open", "close"]);
    world.comes_to("open", done());
    assert_eq!(world.tasks(), ["open", "close"]);
}

#[test]
fn an_open_call_that_fails_after_the_decline_is_not_tried_again() {
    let mut world = World::new();
    world.request();
    world.wait_until_woken();
    world.delayed("open", ErrorClass::Busy);
    assert_eq!((world.withdrawn(), world.tasks()), (1, vec!["open"]));
}

#[test]
fn an_open_call_that_may_have_succeeded_is_closed_after_the_decline() {
    let mut after = World::new();
    after.request();
    after.wait_until_woken();
    after.delayed("open", ErrorClass::Ambiguous);
    assert_eq!(
        (after.withdrawn(), after.tasks()),
        (1, vec!["open", "close"])
    );

    let mut before = World::new();
    before.request();
    before.delayed("open", ErrorClass::Ambiguous);
    before.wait_until_woken();
    assert_eq!(before.tasks(), ["open", "close"]);
}

#[test]
fn in_doubt_the_bridge_accepts_where_it_was_told_to() {
    let mut world = World::with_texts();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.wait_until_woken();
    let handover = world.handover();
    assert_eq!(
        (handover.phase, handover.answer),
        (Phase::Requested, Answer::Accepted)
    );
    assert_eq!(world.wakes_in(), Duration::from_mins(1));
    world.wait_until_woken();
    assert_eq!(
        world.phase(),
        Some(Phase::Closing),
        "the bot was promised an agent and has to be resumed"
    );
    assert_eq!(world.notices(), ["handingover", "nobody"]);
    assert!(world.tasks().ends_with(&["resume"]));
}

#[test]
fn a_request_taken_in_doubt_may_still_be_taken_by_the_desk() {
    let mut world = World::new();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    world.request();
    world.wait_until_woken();
    world.opened();
    assert_eq!(world.phase(), Some(Phase::Waiting));
}

#[test]
fn a_request_is_declined_at_once_where_no_desk_can_be_asked() {
    let closed = |change: fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        let (_, answer) = world.request();
        assert_eq!((answer, world.phase()), (Answer::Declined, None));
        assert_eq!(world.tasks(), [""; 0]);
        world
    };
    closed(|world| world.bot_mut().enabled = false);
    closed(|world| world.desk_mut("team").enabled = false);
    closed(|world| {
        world
            .conditions
            .closed
            .insert(Destination::Desk(desk("team")), ClosedBecause::BreakerOpen);
    });
    let world = closed(|world| world.add_desk("second", false));
    assert_eq!(world.warned(WarningKind::NoRoute), 1);
    let world = closed(|world| world.policy.desks.clear());
    assert_eq!(world.warned(WarningKind::NoRoute), 1);
}

#[test]
fn a_second_request_attaches_to_the_open_handover() {
    let mut world = World::new();
    let (first, _) = world.request();
    assert_eq!(world.request(), (first, Answer::Pending));
    world.opened();
    assert_eq!(world.request(), (first, Answer::Accepted));
    assert_eq!(world.tasks(), ["open"], "no second leg");
}

#[test]
fn what_only_the_second_requests_transcript_holds_reaches_the_desk() {
    let mut world = World::new();
    world.request();
    let item = |actor, text: &str, seen| TranscriptItem {
        actor,
        said: PlatformMessage {
            at: Some(world.now),
            content: Content::text(text),
            raw: None,
            feed: Feed::Only,
        },
        keys: Vec::new(),
        seen,
    };
    let transcript = vec![
        item(Actor::User, "seen", Some(Seen::Apart)),
        item(Actor::User, "new", None),
        item(Actor::Bot, "wait", None),
    ];
    world.apply(&Event::HandoverRequested(Request {
        payload: None,
        transcript,
    }));
    assert_eq!(
        world.transcript(),
        [
            (Actor::User, "new".to_owned()),
            (Actor::Bot, "wait".to_owned())
        ]
    );
    assert_eq!(world.tasks(), ["open", "message"]);
}

#[test]
fn what_only_the_second_requests_transcript_holds_counts_as_said() {
    let mut world = World::attended();
    world.wait(Duration::from_mins(29));
    let missed = world.item(Actor::User, "hello?");
    world.request_with(vec![missed]);
    assert_eq!(world.handover().last_said_at, world.now, "nobody is idle");
    assert_eq!(world.handover().unanswered_since, Some(world.now));
}

#[test]
fn a_repeat_is_answered_as_stored_while_the_handover_is_open_and_declined_after_it() {
    let mut world = World::new();
    world.request();
    assert_eq!(world.outcomes_of_repeat(), Answer::Pending);
    world.opened();
    assert_eq!(world.outcomes_of_repeat(), Answer::Accepted);
    world.agent_says("hi");
    assert_eq!(world.outcomes_of_repeat(), Answer::Accepted);
    world.desk_closes();
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
    world.resumed();
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn an_automatic_message_takes_the_handover_but_is_no_sign_of_an_agent() {
    let mut world = World::new();
    world.request();
    world.desk_tells(DeskEvent::Said(AgentSaid {
        content: Content::text("an agent will be with you"),
        agent: None,
        automatic: true,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    }));
    assert_eq!(
        (world.phase(), world.handover().answer),
        (Some(Phase::Waiting), Answer::Accepted)
    );
    assert_eq!(world.tasks(), ["open", "say"], "it is forwarded");
}

#[test]
fn that_a_request_is_accepted_is_one_line_whoever_takes_it() {
    let mut desk = World::new();
    desk.request();
    desk.opened();
    let mut console = World::with_texts();
    console.policy.desks.clear();
    console.add_desk("console", true);
    console.request();
    let mut fallback = World::with_fallback("second", true);
    fallback.request();
    fallback.comes_to("open", refused());
    for world in [desk, console, fallback] {
        assert_eq!(world.handover().answer, Answer::Accepted);
        let accepted = world.journal().into_iter();
        let accepted = accepted.filter(|(_, _, cause)| *cause == Cause::Accepted);
        assert_eq!(accepted.count(), 1, "{:?}", world.journal());
    }
}

#[test]
fn every_transition_is_journalled_with_its_cause() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("hi");
    world.desk_tells(DeskEvent::Transferred {
        to: Some("billing".to_owned()),
    });
    world.agent_says("billing here");
    world.desk_closes();
    world.resumed();
    let moves: Vec<_> = world
        .journal()
        .into_iter()
        .filter(|(from, to, _)| from != to)
        .collect();
    let (requested, waiting, attended, closing) = (
        Some(Phase::Requested),
        Some(Phase::Waiting),
        Some(Phase::Attended),
        Some(Phase::Closing),
    );
    let expected = [
        (None, requested, Cause::Requested),
        (requested, waiting, Cause::Accepted),
        (waiting, attended, Cause::Joined),
        (attended, waiting, Cause::Transferred),
        (waiting, attended, Cause::Joined),
        (attended, closing, Cause::Closed),
        (closing, None, Cause::Resumed),
    ];
    assert_eq!(moves, expected);
    let rows = world
        .effects()
        .iter()
        .filter(|effect| matches!(effect, Effect::Handover(_)))
        .count();
    assert_eq!(rows, expected.len(), "and each is in the handover's row");
}

#[test]
fn what_the_bot_was_told_for_want_of_time_is_what_counts() {
    let mut world = World::new();
    let (handover, _) = world.request();
    world.apply(&Event::ToldDeclined {
        handover: Some(handover),
    });
    assert_eq!(
        (world.phase(), world.outcomes_of_repeat()),
        (None, Answer::Declined)
    );
}

#[test]
fn a_bot_that_may_be_paused_is_resumed_though_it_was_told_that_it_keeps_the_user() {
    let mut world = World::new();
    let (handover, _) = world.request();
    world.opened();
    world.apply(&Event::ToldDeclined {
        handover: Some(handover),
    });
    assert_eq!(world.phase(), Some(Phase::Closing));
    assert_eq!(
        world.tasks(),
        ["open", "close", "resume"],
        "the desk hears that its part is over"
    );
}

#[test]
fn an_agent_who_speaks_already_is_not_cut_off_by_a_late_answer() {
    let mut world = World::new();
    let (handover, _) = world.request();
    world.opened();
    world.agent_says("hello");
    world.apply(&Event::ToldDeclined {
        handover: Some(handover),
    });
    assert_eq!(world.handover().phase, Phase::Attended);
}
