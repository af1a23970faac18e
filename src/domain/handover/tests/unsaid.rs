//! What an agent said and the user never hears: the desk is told, and no other one reads it as said.

use super::*;
use crate::domain::delivery::{NewDelivery, Speaker, TaskKind};

fn failed(world: &World) -> Vec<(MessageId, String)> {
    let deliveries = world.deliveries().into_iter();
    let failed = deliveries.filter_map(|delivery| match &delivery.task {
        Task::Failed { message, reason } => Some((*message, reason.clone())),
        _ => None,
    });
    failed.collect()
}

/// What desks that are asked later are not to read.
fn left_out(world: &World) -> Vec<MessageId> {
    let effects = world.effects().iter();
    let left_out = effects.filter_map(|effect| match effect {
        Effect::Unsaid { message } => Some(*message),
        _ => None,
    });
    left_out.collect()
}

/// Said by the agent of the desk that has the user.
fn whole(world: &World, message: MessageId) -> Unsaid {
    let leg = world.leg();
    Unsaid {
        message,
        whole: true,
        speaker: Some(Speaker {
            leg: leg.id,
            desk: leg.desk.clone(),
        }),
    }
}

fn rest_of(world: &World, message: MessageId) -> Unsaid {
    Unsaid {
        whole: false,
        ..whole(world, message)
    }
}

/// A message that the user is told in parts, which an agent has said, and its parts.
fn in_parts() -> (World, MessageId, Vec<NewDelivery>) {
    let mut world = World::attended();
    let able = &mut world.bot_mut().capabilities;
    (able.one_call, able.text_limit) = (false, 10);
    let said = message(&world.agent_says("one two three four five six seven"));
    let owed = world.deliveries().into_iter();
    let parts = owed.filter(|delivery| delivery.task.message() == Some(said));
    let parts: Vec<_> = parts.cloned().collect();
    assert!(parts.len() > 2, "{parts:?}");
    world.look_from_here();
    (world, said, parts)
}

fn rejected() -> StepResult {
    StepResult::Dead {
        class: ErrorClass::Rejected,
    }
}

#[test]
fn a_session_that_is_gone_fails_every_message_that_was_not_said() {
    let mut world = World::attended();
    let first = message(&world.agent_says("are you there?"));
    let [second, third] = ["hello?", "bye"].map(|text| message(&world.agent_says(text)));
    // The third goes in two parts.
    world.unsaid = vec![
        whole(&world, second),
        whole(&world, third),
        rest_of(&world, third),
    ];
    let say = world
        .deliveries()
        .into_iter()
        .find(|delivery| delivery.task.message() == Some(first))
        .cloned()
        .unwrap();
    world.look_from_here();
    world.settle(&say, StepResult::Gone);
    let gone = |message| (message, "gone".to_owned());
    assert_eq!(failed(&world), [gone(first), gone(second), gone(third)]);
    assert_eq!(left_out(&world), [first, second, third]);
    assert!(
        world.tasks().ends_with(&["close", "resume"]),
        "and then it is over"
    );
}

/// The user has asked something five minutes ago.
fn asked() -> World {
    let mut world = World::attended();
    world.user_says("are you there?");
    world.comes_to("message", done());
    world.pass(Duration::from_mins(5));
    world.look_from_here();
    world
}

fn automatic(text: &str) -> DeskEvent {
    DeskEvent::Said(AgentSaid {
        content: Content::text(text),
        agent: None,
        automatic: true,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    })
}

fn settle_all(world: &mut World, said: &[MessageId], result: &StepResult) {
    for delivery in said
        .iter()
        .map(|message| world.delivery_of(*message))
        .collect::<Vec<_>>()
    {
        world.settle(&delivery, result.clone());
    }
}

#[test]
fn a_user_of_whose_answer_nothing_arrives_waits_as_before() {
    let mut world = asked();
    let said = ["look at this", "and at this"].map(|text| message(&world.agent_says(text)));
    settle_all(&mut world, &said[..1], &rejected());
    assert_eq!(
        world.handover().unanswered_since,
        None,
        "the other may arrive"
    );
    settle_all(&mut world, &said[1..], &rejected());
    world.pass(Duration::from_mins(5) - Duration::from_millis(1));
    assert_eq!(world.notices().len(), 0);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.notices(), ["away"]);
    let answer = message(&world.agent_says("here I am"));
    settle_all(&mut world, &[answer], &done());
    world.pass(Duration::from_mins(30));
    assert_eq!(world.notices(), ["away"]);
}

