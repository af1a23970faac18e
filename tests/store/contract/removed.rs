//! What is gone from the configuration leaves nobody in the dark.

use handover_bridge::{
    domain::{
        delivery::{Destination, Task},
        effect::WarningKind,
        handover::Outcome,
        ids::{HandoverId, MessageId},
        policy::ClosedBecause,
        reason::Ours,
    },
    store::{Changed, Claim, DeliveryFilter, DeliveryState, DeliveryView, Gone, Names},
};

use super::erasure::session;
use crate::world::{Harness, World, bot, bot_name, policy, team, team_name};

pub async fn an_agent_is_told_of_what_waited_for_a_bot_that_is_gone(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let said = [
        says(&world, handover, "hi").await,
        says(&world, handover, "here is your code").await,
    ];
    remove(&world, Gone::Bot(bot_name())).await;
    let told = [
        next(&world, &team()).await,
        next(&world, &team()).await,
        next(&world, &team()).await,
    ];
    assert!(matches!(told[0], Task::Close { .. }), "{told:?}");
    assert_eq!(told[1..], said.map(failed));
    assert_eq!(dead(&world).await, 3, "what was said, and the resume");
    assert!(raised(&world, WarningKind::DeadLetter).await);
}

pub async fn a_bot_that_was_gone_is_resumed_once_an_operator_wants_it(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    remove(&world, Gone::Bot(bot_name())).await;
    let resume = all_dead(&world).await.pop().unwrap();
    assert_eq!(resume.kind.label(), "resume");
    let retried = world.store.retry_delivery(resume.id, "admin").await;
    assert_eq!(retried.unwrap(), Changed::Yes);
    let task = next(&world, &bot()).await;
    let Task::Resume { contract, .. } = task else {
        panic!("{task:?}")
    };
    assert_eq!(contract.reason, Ours::BotRemoved.into());
}

pub async fn so_is_one_whose_handover_was_over_by_then(harness: impl Harness + 'static) {
    let mut policy = policy();
    for bot in policy.bots.values_mut() {
        bot.resume_steps = 0;
    }
    let world = World::with(harness, policy).await;
    let handover = world.waiting("ann").await;
    let said = says(&world, handover, "here is your code").await;
    world.closes(handover).await;
    remove(&world, Gone::Bot(bot_name())).await;
    assert_eq!(next(&world, &team()).await, failed(said));
}

pub async fn what_nobody_is_left_to_be_told_of_is_a_dead_letter(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    says(&world, handover, "hi").await;
    remove(&world, Gone::Bot(bot_name())).await;
    remove(&world, Gone::Desk(team_name())).await;
    assert_eq!(
        dead(&world).await,
        4,
        "what was said, the resume, the close, the failure"
    );
    let left = world.store.names_in_use().await.unwrap();
    assert_eq!((left.bots, left.desks), (vec![], vec![]));
}

pub async fn what_is_owed_in_what_cannot_be_read_is_a_dead_letter_alone(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    says(&world, handover, "hi").await;
    world.spoil().await;
    remove(&world, Gone::Bot(bot_name())).await;
    assert_eq!(dead(&world).await, 1);
    assert!(raised(&world, WarningKind::DeadLetter).await);
    assert!(world.claim(&team()).await.is_none());
}

pub async fn a_bot_that_is_owed_nothing_is_not_in_use(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    let closed = Some(ClosedBecause::BreakerOpen);
    world.store.set_condition(&team(), closed);
    world.request("ann").await;
    let used = world.store.names_in_use().await.unwrap();
    assert_eq!(used, Names::default(), "while it is called");
    drop(resume);
    world.reopen().await;
    let used = world.store.names_in_use().await.unwrap();
    assert_eq!(
        used,
        Names::default(),
        "and when nobody heard the end of it"
    );
}

pub async fn a_platform_that_is_gone_keeps_what_it_was_to_delete(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("ann", "hello").await;
    let whose = session("ann");
    let begun = world.store.erase(whose, true, "admin").await.unwrap();
    assert_eq!(begun.left, 1);
    remove(&world, Gone::Bot(bot_name())).await;
    assert!(raised(&world, WarningKind::NotErased).await);
}

async fn says(world: &World, handover: HandoverId, text: &str) -> MessageId {
    match world.agent_says(handover, text).await {
        Outcome::Taken { id } => MessageId::from_uuid(id),
        other => panic!("{other:?}"),
    }
}

fn failed(message: MessageId) -> Task {
    let reason = "gone".to_owned();
    Task::Failed { message, reason }
}

async fn remove(world: &World, gone: Gone) {
    while world.store.remove(&gone, 9).await.unwrap() > 0 {}
}

async fn next(world: &World, of: &Destination) -> Task {
    let claim = world.claim(of).await.expect("something is owed");
    let task = claim.job.task.clone();
    release(world, claim).await;
    task
}

async fn release(world: &World, claim: Claim) {
    if let Some(next) = world.done(claim).await {
        world.store.release(next).await.unwrap();
    }
}

async fn dead(world: &World) -> usize {
    all_dead(world).await.len()
}

async fn all_dead(world: &World) -> Vec<DeliveryView> {
    let dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 99,
        ..DeliveryFilter::default()
    };
    world.store.deliveries(dead).await.unwrap().items
}

async fn raised(world: &World, kind: WarningKind) -> bool {
    let warnings = world.store.warnings().await.unwrap();
    warnings.iter().any(|warning| warning.kind == kind)
}
