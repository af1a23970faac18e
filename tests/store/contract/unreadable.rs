//! A conversation that cannot be read holds up nobody, and nothing is repeated for it.

use std::time::Duration;

use handover_bridge::{
    domain::{conversation::Answer, delivery::Task, effect::WarningKind, policy::Limits},
    store::{DeliveryFilter, DeliveryState, DeliveryView, Gone, ListedClass},
};

use crate::world::{Harness, World, bot, bot_name, policy, team, team_name, text};

pub async fn what_cannot_be_read_keeps_nobody_elses_deadline(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    for number in 0..6 {
        world.request(&format!("broken{number}")).await;
    }
    world.spoil().await;
    world.wait(Duration::from_millis(1));
    let handover = world.request("ann").await;
    world.wait(Limits::default().decide_within);
    let mut fired = 0;
    for _ in 0..3 {
        fired += world.store.fire_timers(3).await.unwrap().count;
    }
    assert_eq!(fired, 1);
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn what_was_sent_is_not_sent_again_for_want_of_a_readable_conversation(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    world.spoil().await;
    let first = world.claim(&team()).await.unwrap();
    assert_eq!(text(&first), "one");
    let id = first.job.about.delivery;
    let next = match world.done(first).await {
        Some(next) => next,
        None => world.claim(&team()).await.unwrap(),
    };
    assert_eq!(text(&next), "two");
    assert_ne!(next.job.about.delivery, id);
}

pub async fn a_resume_that_cannot_be_read_ends_the_handover_like_one_that_is_given_up(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    world.change("UPDATE handovers SET facts = '?'").await;
    give_up_all(&world).await;
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(open.items, []);
    assert_eq!(warnings(&world).await, {
        use WarningKind::{DeadLetter, ResumeFailed};
        [DeadLetter, ResumeFailed]
    });
    let dead = dead_letters(&world).await;
    assert!(dead.iter().any(|letter| letter.kind.label() == "resume"));
    for letter in &dead {
        assert_eq!(letter.error_class, Some(ListedClass::UnreadableRow));
    }
}

pub async fn what_cannot_be_read_of_a_conversation_that_cannot_either_is_a_dead_letter_alone(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    world.spoil().await;
    world.change("UPDATE handovers SET facts = '?'").await;
    give_up_all(&world).await;
    assert_ne!(dead_letters(&world).await, []);
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(open.items.len(), 1, "nothing can be decided of it");
}

pub async fn a_lane_that_cannot_be_rid_of_its_head_waits_and_nobody_waits_for_it(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for user in ["ann", "bea", "cem"] {
        world.waiting(user).await;
        world.user_says(user, user).await;
    }
    world
        .change(
            "UPDATE deliveries SET trace = '?' WHERE row = (SELECT min(row) FROM deliveries WHERE settled_at IS NULL)",
        )
        .await;
    let claimed = world.store.claim(&team(), 9).await.unwrap();
    let mut told: Vec<_> = claimed.claims.iter().map(text).collect();
    told.sort_unstable();
    assert_eq!(told, ["bea", "cem"]);
    let again = world.store.claim(&team(), 9).await.unwrap();
    assert!(again.claims.is_empty());
    let next = again.next_due.expect("it is tried again");
    assert!(next > world.clock.now(), "but not at once: {next}");
}

pub async fn what_cannot_be_read_does_not_keep_the_rest_of_a_removed_desk_or_bot(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for number in 0..3 {
        world.waiting(&format!("broken{number}")).await;
    }
    world.spoil().await;
    world.waiting("ann").await;
    let gone = Gone::Desk(team_name());
    while world.store.remove(&gone, 2).await.unwrap() > 0 {}
    let resume = world.claim(&bot()).await.expect("ann gets the bot back");
    world.store.release(resume).await.unwrap();
    world.waiting("bea").await;
    let gone = Gone::Bot(bot_name());
    while world.store.remove(&gone, 2).await.unwrap() > 0 {}
    let close = world.claim(&team()).await.expect("bea's desk is told");
    assert!(matches!(close.job.task, Task::Close { .. }));
}

pub async fn what_cannot_even_be_given_up_does_not_keep_the_rest_of_a_removed_bot(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for number in 0..4 {
        let handover = world.waiting(&format!("user{number}")).await;
        world.agent_says(handover, "hi").await;
    }
    world
        .change(
            "UPDATE deliveries SET trace = '?' WHERE destination LIKE 'bot:%' AND row < (SELECT max(row) FROM deliveries)",
        )
        .await;
    let gone = Gone::Bot(bot_name());
    while world.store.remove(&gone, 2).await.unwrap() > 0 {}
    let dead = dead_letters(&world).await;
    let said = dead.iter().filter(|dead| dead.kind.label() == "say");
    assert_eq!(said.count(), 1, "beside the resume of each");
}

pub async fn what_cannot_be_read_hides_no_warning_of_another_conversation(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    for bot in policy.bots.values_mut() {
        bot.answer_pauses = false;
        bot.pause_steps = 1;
    }
    let mut world = World::with(harness, policy).await;
    world.waiting("of another version").await;
    world.spoil().await;
    world.waiting("no JSON at all").await;
    world
        .change("UPDATE conversations SET state = '{' || state")
        .await;
    world.waiting("ann").await;
    assert_eq!(warnings(&world).await, [WarningKind::BotNotPaused]);
}

/// Of the bot's, one after another: nothing can be put together.
async fn give_up_all(world: &World) {
    for _ in 0..9 {
        assert!(world.claim(&bot()).await.is_none());
    }
}

async fn warnings(world: &World) -> Vec<WarningKind> {
    let warnings = world.store.warnings().await.unwrap();
    let mut kinds: Vec<_> = warnings.iter().map(|warning| warning.kind).collect();
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    kinds
}

async fn dead_letters(world: &World) -> Vec<DeliveryView> {
    let dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 99,
        ..DeliveryFilter::default()
    };
    world.store.deliveries(dead).await.unwrap().items
}
