//! What became of an agent's messages, below each of them.

use std::time::Duration;

use handover_bridge::{
    domain::{
        delivery::{Done, StepResult},
        event::{AgentSaid, DeskEvent, Event, Incoming, Step, Target},
        ids::DeskName,
        message::{Content, MediaKind},
        policy::PausedBecause,
        retry::ErrorClass,
        time::Clock as _,
    },
    store::{Applied, ConsoleStore as _, Pause, RowOutcome, Settlement, Store as _},
};

use crate::{
    conversation::{sends, waiting},
    form::unseen,
    owed::{bot, failed},
    world::{Browser, World},
};

/// What stands below each of them, as far as it is one of these.
fn fates(page: &str) -> Vec<&'static str> {
    let known = [
        "Waits behind the message above",
        "On its way",
        "Not delivered yet",
        "Delivered",
    ];
    let below = page.split("<details class=\"after\"").skip(1);
    let below = below.map(|rest| rest.split("</summary>").next().unwrap());
    below
        .filter_map(|rest| known.into_iter().find(|words| rest.contains(words)))
        .collect()
}

#[tokio::test]
async fn what_stands_behind_a_message_that_fails_says_that_it_waits() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let id = failed(&world, "u1", ErrorClass::Busy, false).await;
    let delivery = world.store.delivery(id).await.unwrap().unwrap();
    let page = format!("/console/conversations/{}", delivery.conversation);
    for text in ["second", "third"] {
        sends(&world, &ann, (&page, "reply"), &format!("text={text}")).await;
    }
    let seen = world.get(&ann, &page).await.body;
    let behind = "Waits behind the message above";
    assert_eq!(
        fates(&seen),
        ["Not delivered yet", behind, behind],
        "{seen}"
    );
}

#[tokio::test]
async fn what_arrived_after_all_or_is_tried_no_more_says_so() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let id = failed(&world, "u1", ErrorClass::Busy, false).await;
    let delivery = world.store.delivery(id).await.unwrap().unwrap();
    let page = format!("/console/conversations/{}", delivery.conversation);
    let seen = world.get(&ann, &page).await.body;
    assert!(
        seen.contains("next attempt in <time class=\"left\""),
        "{seen}"
    );
    world.wait(Duration::from_mins(6));
    let claim = world.store.claim(&bot(), 1).await.unwrap().claims.remove(0);
    let delivered = Settlement {
        result: StepResult::Done(Done::default()),
        row: RowOutcome::Delivered,
    };
    world.store.settle(claim, delivered).await.unwrap();
    let seen = world.get(&ann, &page).await.body;
    assert!(seen.contains("after a failure"), "{seen}");

    let id = failed(&world, "u2", ErrorClass::Rejected, true).await;
    let delivery = world.store.delivery(id).await.unwrap().unwrap();
    let page = format!("/console/conversations/{}", delivery.conversation);
    let skip = format!("/console/deliveries/{id}/skip");
    world.post(&ann, &skip, "").await;
    let seen = world.get(&ann, &page).await.body;
    let words = "Not sent, and tried no more: Refused the content";
    assert!(seen.contains(words) && seen.contains("Given up by the bridge"));
}

#[tokio::test]
async fn where_the_bot_is_not_called_nothing_is_on_its_way() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    for text in ["first", "second"] {
        sends(&world, &ann, (&page, "reply"), &format!("text={text}")).await;
    }
    let seen = world.get(&ann, &page).await.body;
    assert_eq!(fates(&seen), ["On its way", "On its way"], "{seen}");
    let pause = Pause {
        until: world.clock.now().plus(Duration::from_mins(5)),
        because: PausedBecause::Refused,
    };
    world.store.pause(&bot(), Some(pause)).await.unwrap();
    let seen = world.get(&ann, &page).await.body;
    let behind = "Waits behind the message above";
    assert_eq!(fates(&seen), ["Not delivered yet", behind], "{seen}");
    assert!(seen.contains("the bot: Paused, refused"), "{seen}");
}

#[tokio::test]
async fn what_a_desk_said_that_no_user_can_be_shown_is_not_sent() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    let hidden = unseen(&world.get(&ann, &page).await.body);
    let (_, id) = hidden.split_once("handover=").unwrap();
    let handover = id.split('&').next().unwrap().parse().unwrap();
    let desk = DeskName::new("team").unwrap();
    let said = AgentSaid {
        content: Content::Media {
            kind: MediaKind::File,
            url: "file:///etc/passwd".to_owned(),
            name: None,
            caption: None,
        },
        agent: None,
        automatic: false,
        keep_if_late: false,
        tell_if_late: false,
        raw: None,
    };
    let event = Event::FromDesk {
        handover,
        desk: desk.clone(),
        event: DeskEvent::Said(said),
    };
    let step = Step {
        target: Target::Handover { id: handover, desk },
        profile: None,
        events: vec![Incoming {
            event,
            keys: Vec::new(),
        }],
    };
    let applied = world.store.apply(step).await.unwrap();
    assert!(matches!(applied, Applied::Done { .. }), "{applied:?}");
    let seen = world.get(&ann, &page).await.body;
    assert!(seen.contains("turn--failed"), "{seen}");
    let why = "Not sent: a link in it is not http or https";
    assert!(seen.contains(why), "{seen}");
}
