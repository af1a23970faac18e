//! A call that was called off while it was on its way: it ends some time, and nobody else hears of it.

use std::time::Duration;

use handover_bridge::{
    domain::{event::DeskEvent, policy::ClosedBecause},
    store::{Erased, Retention},
};

use super::{
    erasure::{all_deliveries, finished, go_on, session},
    legs::{about, leg_of, told},
};
use crate::world::{Harness, World, agent_said, bot, keep, request_once, team, text};

pub async fn a_call_that_was_called_off_on_its_way_is_waited_for(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    let begun = world.store.erase(session("ann"), false, "ben").await;
    world.apply(request_once("ann", 9)).await;
    assert_eq!(
        go_on(&world).await,
        Erased::Waits,
        "the bot is being called"
    );
    assert!(world.done(resume).await.is_none());
    finished(&world, &begun.unwrap()).await;
}

pub async fn an_offer_that_was_called_off_on_its_way_is_waited_for(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.request("ann").await;
    let offer = world.claim(&team()).await.unwrap();
    let desk = || about("r1", Some(leg_of(&offer)));
    told(&world, desk(), agent_said("hi")).await;
    let reason = Some("solved".to_owned());
    told(&world, desk(), DeskEvent::Closed { reason, by: None }).await;
    let mut next = world.claim(&bot()).await;
    while let Some(claim) = next {
        next = world.done(claim).await;
    }
    let begun = world.store.erase(session("ann"), false, "ben").await;
    assert_eq!(
        go_on(&world).await,
        Erased::Waits,
        "the desk is being called"
    );
    assert!(world.done(offer).await.is_none());
    finished(&world, &begun.unwrap()).await;
}

pub async fn what_comes_of_a_call_whose_delivery_is_gone_is_nobody_elses(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    let closed = Some(ClosedBecause::BreakerOpen);
    world.store.set_condition(&team(), closed);
    world.request("ann").await;
    world.store.set_condition(&team(), None);
    world.wait(Duration::from_millis(1));
    let settled = Retention {
        delivered: Duration::ZERO,
        ..keep()
    };
    world.store.purge(settled, 99).await.unwrap();
    assert!(all_deliveries(&world).await.is_empty());

    world.request("bea").await;
    world.user_says("bea", "hello").await;
    assert!(world.done(resume).await.is_none());
    let offer = world.claim(&team()).await.expect("the offer of bea");
    let said = world.done(offer).await.expect("what bea said");
    assert_eq!(text(&said), "hello");

    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    assert!(world.claim(&bot()).await.is_some(), "the lane is free");
}
