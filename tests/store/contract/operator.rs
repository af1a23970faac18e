//! What operators and upkeep see and change.

use std::time::Duration;

use handover_bridge::{
    domain::{
        delivery::Task,
        effect::{Warning, WarningKind},
        fallback::{Audience, Capabilities},
        ids::DeliveryId,
        policy::PausedBecause,
    },
    store::{
        Changed, DeliveryFilter, DeliveryState, DeliveryView, Error, Gone, ListedClass, Names,
        Pause,
    },
};
use uuid::Uuid;

use crate::world::{
    Harness, World, bot, bot_name, bot_said, policy, says, step, team, team_name, text,
};

pub async fn deliveries_are_listed_by_state_and_page_by_page(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    for text in ["one", "two", "three"] {
        world.user_says("ann", text).await;
    }
    world.agent_says(handover, "four").await;
    let first = world.claim(&team()).await.unwrap();
    world.fails_for(first, Duration::from_secs(1)).await;
    let filter = DeliveryFilter {
        destination: Some(team()),
        limit: 3,
        ..DeliveryFilter::default()
    };
    let page = world.store.deliveries(filter.clone()).await.unwrap();
    let states: Vec<_> = page.items.iter().map(|view| view.state).collect();
    assert_eq!(
        states,
        [
            DeliveryState::Delivered,
            DeliveryState::Retrying,
            DeliveryState::Pending
        ]
    );
    assert!(page.more);
    let after = page.items.last().map(|view| view.id);
    let rest = world
        .store
        .deliveries(DeliveryFilter { after, ..filter })
        .await
        .unwrap();
    assert_eq!((rest.items.len(), rest.more), (1, false));
    let retrying = listed(&world, DeliveryState::Retrying).await;
    let [view] = retrying.as_slice() else {
        panic!("{retrying:?}")
    };
    assert_eq!(
        (
            view.kind.label(),
            view.attempts,
            view.error_class.as_ref().map(ListedClass::label)
        ),
        ("message", 1, Some("busy"))
    );
    assert_eq!(
        view.next_at,
        Some(world.clock.now().plus(Duration::from_secs(1)))
    );
    assert_eq!(listed(&world, DeliveryState::Pending).await.len(), 3);
}

pub async fn a_dead_letter_is_retried_under_its_old_id(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "one").await;
    let claim = world.claim(&bot()).await.unwrap();
    let id = claim.job.about.delivery;
    world.dies(claim).await;
    let dead = listed(&world, DeliveryState::Dead).await;
    assert_eq!(dead.iter().map(|view| view.id).collect::<Vec<_>>(), [id]);
    assert_eq!(
        world.store.retry_delivery(id, "admin").await.unwrap(),
        Changed::Yes
    );
    world.reopen().await;
    let again = world.claim(&bot()).await.unwrap();
    assert_eq!(
        (again.job.about.delivery, text(&again)),
        (id, "one".to_owned())
    );
    world.done(again).await;
    assert_eq!(
        world.store.retry_delivery(id, "admin").await.unwrap(),
        Changed::NotNow,
        "it is delivered"
    );
    let unknown = DeliveryId::from_uuid(Uuid::from_u128(7));
    assert_eq!(
        world.store.retry_delivery(unknown, "admin").await.unwrap(),
        Changed::NotFound
    );
    assert_eq!(
        world.store.skip_delivery(unknown, "admin").await.unwrap(),
        Changed::NotFound
    );
}

pub async fn a_retry_ends_a_pause_that_waits_for_a_repair_and_no_other(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "one").await;
    let owed = listed(&world, DeliveryState::Pending).await;
    let id = owed
        .iter()
        .find(|view| view.destination == bot())
        .unwrap()
        .id;
    let until = world.clock.now().plus(Duration::from_mins(1));
    for (because, ends) in [
        (PausedBecause::RateLimited, false),
        (PausedBecause::Refused, true),
    ] {
        let pause = Some(Pause { until, because });
        world.store.pause(&bot(), pause).await.unwrap();
        assert_eq!(
            world.store.retry_delivery(id, "admin").await.unwrap(),
            Changed::Yes
        );
        assert_eq!(world.claim(&bot()).await.is_some(), ends, "{because:?}");
    }
}

