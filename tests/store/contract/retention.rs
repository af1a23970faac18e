//! What is kept, and for how long.

use std::time::Duration;

use handover_bridge::{
    domain::{
        dedupe::{ContentKey, DedupeKey},
        handover::Outcome,
        ids::HandoverId,
        message::{Actor, Content},
        policy::Policy,
        time::Timestamp,
    },
    store::{Changed, DeliveryFilter, DeliveryState, Retention},
};

use crate::world::{
    Harness, World, bot, item, keep, key, policy, request, says, says_once, step, team, team_name,
    user_said,
};

const DAY: Duration = Duration::from_hours(24);
const MOMENT: Duration = Duration::from_millis(1);

pub async fn what_was_observed_goes_after_its_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.apply(says("ann", "old")).await;
    world.wait(DAY);
    world.apply(says("ann", "new")).await;
    let observed = Retention {
        observed: DAY,
        ..keep()
    };
    assert_eq!(
        world.store.purge(observed, 99).await.unwrap(),
        0,
        "not before"
    );
    world.wait(MOMENT);
    assert_eq!(world.store.purge(observed, 99).await.unwrap(), 1);
    let handover = world.waiting("ann").await;
    assert_eq!(world.transcript(handover).await, [(2, "new".to_owned())]);
}

pub async fn what_was_told_with_a_declined_request_goes_like_what_was_observed(
    harness: impl Harness + 'static,
) {
    let nobody = Policy {
        routes: Vec::new(),
        ..policy()
    };
    let world = World::with(harness, nobody).await;
    let past = vec![item(Actor::User, "hello", Vec::new())];
    world.apply(request("ann", past)).await;
    let ann = world.conversation("ann").await;
    let observed = Retention {
        observed: DAY,
        ..keep()
    };
    world.wait(DAY);
    assert_eq!(world.store.purge(observed, 99).await.unwrap(), 0);
    world.wait(MOMENT);
    assert_eq!(
        world.store.purge(observed, 99).await.unwrap(),
        3,
        "a message, the request, and whose they were"
    );
    let view = world.store.conversation(ann, None, 9).await.unwrap();
    assert!(view.is_none(), "{view:?}");
}

pub async fn each_declined_request_goes_after_its_time_and_with_the_last_whose_it_was(
    harness: impl Harness + 'static,
) {
    let nobody = Policy {
        routes: Vec::new(),
        ..policy()
    };
    let world = World::with(harness, nobody).await;
    let observed = Retention {
        observed: DAY,
        ..keep()
    };
    let past = vec![item(Actor::User, "hello", Vec::new())];
    world.apply(request("ann", past)).await;
    let ann = world.conversation("ann").await;
    world.wait(DAY);
    world.apply(request("ann", Vec::new())).await;
    world.wait(MOMENT);
    assert_eq!(world.store.purge(observed, 99).await.unwrap(), 2);
    let view = world.store.conversation(ann, None, 9).await.unwrap();
    assert!(view.is_some(), "of the second request");
    world.wait(DAY);
    assert_eq!(world.store.purge(observed, 99).await.unwrap(), 2);
    let view = world.store.conversation(ann, None, 9).await.unwrap();
    assert!(view.is_none(), "{view:?}");
}

pub async fn an_open_handover_is_never_touched(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    world.wait(100 * DAY);
    let nothing = Duration::ZERO;
    let all = Retention {
        observed: nothing,
        transcripts: nothing,
        delivered: nothing,
        dead_letters: nothing,
        keys: nothing,
        audit: nothing,
    };
    world.store.purge(all, 99).await.unwrap();
    world.wait(MOMENT);
    world.store.purge(all, 99).await.unwrap();
    assert_eq!(world.transcript(handover).await.len(), 1);
    let message = world.claim(&team()).await.expect("it is still owed");
    assert!(message.job.message.is_some());
}

