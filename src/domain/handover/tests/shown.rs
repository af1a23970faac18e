//! What users and agents are shown where they cannot be shown everything, and what comes back of it.

use serde_json::json;

use super::*;
use crate::domain::fallback::{Audience, Capabilities};

const TEXTS: Capabilities = Capabilities::text_only(Audience::User, 30);

/// An agent has the user, who can be shown nothing but texts of 30 characters.
fn texting() -> World {
    let mut world = World::new();
    world.bot_mut().capabilities = TEXTS;
    world.request();
    world.opened();
    world.agent_says("hi");
    world.look_from_here();
    world
}

fn content(value: serde_json::Value) -> Content {
    serde_json::from_value(value).unwrap()
}

fn agent_shows(world: &mut World, value: serde_json::Value, automatic: bool) -> Outcome {
    world.desk_tells(DeskEvent::Said(AgentSaid {
        content: content(value),
        agent: None,
        automatic,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    }))
}

fn ask(world: &mut World) {
    let asked = json!({"type": "text", "text": "Sure?", "quick_replies": [
        {"title": "Yes", "payload": {"nextDialogstateId": "d1"}}, {"title": "No", "payload": "opaque-7f"}]});
    agent_shows(world, asked, false);
    world.look_from_here();
}

fn said_last(world: &World) -> Content {
    world.messages().last().unwrap().content.clone()
}

#[test]
fn a_typed_number_or_title_is_the_choice_with_its_payload_untouched() {
    let yes = json!({"type": "postback", "title": "Yes", "payload": {"nextDialogstateId": "d1"}});
    let no = json!({"type": "postback", "title": "No", "payload": "opaque-7f"});
    for (typed, meant) in [("1", &yes), ("2.", &no), ("yes", &yes), (" No ", &no)] {
        let mut world = texting();
        ask(&mut world);
        world.user_says(typed);
        assert_eq!(said_last(&world), content(meant.clone()), "{typed}");
        assert_eq!(world.tasks(), ["message"]);
    }
}

#[test]
fn what_is_no_choice_stays_a_text_and_the_list_is_still_open() {
    let mut world = texting();
    ask(&mut world);
    world.user_says("3");
    assert_eq!(said_last(&world), Content::text("3"));
    world.user_says("what does no mean?");
    assert_eq!(said_last(&world), Content::text("what does no mean?"));
    world.user_says("2");
    assert!(matches!(said_last(&world), Content::Postback { .. }));
}

#[test]
fn a_number_is_the_choice_however_it_is_told() {
    let mut world = texting();
    ask(&mut world);
    let missed = world.item(Actor::User, "2");
    world.request_with(vec![missed]);
    assert!(matches!(said_last(&world), Content::Postback { .. }));
    assert!(world.handover().choices.is_empty());
}

#[test]
fn a_list_is_answered_once() {
    let mut world = texting();
    ask(&mut world);
    world.user_says("2");
    world.user_says("2");
    assert_eq!(said_last(&world), Content::text("2"));
    assert!(world.handover().choices.is_empty());
}

#[test]
fn a_list_is_over_when_the_agent_says_more_but_not_when_an_automaton_does() {
    let mut world = texting();
    ask(&mut world);
    agent_shows(
        &mut world,
        json!({"type": "text", "text": "One moment"}),
        true,
    );
    world.user_says("1");
    assert!(matches!(said_last(&world), Content::Postback { .. }));
    ask(&mut world);
    world.agent_says("never mind");
    world.user_says("1");
    assert_eq!(said_last(&world), Content::text("1"));
}

#[test]
fn after_the_close_a_number_is_what_the_user_typed() {
    let mut world = texting();
    ask(&mut world);
    world.desk_closes();
    world.user_says("1");
    assert_eq!(said_last(&world), Content::text("1"));
}

#[test]
fn where_quick_replies_are_shown_as_such_a_number_is_a_text() {
    let mut world = World::attended();
    ask(&mut world);
    world.user_says("1");
    assert_eq!(said_last(&world), Content::text("1"));
}