pub async fn a_retried_text_may_come_back_as_an_echo(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "one").await;
    let claim = world.claim(&bot()).await.unwrap();
    let id = claim.job.about.delivery;
    world.dies(claim).await;
    world.store.retry_delivery(id, "admin").await.unwrap();
    world.apply(step("ann", vec![bot_said("one")])).await;
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_message_in_parts_that_is_given_up_can_be_said_to_its_end(
    harness: impl Harness + 'static,
) {
    let mut texts_alone = policy();
    for bot in texts_alone.bots.values_mut() {
        bot.capabilities = Capabilities::text_only(Audience::User, 10);
    }
    let mut world = World::with(harness, texts_alone).await;
    let handover = world.waiting("ann").await;
    world
        .agent_says(handover, "the first the second the third")
        .await;
    world.agent_says(handover, "after it").await;
    let claim = world.claim(&bot()).await.unwrap();
    let second = world.done(claim).await.unwrap();
    let next = world.dies(second).await.unwrap();
    assert_eq!(text(&next), "after it");
    world.done(next).await;
    world.reopen().await;
    let dead = listed(&world, DeliveryState::Dead).await;
    assert_eq!(dead.len(), 2, "what comes after the hole is not said");
    for view in &dead {
        world.store.retry_delivery(view.id, "admin").await.unwrap();
        let claim = world.claim(&bot()).await.unwrap();
        assert_eq!(claim.job.about.delivery, view.id);
        world.done(claim).await;
    }
    for part in ["the first", "the second", "the third"] {
        world.apply(step("ann", vec![bot_said(part)])).await;
    }
    let said = world.transcript(handover).await;
    assert_eq!(said.len(), 2, "the parts that came back are echoes");
}

pub async fn a_delivery_that_waits_is_retried_at_once(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let claim = world.claim(&team()).await.unwrap();
    let id = claim.job.about.delivery;
    world.fails_for(claim, Duration::from_mins(5)).await;
    assert!(world.claim(&team()).await.is_none());
    assert_eq!(
        world.store.retry_delivery(id, "admin").await.unwrap(),
        Changed::Yes
    );
    assert_eq!(world.claim(&team()).await.unwrap().job.about.delivery, id);
}

pub async fn a_skipped_delivery_is_not_sent(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "one").await;
    world.agent_says(handover, "two").await;
    let [first, _] = listed(&world, DeliveryState::Pending)
        .await
        .try_into()
        .unwrap();
    assert_eq!(
        world.store.skip_delivery(first.id, "admin").await.unwrap(),
        Changed::Yes
    );
    assert_eq!(
        world.store.skip_delivery(first.id, "admin").await.unwrap(),
        Changed::NotNow
    );
    assert_eq!(text(&world.claim(&bot()).await.unwrap()), "two");
    let told = world.claim(&team()).await.expect("the desk is told");
    assert!(matches!(told.job.task, Task::Failed { .. }), "{told:?}");
}

pub async fn what_is_on_its_way_is_neither_skipped_nor_retried(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let claim = world.claim(&team()).await.unwrap();
    let id = claim.job.about.delivery;
    assert_eq!(
        world.store.skip_delivery(id, "admin").await.unwrap(),
        Changed::NotNow
    );
    assert_eq!(
        world.store.retry_delivery(id, "admin").await.unwrap(),
        Changed::NotNow
    );
    world.store.release(claim).await.unwrap();
    assert_eq!(
        world.store.skip_delivery(id, "admin").await.unwrap(),
        Changed::Yes
    );
    assert!(world.claim(&team()).await.is_none());
}