pub async fn a_handover_goes_with_its_transcript(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = over(&world, "ann").await;
    world.wait(DAY + MOMENT);
    let retention = Retention {
        transcripts: DAY,
        delivered: DAY,
        ..keep()
    };
    let mut removed = 0;
    loop {
        match world.store.purge(retention, 2).await.unwrap() {
            0 => break,
            some => removed += some,
        }
        assert!(removed < 99, "it comes to an end");
    }
    assert_eq!(
        removed, 6,
        "three deliveries, a message, the handover and the conversation"
    );
    assert!(
        world
            .store
            .handover(handover, &team_name())
            .await
            .unwrap()
            .is_none()
    );
}

pub async fn deliveries_and_dead_letters_go_each_after_their_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    let say = world.claim(&bot()).await.unwrap();
    world.dies(say).await;
    world.wait(DAY + MOMENT);
    let retention = Retention {
        delivered: DAY,
        dead_letters: 2 * DAY,
        ..keep()
    };
    world.store.purge(retention, 99).await.unwrap();
    let left = |state| DeliveryFilter {
        state: Some(state),
        limit: 9,
        ..DeliveryFilter::default()
    };
    assert!(
        world
            .store
            .deliveries(left(DeliveryState::Delivered))
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(
        world
            .store
            .deliveries(left(DeliveryState::Dead))
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    world.wait(DAY);
    world.store.purge(retention, 99).await.unwrap();
    assert!(
        world
            .store
            .deliveries(left(DeliveryState::Dead))
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

pub async fn a_key_is_known_until_its_day_is_over(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let retention = Retention {
        observed: DAY,
        keys: 8 * DAY,
        ..keep()
    };
    world.apply(says_once("ann", "m1", "hello")).await;
    world.wait(8 * DAY);
    world.store.purge(retention, 99).await.unwrap();
    let repeat = world.apply(says_once("ann", "m1", "hello")).await;
    assert!(
        matches!(repeat.as_slice(), [Outcome::Repeat { .. }]),
        "{repeat:?}"
    );
    world.wait(DAY);
    world.store.purge(retention, 99).await.unwrap();
    let new = world.apply(says_once("ann", "m1", "hello")).await;
    assert!(matches!(new.as_slice(), [Outcome::Taken { .. }]), "{new:?}");
}

pub async fn what_operators_changed_is_known_for_its_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    let say = world.claim(&bot()).await.unwrap();
    let id = say.job.about.delivery;
    world.dies(say).await;
    let retention = Retention {
        audit: DAY,
        ..keep()
    };
    world.store.retry_delivery(id, "admin").await.unwrap();
    world.store.skip_delivery(id, "admin").await.unwrap();
    let nothing = world.store.skip_delivery(id, "admin").await.unwrap();
    assert_eq!(nothing, Changed::NotNow, "and leaves no trace");
    world.wait(DAY);
    assert_eq!(world.store.purge(retention, 99).await.unwrap(), 0);
    world.wait(MOMENT);
    assert_eq!(world.store.purge(retention, 99).await.unwrap(), 2);
}

pub async fn a_message_that_was_removed_is_taken_from_a_later_transcript(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let content = Content::text("hello");
    let said = ContentKey {
        actor: Actor::User,
        at: Timestamp::from_millis(1),
        content: &content,
        ordinal: 0,
    };
    let keys = || vec![DedupeKey::content(&key("ann"), said)];
    world
        .apply(step("ann", vec![user_said("hello", keys())]))
        .await;
    world.wait(DAY + MOMENT);
    world
        .store
        .purge(
            Retention {
                observed: DAY,
                ..keep()
            },
            99,
        )
        .await
        .unwrap();
    let outcomes = world
        .apply(request("ann", vec![item(Actor::User, "hello", keys())]))
        .await;
    let [Outcome::Requested { handover, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!(world.transcript(*handover).await.len(), 1);
}

/// A handover with one message, delivered, closed and resumed.
pub async fn over(world: &World, user: &str) -> HandoverId {
    let handover = world.waiting(user).await;
    world.user_says(user, "hello").await;
    let message = world.claim(&team()).await.unwrap();
    world.done(message).await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    handover
}
