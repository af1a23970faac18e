//! The answer to a request: decided once, stored, and heard by whoever waits.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        conversation::Answer,
        dedupe::DedupeKey,
        event::{Event, Incoming, Step},
        handover::Outcome,
        ids::HandoverId,
        policy::{ClosedBecause, PausedBecause},
    },
    store::Pause,
};
use uuid::Uuid;

use crate::world::{Harness, World, bot, key, request, request_once, team};

const LONG: Duration = Duration::from_mins(1);

pub async fn an_answer_wakes_whoever_waits_for_it(harness: impl Harness + 'static) {
    let world = Arc::new(World::new(harness).await);
    let handover = world.request("ann").await;
    let mut waiters = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&world.store);
        waiters.spawn(async move { store.answer(handover, LONG).await.unwrap() });
    }
    tokio::task::yield_now().await;
    let open = world.claim(&team()).await.unwrap();
    world.done(open).await;
    assert_eq!(waiters.join_all().await, [Answer::Accepted; 8]);
}

pub async fn an_answer_that_does_not_come_is_pending(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let answer = world
        .store
        .answer(handover, Duration::from_millis(20))
        .await
        .unwrap();
    assert_eq!(answer, Answer::Pending);
}

pub async fn an_unknown_handover_is_declined(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let unknown = HandoverId::from_uuid(Uuid::from_u128(7));
    assert_eq!(
        world.store.answer(unknown, LONG).await.unwrap(),
        Answer::Declined
    );
}

pub async fn a_handover_that_is_closing_is_declined(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    assert_eq!(world.answer(handover).await, Answer::Accepted);
    world.closes(handover).await;
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn a_paused_desk_is_not_asked(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let until = world.clock.now().plus(LONG);
    let because = PausedBecause::RateLimited;
    let pause = Some(Pause { until, because });
    world.store.pause(&team(), pause).await.unwrap();
    world.reopen().await;
    assert_eq!(answered(&world).await, Answer::Declined);
    world.wait(LONG);
    assert_eq!(answered(&world).await, Answer::Pending);
}

pub async fn a_desk_with_an_open_breaker_is_not_asked(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world
        .store
        .set_condition(&team(), Some(ClosedBecause::BreakerOpen));
    assert_eq!(answered(&world).await, Answer::Declined);
    world.store.set_condition(&team(), None);
    assert_eq!(answered(&world).await, Answer::Pending);
}

pub async fn a_bot_that_refuses_calls_gets_no_agent_and_one_that_limits_them_does(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let until = world.clock.now().plus(LONG);
    for (because, answer) in [
        (PausedBecause::Refused, Answer::Declined),
        (PausedBecause::RateLimited, Answer::Pending),
    ] {
        let pause = Some(Pause { until, because });
        world.store.pause(&bot(), pause).await.unwrap();
        world.reopen().await;
        assert_eq!(answered(&world).await, answer);
    }
}

pub async fn a_bot_with_an_open_breaker_gets_no_agent(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world
        .store
        .set_condition(&bot(), Some(ClosedBecause::BreakerOpen));
    assert_eq!(answered(&world).await, Answer::Declined);
    world.store.set_condition(&bot(), None);
    assert_eq!(answered(&world).await, Answer::Pending);
}

async fn answered(world: &World) -> Answer {
    match world.apply(request("ann", Vec::new())).await.as_slice() {
        [Outcome::Requested { answer, .. }] => *answer,
        other => panic!("{other:?}"),
    }
}

/// As the hooks give each request a key of its call.
fn called(user: &str, call: u128) -> Step {
    let mut request = request_once(user, 1);
    request.events[0].keys.push(own_key(user, call));
    request
}

fn own_key(user: &str, call: u128) -> DedupeKey {
    DedupeKey::call(&key(user), Uuid::from_u128(call))
}

/// Where nobody can say whether that call, made so long ago, was written.
fn refused(user: &str, call: u128, ago: Duration) -> Step {
    let mut refused = request_once(user, 1);
    let handover = None;
    refused.events[0].event = Event::RepeatToldDeclined { handover, ago };
    let told = Incoming {
        event: Event::ToldDeclined { handover },
        keys: vec![own_key(user, call)],
    };
    refused.events.insert(0, told);
    refused
}

async fn taken(world: &World, call: u128) -> HandoverId {
    let outcomes = world.apply(called("ann", call)).await;
    let [Outcome::Requested { handover, .. }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    let open = world.claim(&team()).await.unwrap();
    world.done(open).await;
    assert_eq!(world.answer(handover).await, Answer::Accepted);
    handover
}

pub async fn a_request_that_may_have_been_taken_is_withdrawn_by_its_keys(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = taken(&world, 1).await;
    world.apply(refused("ann", 1, LONG)).await;
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn a_refused_repeat_takes_back_what_it_has_repeated_and_nothing_later(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = taken(&world, 1).await;
    world.wait(LONG / 2);
    world.apply(refused("ann", 2, LONG)).await;
    assert_eq!(
        world.answer(handover).await,
        Answer::Accepted,
        "it came later"
    );
    world.apply(refused("ann", 3, LONG / 4)).await;
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn a_request_that_was_not_taken_is_no_repeat_for_having_been_withdrawn(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    for _ in 0..2 {
        world.apply(refused("ann", 1, LONG)).await;
    }
    let late = world.apply(called("ann", 1)).await;
    assert_eq!(
        late,
        [Outcome::Repeat { id: None }],
        "it is not taken any more"
    );
    let outcomes = world.apply(called("ann", 2)).await;
    assert!(
        matches!(
            outcomes[..],
            [Outcome::Requested {
                answer: Answer::Pending,
                ..
            }]
        ),
        "{outcomes:?}"
    );
}
