//! Who is signed in at the console.

use std::time::Duration;

use handover_bridge::{
    domain::{ids::OperatorName, time::Timestamp},
    store::{Session, SessionId},
};

use crate::world::{Harness, World, ines, keep, tom};

const HOUR: Duration = Duration::from_hours(1);

pub async fn a_session_is_known_until_it_ends(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let session = begin(&world, 1, ines()).await;
    world.reopen().await;
    let found = world.store.session(session.id).await.unwrap();
    assert_eq!(found, Some(session.clone()));
    assert_eq!(world.store.session(SessionId([9; 32])).await.unwrap(), None);
    world.store.end_session(session.id).await.unwrap();
    assert_eq!(world.store.session(session.id).await.unwrap(), None);
    world.store.end_session(session.id).await.unwrap();
}

pub async fn a_session_is_seen_later_but_never_earlier(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let first = begin(&world, 1, ines()).await;
    let second = begin(&world, 2, tom()).await;
    world.wait(HOUR);
    let now = world.clock.now();
    for at in [now, now.minus(HOUR)] {
        world.store.touch_session(first.id, at).await.unwrap();
    }
    let seen = Session {
        seen_at: now,
        ..first
    };
    assert_eq!(since(&world, now.minus(HOUR)).await, [seen.clone(), second]);
    assert_eq!(since(&world, now).await, [seen]);
}

pub async fn sessions_of_one_operator_or_of_all_end_together(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    begin(&world, 1, ines()).await;
    begin(&world, 2, ines()).await;
    let toms = begin(&world, 3, tom()).await;
    let ended = world.store.end_sessions(Some(&ines())).await;
    assert_eq!(ended.unwrap(), 2);
    assert_eq!(since(&world, Timestamp::default()).await, [toms]);
    begin(&world, 4, ines()).await;
    assert_eq!(world.store.end_sessions(None).await.unwrap(), 2);
    assert!(since(&world, Timestamp::default()).await.is_empty());
}

pub async fn an_old_session_is_purged(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let old = begin(&world, 1, ines()).await;
    world.wait(HOUR);
    let young = begin(&world, 2, tom()).await;
    world.wait(HOUR * (30 * 24));
    world.store.purge(keep(), 99).await.unwrap();
    assert_eq!(world.store.session(old.id).await.unwrap(), None);
    let left = world.store.session(young.id).await.unwrap();
    assert_eq!(left, Some(young));
}

async fn begin(world: &World, number: u8, operator: OperatorName) -> Session {
    let now = world.clock.now();
    let session = Session {
        id: SessionId([number; 32]),
        operator,
        begun_at: now,
        seen_at: now,
    };
    world.store.begin_session(session.clone()).await.unwrap();
    session
}

async fn since(world: &World, seen: Timestamp) -> Vec<Session> {
    world.store.sessions_since(seen).await.unwrap()
}
