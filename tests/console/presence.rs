//! Whether somebody is there for a desk that requires it.

use std::time::Duration;

use handover_bridge::{
    console::watch_presence,
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

async fn watch(world: &World) -> impl Future<Output = ()> {
    watch_presence(world.store.clone(), world.clock.clone(), vec![team()]).await
}

/// Somebody looks who is there, until the desk stands so.
async fn comes_to(world: &World, wanted: Option<ClosedBecause>) {
    let watching = watch(world).await;
    let seeing = async {
        while closed(world).await != wanted {
            yield_now().await;
        }
    };
    let within = timeout(Duration::from_secs(5), async {
        tokio::select! {
            () = watching => panic!("it watches for ever"),
            () = seeing => {}
        }
    });
    within.await.expect("in time");
}

#[tokio::test]
async fn a_desk_is_closed_while_nobody_is_signed_in() {
    let world = World::new();
    comes_to(&world, Some(ClosedBecause::NoAgent)).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    comes_to(&world, None).await;
    world.post(&ann, "/console/sign-out", "").await;
    comes_to(&world, Some(ClosedBecause::NoAgent)).await;
    world.signed_in(Browser::here(), "ann").await;
    comes_to(&world, None).await;
    world.wait(Duration::from_mins(61));
    comes_to(&world, Some(ClosedBecause::NoAgent)).await;
}

#[tokio::test]
async fn it_is_known_who_is_there_before_anything_else_goes_on() {
    let world = World::new();
    let _later = watch(&world).await;
    assert_eq!(closed(&world).await, Some(ClosedBecause::NoAgent));
    world.signed_in(Browser::here(), "ann").await;
    let _later = watch(&world).await;
    assert_eq!(closed(&world).await, None);
}
