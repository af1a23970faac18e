//! Whether somebody is there for a desk that requires it.

use std::time::Duration;

use handover_bridge::{
    console::Presence,
    domain::{delivery::Destination, ids::DeskName, policy::ClosedBecause},
    store::{ConsoleStore as _, Standing},
};
use tokio::{task::yield_now, time::timeout};

use crate::world::{Browser, World};

fn team() -> DeskName {
    DeskName::new("team").unwrap()
}

async fn closed(world: &World) -> Option<ClosedBecause> {
    let team = Destination::Desk(team());
    let standings: Vec<Standing> = world.store.standings().await.unwrap();
    let found = standings.into_iter().find(|it| it.destination == team);
    found.and_then(|it| it.closed)
}

fn presence(world: &World) -> Presence {
    Presence::new(world.store.clone(), world.clock.clone(), vec![team()])
}

#[tokio::test]
async fn a_desk_is_closed_while_nobody_is_signed_in() {
    let world = World::new();
    presence(&world).look().await;
    assert_eq!(closed(&world).await, Some(ClosedBecause::NoAgent));
    let ann = world.signed_in(Browser::here(), "ann").await;
    assert_eq!(closed(&world).await, None, "at once");
    world.post(&ann, "/console/sign-out", "").await;
    assert_eq!(closed(&world).await, Some(ClosedBecause::NoAgent));
}

#[tokio::test]
async fn whoever_leaves_without_a_word_is_missed() {
    let world = World::new();
    world.signed_in(Browser::here(), "ann").await;
    presence(&world).look().await;
    assert_eq!(closed(&world).await, None);
    world.wait(Duration::from_mins(61));
    let presence = presence(&world);
    let missed = async {
        while closed(&world).await.is_none() {
            yield_now().await;
        }
    };
    let within = timeout(Duration::from_mins(1), async {
        tokio::select! {
            () = presence.watch() => panic!("it watches for ever"),
            () = missed => {}
        }
    });
    within.await.expect("in time");
    assert_eq!(closed(&world).await, Some(ClosedBecause::NoAgent));
}