#[test]
fn a_long_text_takes_a_delivery_for_each_part_in_order_and_each_may_come_back() {
    let mut world = texting();
    let long = "First we look at it. Then we decide what is to be done. Then we do it.";
    world.agent_says(long);
    let parts: Vec<_> = world
        .deliveries()
        .iter()
        .map(|delivery| (delivery.task.part().unwrap().index, delivery.task.message()))
        .collect();
    let message = world.messages().last().unwrap().id;
    assert_eq!(
        parts,
        [0, 1, 2].map(|index| (index, Some(message))),
        "one message, three calls"
    );
    assert_eq!(said_last(&world), Content::text(long));
    world.look_from_here();
    for part in [
        "First we look at it.",
        "Then we decide what is to be",
        "done. Then we do it.",
    ] {
        world.bot_says(part);
    }
    assert_eq!(world.transcript(), [], "all of it was an echo");
}

#[test]
fn what_goes_out_in_one_call_is_one_delivery_and_each_part_may_come_back() {
    let mut world = texting();
    world.bot_mut().capabilities = Capabilities {
        one_call: true,
        ..TEXTS
    };
    world.agent_says("First we look at it. Then we decide.");
    let [delivery] = &world.deliveries()[..] else {
        panic!("one delivery")
    };
    assert_eq!(delivery.task.part(), None);
    let expected: Vec<_> = world
        .effects()
        .iter()
        .filter(|effect| matches!(effect, Effect::ExpectEcho { .. }))
        .collect();
    assert_eq!(expected.len(), 2);
}

#[test]
fn what_is_shown_in_other_words_comes_back_in_those_words() {
    let mut world = texting();
    ask(&mut world);
    world.bot_says("Sure?\n1. Yes\n2. No");
    assert_eq!(world.transcript(), []);
}

#[test]
fn a_message_of_which_a_part_is_given_up_ends_there_and_is_told_once() {
    for result in [
        StepResult::Dead {
            class: ErrorClass::Rejected,
        },
        StepResult::Skipped,
    ] {
        let mut world = texting();
        world.agent_says("First we look at it. Then we decide what is to be done.");
        let first = world.deliveries()[0].clone();
        let message = first.task.message().unwrap();
        world.look_from_here();
        world.settle(&first, result);
        assert_eq!(
            world.cancelled(),
            [(first.lane, Cancelled::PartsOf(message))]
        );
        assert_eq!(world.tasks(), ["failed"]);
    }
}

#[test]
fn what_cannot_be_said_at_all_is_told_to_the_desk_and_not_sent() {
    for (value, why) in [
        (json!({"type": "intro"}), "kind_not_shown"),
        (json!({"type": "text", "text": " "}), "nothing_to_show"),
        (
            json!({"type": "media", "kind": "file", "url": "file:///etc/passwd"}),
            "link_not_allowed",
        ),
        (
            json!({"type": "text", "text": "word ".repeat(2000)}),
            "too_long",
        ),
    ] {
        let mut world = texting();
        let outcome = agent_shows(&mut world, value.clone(), false);
        let Outcome::Taken { id } = outcome else {
            panic!("{outcome:?}")
        };
        let [delivery] = &world.deliveries()[..] else {
            panic!("{value}")
        };
        let told = Task::Failed {
            message: MessageId::from_uuid(id),
            reason: why.to_owned(),
        };
        assert_eq!(delivery.task, told);
    }
}

#[test]
fn a_desk_that_takes_texts_gets_a_long_one_in_parts_and_a_line_for_what_is_no_text() {
    let mut world = World::attended();
    world.desk_mut("team").capabilities = Capabilities::text_only(Audience::Agent, 50);
    world.look_from_here();
    world.user_says("It broke on Monday, when it rained all day. Nobody was in.");
    let parts: Vec<_> = world
        .deliveries()
        .iter()
        .map(|delivery| delivery.task.part().map(|part| part.index))
        .collect();
    assert_eq!(parts, [Some(0), Some(1)]);
    world.look_from_here();
    world.user_says(" ");
    assert_eq!(world.tasks(), ["placeholder"]);
    world.look_from_here();
    let sticker = PlatformMessage {
        at: None,
        content: content(json!({"type": "unknown", "raw": {"messageType": "sticker"}})),
        raw: None,
        feed: Feed::Only,
    };
    world.apply(&Event::UserSaid(sticker));
    assert_eq!(world.tasks(), ["message"]);
}