#[test]
fn so_does_one_whose_answer_cannot_be_shown_at_all() {
    let mut world = asked();
    world.agent_says(" ");
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["away"]);
}

#[test]
fn nobody_is_waited_for_once_a_word_has_arrived_or_where_nobody_has_asked() {
    let mut world = asked();
    let said = ["here it is", "and a picture"].map(|text| message(&world.agent_says(text)));
    settle_all(&mut world, &said[..1], &done());
    settle_all(&mut world, &said[1..], &rejected());
    assert_eq!(world.handover().unanswered_since, None);

    let mut world = World::attended();
    let unasked = message(&world.agent_says("hello"));
    settle_all(&mut world, &[unasked], &rejected());
    assert_eq!(world.handover().unanswered_since, None);

    let mut world = asked();
    let answer = message(&world.agent_says("here it is"));
    let automatic = message(&world.desk_tells(automatic("rate me")));
    settle_all(&mut world, &[answer], &done());
    settle_all(&mut world, &[automatic], &rejected());
    assert_eq!(world.handover().unanswered_since, None);
}

#[test]
fn what_cannot_be_shown_takes_nothing_back_of_an_answer_that_still_arrives() {
    let mut world = asked();
    let answer = message(&world.agent_says("here it is"));
    world.agent_says(" ");
    assert_eq!(world.handover().unanswered_since, None);
    let mut lost = world.clone();
    settle_all(&mut world, &[answer], &done());
    world.pass(Duration::from_mins(30));
    assert_eq!(world.notices().len(), 0);

    settle_all(&mut lost, &[answer], &rejected());
    lost.pass(Duration::from_mins(5));
    assert_eq!(lost.notices(), ["away"]);
}

#[test]
fn what_is_no_word_of_an_answer_does_not_stand_for_it() {
    let mut world = asked();
    let automatic = message(&world.desk_tells(automatic("you are speaking with Ann")));
    let answer = message(&world.agent_says("here it is"));
    settle_all(&mut world, &[automatic], &done());
    settle_all(&mut world, &[answer], &rejected());
    world.pass(Duration::from_mins(5));
    assert_eq!(world.notices(), ["away"]);

    let mut world = World::attended();
    let unasked = message(&world.agent_says("hello"));
    world.user_says("are you there?");
    let asked = world.handover().unanswered_since;
    assert!(asked.is_some());
    let answer = message(&world.agent_says("yes"));
    settle_all(&mut world, &[unasked], &done());
    settle_all(&mut world, &[answer], &rejected());
    assert_eq!(world.handover().unanswered_since, asked);
}

#[test]
fn an_answer_to_what_was_asked_before_is_none_to_what_was_asked_since() {
    let mut world = asked();
    let first = message(&world.agent_says("yes"));
    world.pass(Duration::from_mins(1));
    world.user_says("and my parcel?");
    let asked = world.handover().unanswered_since;
    let second = message(&world.agent_says("on its way"));
    settle_all(&mut world, &[first], &done());
    let mut heard = world.clone();
    settle_all(&mut world, &[second], &rejected());
    assert_eq!(world.handover().unanswered_since, asked);

    settle_all(&mut heard, &[second], &done());
    assert_eq!(heard.handover().unanswered_since, None);
    assert_eq!(heard.handover().answering, None);
}

#[test]
fn an_answer_that_an_operator_has_tried_again_is_one_when_it_arrives() {
    let mut world = asked();
    let answer = message(&world.agent_says("here it is"));
    settle_all(&mut world, &[answer], &rejected());
    assert!(world.handover().unanswered_since.is_some());
    settle_all(&mut world, &[answer], &done());
    world.pass(Duration::from_mins(30));
    assert_eq!(world.notices().len(), 0);
}

#[test]
fn a_resume_that_went_ahead_of_messages_fails_them() {
    let mut world = World::attended();
    let said = message(&world.agent_says("one moment"));
    world.desk_closes();
    world.unsaid = vec![whole(&world, said)];
    world.look_from_here();
    world.resumed();
    assert_eq!(failed(&world), [(said, "overtaken".to_owned())]);
    assert_eq!(left_out(&world), [said]);
    assert_eq!(world.phase(), None);
}

#[test]
fn what_waits_is_still_said_if_no_resume_has_reached_the_bot() {
    for result in [StepResult::Skipped, rejected()] {
        let mut world = World::attended();
        let said = message(&world.agent_says("one moment"));
        world.desk_closes();
        world.unsaid = vec![whole(&world, said)];
        world.look_from_here();
        world.comes_to("resume", result);
        assert_eq!(world.phase(), None);
        assert!(world.cancelled().is_empty() && failed(&world).is_empty());
        assert_eq!(left_out(&world), [], "it will be said");
    }
}

