//! Who said what, and who hears it.

use super::*;

#[test]
fn what_the_user_says_goes_to_the_desk_and_what_the_agent_says_to_the_bot() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.user_says("hello");
    world.agent_says("hi");
    assert_eq!(
        world.handover().phase,
        Phase::Attended,
        "speaking counts as joining"
    );
    assert_eq!(world.tasks(), ["open", "message", "say"]);
}

#[test]
fn the_users_texts_wait_behind_the_offer_and_not_for_an_agent() {
    let mut world = World::new();
    world.request();
    world.user_says("hello");
    let lanes: Vec<_> = world
        .deliveries()
        .iter()
        .map(|delivery| (delivery.lane, delivery.order))
        .collect();
    assert_eq!(lanes[0].0, lanes[1].0);
    assert!(lanes[0].1 < lanes[1].1);
}

#[test]
fn an_echo_is_consumed_once_and_shown_to_nobody() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("one  moment");
    world.bot_says("one moment");
    assert_eq!(
        world.transcript(),
        [(Actor::Agent, "one  moment".to_owned())]
    );
    world.bot_says("one moment");
    assert_eq!(world.transcript().len(), 2, "the second is no echo");
}

#[test]
fn a_notice_that_comes_back_is_an_echo_too() {
    let mut world = World::attended();
    world.look_from_here();
    world.bot_says("joined");
    assert_eq!(world.transcript(), []);
}

#[test]
fn text_content_compares_by_words() {
    assert_eq!(
        Fingerprint::of(&Content::text(" a  b ")),
        Fingerprint::of(&Content::text("a b"))
    );
}

#[test]
fn an_agents_text_that_the_platform_refuses_is_told_to_the_desk() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.agent_says("hi");
    world.comes_to(
        "say",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    let failed = world
        .deliveries()
        .last()
        .map(|delivery| delivery.task.clone());
    assert!(matches!(failed, Some(Task::Failed { reason, .. }) if reason == "rejected"));
    assert_eq!(world.warned(WarningKind::DeadLetter), 1);
}

#[test]
fn a_notice_that_the_platform_refuses_is_told_to_no_desk() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.comes_to(
        "say",
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    assert_eq!(world.tasks(), ["open", "say"]);
}

#[test]
fn a_text_that_the_desk_refuses_leaves_a_line_in_its_place() {
    let mut world = World::new();
    world.request();
    world.opened();
    world.user_says("odd");
    world.user_says("plain");
    let odd = world.deliveries()[1].clone();
    world.settle(
        &odd,
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
    );
    let placeholder = world
        .deliveries()
        .last()
        .map(|delivery| (delivery.urgent, delivery.task.clone()));
    assert_eq!(
        placeholder,
        Some((
            true,
            Task::Placeholder {
                message: odd.task.message().unwrap()
            }
        ))
    );
}

#[test]
fn a_late_text_is_refused_or_kept_but_never_sent() {
    let mut world = World::attended();
    let first = world.handover().id;
    let desk = world.leg().desk.clone();
    world.desk_closes();
    world.resumed();
    world.request();
    let (second, before) = (world.handover().id, world.tasks().len());
    let late = |keep_if_late| Event::FromDesk {
        handover: first,
        desk: desk.clone(),
        event: DeskEvent::Said(AgentSaid {
            content: Content::text("still there?"),
            agent: None,
            automatic: false,
            keep_if_late,
            tell_if_late: true,
            raw: None,
        }),
    };
    assert_eq!(world.apply(&late(false)), Outcome::Closed);
    assert!(world.messages().all(|message| !message.late));
    assert_eq!(world.apply(&late(true)), Outcome::Closed);
    let kept = world
        .messages()
        .last()
        .map(|message| (message.late, message.handover));
    assert_eq!(
        kept,
        Some((true, Some(first))),
        "it belongs to its own handover, not to {second}"
    );
    assert_eq!(world.tasks().len(), before);
}

#[test]
fn what_the_desk_does_after_the_close_is_refused() {
    let mut world = World::attended();
    let (handover, desk) = (world.handover().id, world.leg().desk.clone());
    world.desk_closes();
    let count = world.tasks().len();
    for event in [
        DeskEvent::Typing,
        DeskEvent::Joined(Agent::default()),
        DeskEvent::Transferred { to: None },
        DeskEvent::Closed {
            reason: None,
            by: None,
        },
    ] {
        let outcome = world.apply(&Event::FromDesk {
            handover,
            desk: desk.clone(),
            event,
        });
        assert_eq!(outcome, Outcome::Closed);
    }
    assert_eq!(world.tasks().len(), count);
}