pub async fn open_handovers_are_listed_page_by_page(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let mut open = Vec::new();
    for user in ["ann", "bea", "cem"] {
        open.push(world.waiting(user).await);
    }
    let over = open.remove(0);
    world.closes(over).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    let page = world.store.open_handovers(None, 1).await.unwrap();
    assert!(page.more);
    let rest = world
        .store
        .open_handovers(page.items.last().map(|item| item.id), 9)
        .await
        .unwrap();
    assert!(!rest.more);
    let listed: Vec<_> = page
        .items
        .iter()
        .chain(&rest.items)
        .map(|item| item.id)
        .collect();
    assert_eq!(listed, open);
    let first = &page.items[0];
    assert_eq!((&first.bot, &first.desk), (&bot_name(), &Some(team_name())));
    assert!(first.wake_at > first.phase_since);
}

pub async fn a_warning_counts_up(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let warning = Warning {
        kind: WarningKind::UnkeyedHook,
        subject: "webshop".to_owned(),
    };
    world.store.warn(warning.clone()).await.unwrap();
    let first_at = world.clock.now();
    world.wait(Duration::from_secs(1));
    world.store.warn(warning).await.unwrap();
    world.reopen().await;
    let warnings = world.store.warnings().await.unwrap();
    let [view] = warnings.as_slice() else {
        panic!("{warnings:?}")
    };
    assert_eq!(
        (view.kind, view.subject.as_str(), view.count),
        (WarningKind::UnkeyedHook, "webshop", 2)
    );
    assert_eq!((view.first_at, view.last_at), (first_at, world.clock.now()));
}

pub async fn a_desk_that_is_gone_gives_its_handovers_back(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let both = Names {
        bots: vec![bot_name()],
        desks: vec![team_name()],
    };
    for user in ["ann", "bea", "cem"] {
        world.waiting(user).await;
        world.user_says(user, "hello").await;
    }
    assert_eq!(world.store.names_in_use().await.unwrap(), both);
    let gone = Gone::Desk(team_name());
    let mut removed = Vec::new();
    loop {
        match world.store.remove(&gone, 2).await.unwrap() {
            0 => break,
            some => removed.push(some),
        }
        assert!(removed.len() < 10, "it comes to an end");
    }
    assert_eq!(removed[0], 2);
    let resumes = world.claims(&bot(), 9).await;
    assert_eq!(resumes.len(), 3, "every user gets the bot back");
    for resume in resumes {
        world.done(resume).await;
    }
    assert_eq!(world.store.names_in_use().await.unwrap(), Names::default());
}

pub async fn a_bot_that_is_gone_leaves_dead_letters(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    let gone = Gone::Bot(bot_name());
    assert_ne!(world.store.remove(&gone, 9).await.unwrap(), 0);
    assert_eq!(world.store.remove(&gone, 9).await.unwrap(), 0);
    assert!(world.claim(&bot()).await.is_none());
    let dead = listed(&world, DeliveryState::Dead).await;
    assert_eq!(dead.len(), 2, "what was said, and the resume");
    let told = world.claim(&team()).await.expect("the desk is told");
    assert!(matches!(told.job.task, Task::Close { .. }));
    let desks = world.store.names_in_use().await.unwrap();
    assert_eq!(
        desks,
        Names {
            bots: Vec::new(),
            desks: vec![team_name()]
        }
    );
}

pub async fn a_closed_store_says_so(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.store.close().await;
    assert!(matches!(world.store.probe().await, Err(Error::Closed)));
    assert!(matches!(
        world.store.apply(says("ann", "hello")).await,
        Err(Error::Closed)
    ));
    assert!(matches!(world.store.warnings().await, Err(Error::Closed)));
    world.store.close().await;
}

pub async fn a_probe_writes(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.store.probe().await.unwrap();
}

async fn listed(world: &World, state: DeliveryState) -> Vec<DeliveryView> {
    let filter = DeliveryFilter {
        state: Some(state),
        limit: 99,
        ..DeliveryFilter::default()
    };
    world.store.deliveries(filter).await.unwrap().items
}
