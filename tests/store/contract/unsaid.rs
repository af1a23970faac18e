//! What reaches nobody any more: the desk is told of what was not said, and what goes another way is no dead letter.

use std::time::Duration;

use handover_bridge::{
    domain::{
        delivery::{StepResult, Task, TaskKind},
        fallback::{Audience, Capabilities},
        ids::{DeliveryId, HandoverId},
        message::{Actor, Message},
        retry::ErrorClass,
    },
    store::{Changed, Claim, DeliveryFilter, DeliveryState, RowOutcome, Settlement},
};

use crate::world::{Harness, World, bot, policy, team, text, text_of};

/// What the desk is told next, until nothing is owed to it.
async fn told(world: &World) -> Vec<Task> {
    let mut told = Vec::new();
    let mut next = world.claim(&team()).await;
    while let Some(claim) = next {
        told.push(claim.job.task.clone());
        next = world.done(claim).await;
    }
    told
}

async fn gone(world: &World, claim: Claim, row: RowOutcome) {
    let result = StepResult::Gone;
    let settlement = Settlement { result, row };
    world.store.settle(claim, settlement).await.unwrap();
}

async fn states(world: &World) -> Vec<(String, DeliveryState)> {
    let page = world
        .store
        .deliveries(DeliveryFilter {
            limit: 10,
            ..DeliveryFilter::default()
        })
        .await;
    let rows = page.unwrap().items.into_iter();
    rows.map(|row| (row.kind.label().to_owned(), row.state))
        .collect()
}

pub async fn a_desk_is_told_of_every_message_that_a_gone_session_left_unsaid(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    for text in ["one", "two", "three"] {
        world.agent_says(handover, text).await;
    }
    world.reopen().await;
    let first = world.claim(&bot()).await.unwrap();
    assert_eq!(text(&first), "one");
    let class = ErrorClass::Gone;
    gone(&world, first, RowOutcome::Dead { class }).await;
    let kinds: Vec<_> = told(&world).await.iter().map(Task::kind).collect();
    let failed = TaskKind::Failed;
    assert_eq!(kinds, [failed, failed, failed, TaskKind::Close]);
    assert!(world.claim(&bot()).await.is_none(), "nobody is there");
}

pub async fn a_desk_that_closes_is_still_told_what_was_not_heard(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let on_its_way = world.claim(&team()).await.unwrap();
    world.agent_says(handover, " ").await;
    world.user_says("ann", "two").await;
    world.closes(handover).await;
    world.reopen().await;
    world.done(on_its_way).await;
    world.wait(Duration::from_mins(1));
    let kinds: Vec<_> = told(&world).await.iter().map(Task::kind).collect();
    assert!(kinds.ends_with(&[TaskKind::Failed]), "{kinds:?}");
    assert!(
        !kinds.contains(&TaskKind::Close),
        "it has closed itself: {kinds:?}"
    );
}

pub async fn what_a_desk_is_told_anew_is_no_dead_letter(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    let message = world.claim(&team()).await.unwrap();
    let class = ErrorClass::Gone;
    gone(&world, message, RowOutcome::Dead { class }).await;
    let states = states(&world).await;
    assert!(
        states.contains(&("message".to_owned(), DeliveryState::Cancelled)),
        "{states:?}"
    );
    let again = world.claim(&team()).await.unwrap();
    assert_eq!(again.job.task.kind(), TaskKind::Open);
    assert_eq!(again.job.past.messages.len(), 1, "it stands in the offer");
}

pub async fn a_desk_does_not_read_what_agents_before_it_could_not_say(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    for text in ["one", "two", "three"] {
        world.agent_says(handover, text).await;
    }
    let one = world.claim(&bot()).await.unwrap();
    let two = world.done(one).await.unwrap();
    let refused = two.job.about.delivery;
    let three = world.dies(two).await.unwrap();
    assert_eq!(text(&three), "three");
    world.done(three).await;
    close(&world, handover).await;
    world.reopen().await;

    assert_eq!(offered(&world).await, ["one", "three"]);
    world.dies(tried_again(&world, refused).await).await;
    assert_eq!(offered(&world).await, ["one", "three"]);
    world.done(tried_again(&world, refused).await).await;
    assert_eq!(offered(&world).await, ["one", "two", "three"]);
}

async fn tried_again(world: &World, dead: DeliveryId) -> Claim {
    let changed = world.store.retry_delivery(dead, "admin").await.unwrap();
    assert_eq!(changed, Changed::Yes);
    world.claim(&bot()).await.unwrap()
}

pub async fn a_part_that_is_said_after_all_is_not_the_whole_message(
    harness: impl Harness + 'static,
) {
    let mut in_parts = policy();
    for bot in in_parts.bots.values_mut() {
        bot.capabilities = Capabilities::text_only(Audience::User, 10);
    }
    let world = World::with(harness, in_parts).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "the first the second").await;
    let first = world.claim(&bot()).await.unwrap();
    let refused = first.job.about.delivery;
    assert!(world.dies(first).await.is_none());
    close(&world, handover).await;

    let second = other_dead(&world, refused).await;
    world.done(tried_again(&world, second).await).await;
    assert!(offered(&world).await.is_empty());
    world.done(tried_again(&world, refused).await).await;
    assert_eq!(offered(&world).await, ["the first the second"]);
}

async fn other_dead(world: &World, than: DeliveryId) -> DeliveryId {
    let filter = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 10,
        ..DeliveryFilter::default()
    };
    let dead = world.store.deliveries(filter).await.unwrap().items;
    let mut others = dead.iter().map(|view| view.id).filter(|id| *id != than);
    others.next().expect("another dead letter")
}

/// What agents have said, as it stands in the offer of another handover, which is over then.
async fn offered(world: &World) -> Vec<String> {
    let handover = world.request("ann").await;
    let open = world.claim_of(&team(), handover).await;
    let agents = |message: &&Message| message.actor == Actor::Agent;
    let read = open.job.past.messages.iter().filter(agents);
    let read = read.map(|message| text_of(&message.content)).collect();
    let length = u64::try_from(open.job.past.messages.len());
    assert_eq!(Ok(open.job.past.total), length);
    world.done(open).await;
    close(world, handover).await;
    read
}

async fn close(world: &World, handover: HandoverId) {
    world.closes(handover).await;
    let resume = world.claim_of(&bot(), handover).await;
    assert_eq!(resume.job.task.kind(), TaskKind::Resume);
    world.done(resume).await;
}