#[test]
fn what_the_bot_says_goes_to_the_desk_but_not_during_the_resume() {
    let mut world = World::attended();
    world.look_from_here();
    world.bot_says("by the way");
    assert_eq!(world.tasks(), ["message"]);
    world.desk_closes();
    world.look_from_here();
    world.bot_says("welcome back");
    assert_eq!(world.tasks(), [""; 0]);
}

#[test]
fn nothing_is_kept_of_a_conversation_that_may_not_be_observed() {
    let mut world = World::new();
    world.policy.observe = false;
    world.user_says("hello");
    world.bot_says("hello");
    assert_eq!(world.effects(), []);
    assert_eq!(world.state().version, 0);
}

#[test]
fn an_unknown_event_is_kept_and_changes_nothing() {
    let mut world = World::new();
    world.apply(&Event::PlatformUnknown {
        raw: "{}".to_owned(),
    });
    assert_eq!(
        world.effects(),
        [Effect::KeepUnknown {
            raw: "{}".to_owned()
        }]
    );
}

#[test]
fn a_bot_message_without_a_time_or_within_five_seconds_proves_nothing() {
    let mut world = World::attended();
    world.wait(Duration::from_secs(5));
    world.bot_says("still on its way");
    world.apply(&Event::BotSaid(PlatformMessage {
        at: None,
        content: Content::text("timeless"),
        raw: None,
        feed: Feed::Only,
    }));
    assert_eq!(world.warned(WarningKind::BotNotPaused), 0);
    world.wait(Duration::from_millis(1));
    world.bot_says("I am not paused");
    assert_eq!(world.warned(WarningKind::BotNotPaused), 1);
}

fn told(world: &mut World, feed: Feed, text: &str) {
    world.apply(&Event::BotSaid(PlatformMessage {
        at: None,
        content: Content::text(text),
        raw: None,
        feed,
    }));
}

#[test]
fn what_the_platform_tells_by_both_its_ways_is_one_message_whichever_came_first() {
    for (first, second) in [(Feed::First, Feed::Second), (Feed::Second, Feed::First)] {
        let mut world = World::new();
        told(&mut world, first, "sorry?");
        told(&mut world, second, "sorry?");
        assert_eq!(world.transcript().len(), 1);
        told(&mut world, first, "sorry?");
        assert_eq!(world.transcript().len(), 2, "the bot says it again");
        told(&mut world, second, "sorry?");
        assert_eq!(world.transcript().len(), 2);
    }
}

#[test]
fn by_one_way_alone_the_bot_may_repeat_itself() {
    for feed in [Feed::Only, Feed::First, Feed::Second] {
        let mut world = World::new();
        told(&mut world, feed, "sorry?");
        told(&mut world, feed, "sorry?");
        assert_eq!(world.transcript().len(), 2, "{feed:?}");
    }
}

#[test]
fn a_text_of_ours_comes_back_by_both_ways() {
    let mut world = World::attended();
    world.look_from_here();
    world.agent_says("one moment");
    told(&mut world, Feed::First, "one moment");
    told(&mut world, Feed::Second, "one moment");
    assert_eq!(
        world.transcript(),
        [(Actor::Agent, "one moment".to_owned())]
    );
}

#[test]
fn a_copy_that_comes_late_is_a_message_of_its_own() {
    let mut world = World::new();
    told(&mut world, Feed::First, "hello");
    world.wait(Duration::from_secs(121));
    told(&mut world, Feed::Second, "hello");
    assert_eq!(world.transcript().len(), 2);
}

#[test]
fn the_transcript_of_a_request_repeats_nothing_that_the_other_way_has_told() {
    let mut world = World::new();
    told(&mut world, Feed::Second, "hello");
    world.wait(Duration::from_secs(121));
    let mut item = world.item(Actor::Bot, "hello");
    item.said.feed = Feed::First;
    world.request_with(vec![item]);
    assert_eq!(world.transcript().len(), 1);
    assert_eq!(
        consumed(&world),
        [true],
        "also in the store, which knows when its time was over"
    );
}

#[test]
fn a_copy_is_taken_for_the_one_that_is_still_expected() {
    let mut world = World::new();
    told(&mut world, Feed::First, "hello");
    world.wait(Duration::from_secs(121));
    told(&mut world, Feed::First, "hello");
    told(&mut world, Feed::Second, "hello");
    assert_eq!(world.transcript().len(), 2);
    assert_eq!(consumed(&world), [false]);
}

/// Of each echo that was consumed, whether it may have been one whose time was over.
fn consumed(world: &World) -> Vec<bool> {
    let consumed = world.effects().iter().filter_map(|effect| match effect {
        Effect::ConsumeEcho { however_old, .. } => Some(*however_old),
        _ => None,
    });
    consumed.collect()
}
