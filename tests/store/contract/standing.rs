//! How bots and desks do, what is done about it, and who did it.

use std::time::Duration;

use handover_bridge::{
    domain::{
        delivery::Destination,
        ids::DeliveryId,
        message::Content,
        policy::{ClosedBecause, PausedBecause},
        retry::ErrorClass,
    },
    store::{DeliveryFilter, DeliveryState, NewAudit, Pause, Standing},
};

use crate::world::{Harness, World, bot, team};

pub async fn a_destination_stands_as_its_last_calls_went(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    assert!(world.store.standings().await.unwrap().is_empty());
    let handover = world.waiting("ann").await;
    let opened = world.clock.now();
    world.wait(Duration::from_secs(5));
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    let since = world.clock.now();
    world.wait(Duration::from_secs(5));
    let claim = world.claim(&team()).await.unwrap();
    world.fails_for(claim, Duration::from_secs(1)).await;
    let until = world.clock.now().plus(Duration::from_mins(1));
    let pause = Pause {
        until,
        because: PausedBecause::RateLimited,
    };
    world.store.pause(&team(), Some(pause)).await.unwrap();
    let standing = of(&world, &team()).await;
    assert_eq!(
        standing,
        Standing {
            destination: team(),
            last_success: Some(opened),
            last_error: Some((ErrorClass::Busy, world.clock.now())),
            closed: Some(ClosedBecause::Paused(PausedBecause::RateLimited)),
            paused_until: Some(until),
            owed: 2,
            oldest: Some(since),
            dead: 0,
        }
    );
    let because = Some(ClosedBecause::Paused(PausedBecause::RateLimited));
    assert_eq!(world.store.closed(&team()).await.unwrap(), because);
    assert_eq!(world.store.closed(&bot()).await.unwrap(), None);
    world.agent_says(handover, "three").await;
    let claim = world.claim(&bot()).await.unwrap();
    world.dies(claim).await;
    let breaker = Some(ClosedBecause::BreakerOpen);
    world.store.set_condition(&bot(), breaker);
    let standing = of(&world, &bot()).await;
    assert_eq!((standing.dead, standing.owed), (1, 0));
    assert_eq!((standing.closed, standing.paused_until), (breaker, None));
    let rejected = (ErrorClass::Rejected, world.clock.now());
    assert_eq!(standing.last_error, Some(rejected));
}

pub async fn all_of_a_destination_is_retried_at_once_and_it_is_known_who_wanted_it(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let mut handovers = Vec::new();
    for number in 0..130 {
        handovers.push(world.waiting(&format!("user{number}")).await);
    }
    for handover in &handovers {
        world.agent_says(*handover, "good morning").await;
    }
    world.user_says("user0", "hello").await;
    let message = world.claim(&team()).await.unwrap();
    let elsewhere = message.job.about.delivery;
    world.fails_for(message, Duration::from_mins(5)).await;
    for (number, claim) in world.claims(&bot(), 999).await.into_iter().enumerate() {
        if number == 0 {
            world.done(claim).await;
        } else if number < 10 {
            world.fails_for(claim, Duration::from_mins(5)).await;
        } else {
            world.dies(claim).await;
        }
    }
    let pause = Pause {
        until: world.clock.now().plus(Duration::from_mins(5)),
        because: PausedBecause::Refused,
    };
    world.store.pause(&bot(), Some(pause)).await.unwrap();
    let retried = world.store.retry_all(&bot(), "ines").await.unwrap();
    assert_eq!(retried, 129);
    world.reopen().await;
    assert_eq!(world.claims(&bot(), 999).await.len(), 129);
    let of_another = world.claims(&team(), 999).await;
    assert!(
        of_another
            .iter()
            .all(|claim| claim.job.about.delivery != elsewhere)
    );
    let filter = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let dead = world.store.deliveries(filter).await.unwrap();
    assert!(dead.items.is_empty(), "{dead:?}");
    let trail = world.store.audit_trail(None, 9).await.unwrap();
    let [entry] = trail.items.as_slice() else {
        panic!("{trail:?}")
    };
    assert_eq!(
        [&*entry.actor, &*entry.action, &*entry.subject],
        ["ines", "deliveries.retry_all", "bot:webshop"]
    );
}

pub async fn a_delivery_is_found_by_its_class_and_age_and_shown_with_what_it_carries(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "good morning").await;
    let claim = world.claim(&bot()).await.unwrap();
    let (id, conversation) = (claim.job.about.delivery, claim.job.about.conversation);
    world.dies(claim).await;
    let of_class = |class: ErrorClass| DeliveryFilter {
        error_class: Some(class),
        limit: 9,
        ..DeliveryFilter::default()
    };
    for (class, count) in [(ErrorClass::Rejected, 1), (ErrorClass::Busy, 0)] {
        for state in [Some(DeliveryState::Dead), None] {
            let filter = DeliveryFilter {
                state,
                ..of_class(class)
            };
            let found = world.store.deliveries(filter).await.unwrap().items;
            assert_eq!(found.len(), count, "{found:?}");
        }
    }
    let now = world.clock.now();
    for (created_before, found) in [(now, false), (now.plus(Duration::from_millis(1)), true)] {
        for state in [Some(DeliveryState::Dead), None] {
            let filter = DeliveryFilter {
                state,
                created_before: Some(created_before),
                limit: 9,
                ..DeliveryFilter::default()
            };
            let deliveries = world.store.deliveries(filter).await.unwrap().items;
            assert_eq!(deliveries.iter().any(|it| it.id == id), found);
        }
    }
    let one = world.store.delivery(id).await.unwrap().unwrap();
    let filter = DeliveryFilter {
        limit: 9,
        ..DeliveryFilter::default()
    };
    let listed = world.store.full_deliveries(filter.clone()).await.unwrap();
    let as_listed = world.store.deliveries(filter).await.unwrap().items;
    let views: Vec<_> = listed.items.iter().map(|it| it.view.clone()).collect();
    assert_eq!(views, as_listed);
    assert!(listed.items.contains(&one), "{listed:?}");
    assert_eq!((one.view.id, one.conversation), (id, conversation));
    assert_eq!(one.view.state, DeliveryState::Dead);
    assert_eq!(one.message.unwrap().content, Content::text("good morning"));
    let unknown = DeliveryId::from_uuid(handover.as_uuid());
    assert_eq!(world.store.delivery(unknown).await.unwrap(), None);
}

pub async fn the_audit_trail_is_paged_the_newest_first(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    for number in 1..=5 {
        let entry = NewAudit {
            actor: "ines".to_owned(),
            action: "sessions.end",
            subject: format!("operator{number}"),
        };
        world.store.keep_audit(entry).await.unwrap();
    }
    world.reopen().await;
    let (mut subjects, mut before) = (Vec::new(), None);
    loop {
        let page = world.store.audit_trail(before, 2).await.unwrap();
        before = page.items.last().map(|entry| entry.row);
        assert!(page.items.iter().all(|entry| entry.at == world.clock.now()));
        subjects.extend(page.items.into_iter().map(|entry| entry.subject));
        if !page.more {
            break;
        }
    }
    let expected = [5, 4, 3, 2, 1].map(|number| format!("operator{number}"));
    assert_eq!(subjects, expected);
}

async fn of(world: &World, destination: &Destination) -> Standing {
    let standings = world.store.standings().await.unwrap();
    standings
        .into_iter()
        .find(|standing| standing.destination == *destination)
        .expect("the destination")
}
