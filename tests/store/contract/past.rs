//! What the platform tells with its request stands where the platform has it.

use std::time::Duration;

use handover_bridge::{
    domain::{
        dedupe::DedupeKey,
        event::{Event, Feed, Incoming, PlatformMessage, TranscriptItem},
        handover::Outcome,
        ids::HandoverId,
        message::{Actor, Content},
        operator::Action,
        reason::ClosedAs,
    },
    store::Retention,
};

use crate::world::{
    Harness, World, bot, console_policy, ines, item, keep, key, request, said, says_once, step,
    text_of,
};

const DAY: Duration = Duration::from_hours(24);
const MOMENT: Duration = Duration::from_millis(1);

pub async fn what_was_missed_stands_before_what_came_after_it(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    observed(&world, ["two", "four"]).await;
    let id = world.conversation("ann").await;
    world.store.mark_read(id, &ines(), 2).await.unwrap();
    asks(&world, ["one", "two", "three", "four", "five"]).await;
    let everything = ["one", "two", "three", "four", "five"];
    assert_eq!(transcript(&world).await, everything);
    let row = world.store.inbox_row(id, &ines()).await.unwrap().unwrap();
    assert_eq!(row.unread, 1, "what is above what was read is read");
    let last = row.last.map(|message| text_of(&message.content));
    assert_eq!(last.as_deref(), Some("five"));
}

pub async fn what_has_been_removed_stands_in_front_again(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    observed(&world, ["one", "two"]).await;
    world.wait(DAY + MOMENT);
    observed(&world, ["three"]).await;
    let observed = Retention {
        observed: DAY,
        ..keep()
    };
    assert_eq!(world.store.purge(observed, 99).await.unwrap(), 2);
    asks(&world, ["one", "two", "three"]).await;
    assert_eq!(transcript(&world).await, ["one", "two", "three"]);
}

pub async fn what_an_agent_said_keeps_its_place(harness: impl Harness + 'static) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = asks(&world, ["two"]).await;
    agent_says(&world, handover).await;
    world.apply(says_once("ann", "three", "three")).await;
    solved(&world, handover).await;
    asks(&world, ["one", "two", "three", "four"]).await;
    let told = ["one", "two", "agent", "three", "four"];
    assert_eq!(transcript(&world).await, told);
    world.reopen().await;
    assert_eq!(transcript(&world).await, told);
}

pub async fn what_is_still_kept_is_not_recorded_again(harness: impl Harness + 'static) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = asks(&world, ["one"]).await;
    agent_says(&world, handover).await;
    solved(&world, handover).await;
    let retention = Retention {
        transcripts: 90 * DAY,
        keys: 8 * DAY,
        ..keep()
    };
    for days in [9, 9, 71] {
        world.wait(days * DAY);
        while world.store.purge(retention, 99).await.unwrap() > 0 {}
        world.reopen().await;
    }
    asks(&world, ["one", "agent", "two"]).await;
    assert_eq!(transcript(&world).await, ["one", "agent", "two"]);
}

pub async fn a_copy_that_no_transcript_brings_goes_when_its_time_is_over(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, console_policy()).await;
    for (feed, gone) in [(Feed::First, 1), (Feed::Second, 0)] {
        let said = PlatformMessage {
            feed,
            ..said("I am the bot")
        };
        let event = Event::BotSaid(said);
        let keys = Vec::new();
        world
            .apply(step("ann", vec![Incoming { event, keys }]))
            .await;
        assert_eq!(
            world.store.purge(keep(), 99).await.unwrap(),
            0,
            "it may come"
        );
        world.wait(Duration::from_mins(3));
        assert_eq!(world.store.purge(keep(), 99).await.unwrap(), gone);
    }
}

/// The platform tells of each as it is said.
async fn observed<const N: usize>(world: &World, said: [&str; N]) {
    for text in said {
        world.apply(says_once("ann", text, text)).await;
    }
}

/// "agent".
async fn agent_says(world: &World, handover: HandoverId) {
    let claim = Action::Claim { handover };
    world.operate("ann", &ines(), claim).await;
    let say = Action::Say {
        handover,
        content: Content::text("agent"),
    };
    world.operate("ann", &ines(), say).await;
}

/// And all that the bot is owed by then is delivered.
async fn solved(world: &World, handover: HandoverId) {
    let close = Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: None,
    };
    world.operate("ann", &ines(), close).await;
    while let Some(mut claim) = world.claim(&bot()).await {
        while let Some(next) = world.done(claim).await {
            claim = next;
        }
    }
}

/// With all that was said, as the platform has it.
async fn asks<const N: usize>(world: &World, said: [&str; N]) -> HandoverId {
    let past = |text| -> TranscriptItem {
        let keys = vec![DedupeKey::message_id(&key("ann"), text)];
        let actor = if text == "agent" {
            Actor::Bot
        } else {
            Actor::User
        };
        item(actor, text, keys)
    };
    let outcomes = world.apply(request("ann", said.map(past).into())).await;
    match outcomes.as_slice() {
        [Outcome::Requested { handover, .. }] => *handover,
        other => panic!("{other:?}"),
    }
}

/// As a person at the console reads it, without what the bridge itself has said.
async fn transcript(world: &World) -> Vec<String> {
    let id = world.conversation("ann").await;
    let view = world.store.conversation(id, None, 99).await.unwrap();
    let messages = view.unwrap().messages.into_iter().map(|view| view.message);
    messages
        .filter(|message| message.actor != Actor::System)
        .map(|message| text_of(&message.content))
        .collect()
}
