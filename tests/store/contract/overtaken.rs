//! What waits in a lane and is overtaken by events: cancelled, gone around, or given up.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::Answer, delivery::Task, effect::WarningKind, policy::Notice,
        retry::ErrorClass,
    },
    store::{Changed, DeliveryFilter, DeliveryState},
};

use crate::world::{Harness, World, bot, policy, team, text};

pub async fn a_close_by_the_desk_cancels_what_waits_but_not_what_is_on_its_way(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    let flying = world.claim(&team()).await.unwrap();
    world.closes(handover).await;
    let cancelled = DeliveryFilter {
        state: Some(DeliveryState::Cancelled),
        limit: 9,
        ..DeliveryFilter::default()
    };
    assert_eq!(
        world.store.deliveries(cancelled).await.unwrap().items.len(),
        1
    );
    let id = flying.job.about.delivery;
    assert!(
        world.done(flying).await.is_none(),
        "what waited behind it is not sent"
    );
    let delivered = DeliveryFilter {
        state: Some(DeliveryState::Delivered),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let delivered = world.store.deliveries(delivered).await.unwrap().items;
    assert!(delivered.iter().any(|view| view.id == id));
}

pub async fn an_offer_that_was_not_sent_is_taken_back_by_what_is_decided_over_it(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for (user, class) in [
        ("ann", ErrorClass::Unauthorized),
        ("ben", ErrorClass::RateLimited),
        ("eve", ErrorClass::Certificate),
    ] {
        let handover = world.request(user).await;
        world.user_says(user, "anybody there?").await;
        let offer = world.claim_of(&team(), handover).await;
        let next = world.fails_with(offer, class, Duration::ZERO).await;
        assert!(next.is_none(), "{class:?}: {next:?}");
        assert_eq!(world.answer(handover).await, Answer::Declined, "{class:?}");
    }
    world.reopen().await;
    world.wait(Duration::from_mins(1));
    assert!(
        world.claim(&team()).await.is_none(),
        "the desk hears nothing"
    );
    let rows = world.store.deliveries(DeliveryFilter {
        destination: Some(team()),
        limit: 20,
        ..DeliveryFilter::default()
    });
    for row in rows.await.unwrap().items {
        assert_eq!(row.state, DeliveryState::Cancelled, "{}", row.kind.label());
    }
}

pub async fn a_resume_goes_ahead_of_a_text_that_cannot_go_out(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "goodbye").await;
    let say = world.claim(&bot()).await.unwrap();
    let say_id = say.job.about.delivery;
    world.fails_for(say, Duration::from_mins(5)).await;
    world.closes(handover).await;
    assert!(
        world.claim(&bot()).await.is_none(),
        "the resume stands behind the text"
    );
    world.wait(Duration::from_mins(2));
    world.store.fire_timers(16).await.unwrap();
    let resume = world.claim(&bot()).await.expect("the resume goes ahead");
    assert!(matches!(resume.job.task, Task::Resume { .. }));
    assert!(world.done(resume).await.is_none());
    let dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let dead = world.store.deliveries(dead).await.unwrap().items;
    assert_eq!(
        dead.iter().map(|view| view.id).collect::<Vec<_>>(),
        [say_id],
        "the user is the bot's by now"
    );
}

pub async fn a_dead_letter_lets_the_lane_go_on(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "one").await;
    world.agent_says(handover, "two").await;
    let first = world.claim(&bot()).await.unwrap();
    let second = world.dies(first).await.unwrap();
    assert_eq!(text(&second), "two");
    let told = world.claim(&team()).await.expect("the desk is told");
    assert!(matches!(told.job.task, Task::Failed { .. }), "{told:?}");
}

pub async fn what_was_to_be_told_of_the_handover_before_is_told_nobody(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    let texts = [
        (Notice::Ended, "it is over"),
        (Notice::EndedRepeat, "again"),
    ];
    let texts = texts.map(|(notice, text)| (notice, text.to_owned()));
    policy.texts.0.insert("en".to_owned(), texts.into());
    let world = World::with(harness, policy).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "goodbye").await;
    let goodbye = world.claim(&bot()).await.unwrap();
    world.done(goodbye).await;
    world.closes(handover).await;
    let flying = world.claim(&bot()).await.unwrap();
    assert_eq!(text(&flying), "it is over");
    world.user_says("ann", "wait").await;
    world.request("ann").await;
    let next = world.fails_for(flying, Duration::ZERO).await;
    assert!(next.is_none(), "nothing is to be told: {next:?}");
    let to_bot = DeliveryFilter {
        destination: Some(bot()),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let to_bot = world.store.deliveries(to_bot).await.unwrap().items;
    let states: Vec<_> = to_bot.iter().map(|row| row.state).collect();
    let cancelled = DeliveryState::Cancelled;
    let told = DeliveryState::Delivered;
    assert_eq!(states, [told, cancelled, cancelled, cancelled]);
}

pub async fn a_dead_resume_does_not_give_the_bot_a_user_whom_an_agent_has_by_now(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let before = world.waiting("ann").await;
    world.closes(before).await;
    let resume = world.claim(&bot()).await.unwrap();
    let id = resume.job.about.delivery;
    world.dies(resume).await;
    let handover = world.waiting("ann").await;
    world.reopen().await;
    let retry = || world.store.retry_delivery(id, "admin");
    assert_eq!(retry().await.unwrap(), Changed::Overtaken);
    assert_eq!(world.store.retry_all(&bot(), "admin").await.unwrap(), 0);
    assert!(world.claim(&bot()).await.is_none());

    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    assert_eq!(retry().await.unwrap(), Changed::Yes, "nobody has the user");
    assert_eq!(world.claim(&bot()).await.unwrap().job.about.delivery, id);
}

pub async fn a_resume_that_was_on_its_way_is_not_made_again_once_an_agent_has_the_user(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let before = world.waiting("ann").await;
    world.closes(before).await;
    let resume = world.claim(&bot()).await.unwrap();
    assert!(matches!(resume.job.task, Task::Resume { .. }));
    let handover = world.waiting("ann").await;
    drop(resume);
    world.reopen().await;
    world.wait(Duration::from_mins(1));
    assert!(world.claim(&bot()).await.is_none());
    world.agent_says(handover, "hello again").await;
    assert_eq!(text(&world.claim(&bot()).await.unwrap()), "hello again");
}

pub async fn a_pause_that_is_not_needed_any_more_and_fails_is_no_dead_letter(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    for bot in policy.bots.values_mut() {
        bot.answer_pauses = false;
        bot.pause_steps = 1;
    }
    let world = World::with(harness, policy).await;
    let handover = world.waiting("ann").await;
    let pause = world.claim(&bot()).await.unwrap();
    assert!(matches!(pause.job.task, Task::Pause { .. }));
    world.closes(handover).await;
    let resume = world.dies(pause).await.unwrap();
    assert!(matches!(resume.job.task, Task::Resume { .. }));
    let warnings = world.store.warnings().await.unwrap();
    let dead = warnings
        .iter()
        .find(|it| it.kind == WarningKind::DeadLetter);
    assert!(dead.is_none(), "{warnings:?}");
}