#[test]
fn one_resume_step_that_has_reached_the_bot_is_enough() {
    let mut world = World::attended();
    world.bot_mut().resume_steps = 2;
    let said = message(&world.agent_says("one moment"));
    world.desk_closes();
    world.unsaid = vec![whole(&world, said)];
    let steps: Vec<_> = world
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.task.kind() == TaskKind::Resume)
        .cloned()
        .collect();
    world.settle(&steps[0], done());
    world.settle(&steps[1], StepResult::Skipped);
    assert_eq!(failed(&world), [(said, "overtaken".to_owned())]);
}

#[test]
fn a_desk_is_told_of_its_message_that_failed_when_the_handover_was_over() {
    for result in [StepResult::Skipped, StepResult::Gone, rejected()] {
        let mut world = World::with_texts();
        world.bot_mut().resume_steps = 0;
        world.request();
        world.opened();
        let code = message(&world.agent_says("here is your refund code"));
        let say = world.delivery_of(code);
        world.desk_closes();
        assert_eq!(world.phase(), None);
        world.look_from_here();
        world.settle(&say, result);
        let told: Vec<_> = failed(&world).into_iter().map(|(about, _)| about).collect();
        assert_eq!(told, [code]);
    }
}

#[test]
fn the_desk_whose_agent_said_it_is_told_that_it_failed() {
    for result in [rejected(), StepResult::Gone] {
        let mut world = World::with_fallback("second", false);
        world.request();
        world.opened();
        let [said, then] =
            ["one moment", "I will pass you on"].map(|text| message(&world.agent_says(text)));
        let (say, first) = (world.delivery_of(said), world.leg().id);
        let waits = whole(&world, then);
        world.apply(&Event::DeskRemoved { desk: desk("team") });
        assert_eq!(world.state().desk(), Some(&desk("second")));
        world.unsaid = vec![waits];
        world.look_from_here();
        world.settle(&say, result.clone());
        let told: Vec<_> = world
            .deliveries()
            .into_iter()
            .filter(|delivery| delivery.task.kind() == TaskKind::Failed)
            .map(|delivery| (delivery.lane, delivery.task.message()))
            .collect();
        let first = Lane::Leg(first);
        let lost = match result {
            StepResult::Gone => vec![(first, Some(said)), (first, Some(then))],
            _ => vec![(first, Some(said))],
        };
        assert_eq!(told, lost);
    }
}

#[test]
fn a_text_of_which_the_user_has_read_a_part_stays_in_what_later_desks_read() {
    let (mut world, said, parts) = in_parts();
    let mut begun = world.clone();
    world.settle(&parts[0], rejected());
    assert_eq!(left_out(&world), [said]);

    begun.settle(&parts[0], done());
    begun.settle(&parts[1], rejected());
    assert_eq!(failed(&begun).len(), 1);
    assert_eq!(left_out(&begun), []);

    begun.look_from_here();
    begun.unsaid = vec![rest_of(&begun, said)];
    begun.desk_closes();
    begun.resumed();
    assert_eq!(failed(&begun), [(said, "overtaken".to_owned())]);
    assert_eq!(left_out(&begun), []);
}

#[test]
fn what_cannot_be_shown_to_the_user_is_not_read_by_later_desks_either() {
    let mut world = World::attended();
    world.look_from_here();
    let said = message(&world.agent_says(" "));
    assert_eq!(failed(&world).len(), 1);
    assert_eq!(left_out(&world), [said]);
}

#[test]
fn what_a_session_that_is_gone_did_not_take_is_not_said_to_its_end() {
    let (mut closing, said, parts) = in_parts();
    closing.desk_closes();
    let mut over = closing.clone();
    over.resumed();
    for world in [&mut closing, &mut over] {
        world.look_from_here();
        world.settle(&parts[0], StepResult::Gone);
        assert_eq!(
            world.cancelled(),
            [(parts[0].lane, Cancelled::PartsOf(said))]
        );
        assert_eq!(failed(world), [(said, "gone".to_owned())]);
    }

    let (mut attended, _, parts) = in_parts();
    attended.settle(&parts[0], StepResult::Gone);
    let all = (parts[0].lane, Cancelled::All);
    assert_eq!(attended.cancelled()[0], all, "with all that waits");
}
