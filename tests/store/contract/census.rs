//! What a store counts, from its rows.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::Phase,
        delivery::Task,
        event::DeskEvent,
        policy::{Notice, PausedBecause, Texts},
        time::Timestamp,
    },
    store::{Census, Changed, Owed, Pause},
};

use super::erasure::session;
use crate::world::{Harness, World, bot, bot_name, policy, team, team_name};

async fn census(world: &World) -> Census {
    world.store.census().await.unwrap()
}

pub async fn an_empty_store_counts_nothing(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let expected = Census {
        at: world.clock.now(),
        ..Census::default()
    };
    assert_eq!(census(&world).await, expected);
    world.user_says("ann", "hello").await;
    assert_eq!(census(&world).await, expected, "the bot has the user");
}

pub async fn what_is_owed_is_counted_and_as_old_as_its_oldest(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let first = world.waiting("ann").await;
    world.waiting("bob").await;
    let since = world.clock.now();
    world.user_says("ann", "one").await;
    world.wait(Duration::from_secs(7));
    world.user_says("bob", "two").await;
    world.agent_says(first, "three").await;
    world.reopen().await;
    let counted = census(&world).await;
    assert_eq!(counted.at, world.clock.now());
    assert_eq!(counted.owed[&team()], owed(2, since));
    assert_eq!(counted.owed[&bot()], owed(1, world.clock.now()));

    let claim = world.claim_of(&team(), first).await;
    assert_eq!(
        census(&world).await.owed[&team()].count,
        2,
        "it is on its way"
    );
    world.done(claim).await;
    assert_eq!(
        census(&world).await.owed[&team()],
        owed(1, world.clock.now())
    );
}

pub async fn nobody_waits_for_what_a_platform_is_to_delete(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("bea", "hello").await;
    world
        .store
        .erase(session("bea"), true, "admin")
        .await
        .unwrap();
    let nothing_old = Owed {
        count: 1,
        since: None,
    };
    assert_eq!(census(&world).await.owed[&bot()], nothing_old);
    let ann = world.waiting("ann").await;
    world.wait(Duration::from_mins(1));
    world.agent_says(ann, "one").await;
    assert_eq!(
        census(&world).await.owed[&bot()],
        owed(2, world.clock.now())
    );
}

pub async fn what_is_sent_again_is_as_old_as_that_until_it_is_tried(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let ann = world.waiting("ann").await;
    let mut said = Vec::new();
    for text in ["one", "two"] {
        world.agent_says(ann, text).await;
        let claim = world.claim(&bot()).await.unwrap();
        said.push((claim.job.about.delivery, world.clock.now()));
        world.dies(claim).await;
        world.wait(Duration::from_mins(1));
    }
    let [(first, said_first), (second, said_second)] = said[..] else {
        panic!("{said:?}")
    };
    world.wait(Duration::from_hours(20 * 24));
    let retried = world.clock.now();
    assert_eq!(
        world.store.retry_delivery(first, "admin").await.unwrap(),
        Changed::Yes
    );
    world.wait(Duration::from_secs(7));
    assert_eq!(
        world.store.retry_delivery(second, "admin").await.unwrap(),
        Changed::Yes
    );
    world.agent_says(ann, "three").await;
    world.wait(Duration::from_secs(7));
    assert_eq!(census(&world).await.owed[&bot()], owed(3, retried));

    let claim = world.claim(&bot()).await.unwrap();
    assert_eq!(
        claim.job.about.created_at, said_first,
        "it tells of when it was said"
    );
    world.fails_for(claim, Duration::from_secs(1)).await;
    assert_eq!(census(&world).await.owed[&bot()], owed(3, said_first));
    assert!(said_first < said_second);
}

fn owed(count: u64, since: Timestamp) -> Owed {
    let since = Some(since);
    Owed { count, since }
}

pub async fn open_handovers_dead_letters_and_pauses_are_counted(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let ann = world.waiting("ann").await;
    world.waiting("bob").await;
    world.request("cas").await;
    world.agent_says(ann, "one").await;
    let claim = world.claim(&bot()).await.unwrap();
    world.dies(claim).await;
    let until = world.clock.now().plus(Duration::from_secs(30));
    let because = PausedBecause::RateLimited;
    world
        .store
        .pause(&bot(), Some(Pause { until, because }))
        .await
        .unwrap();

    let counted = census(&world).await;
    let at = |phase| counted.open.get(&(Some(team_name()), phase)).copied();
    assert_eq!(at(Phase::Attended), Some(1));
    assert_eq!(at(Phase::Waiting), Some(1));
    assert_eq!(at(Phase::Requested), Some(1));
    assert_eq!(counted.dead_letters[&bot()], 1);
    assert_eq!(counted.paused[&bot()], until);
    assert_eq!(counted.unattended, 0);
    world.wait(Duration::from_secs(31));
    assert!(census(&world).await.paused.is_empty());
}

pub async fn a_user_in_line_whom_nobody_told_anything_is_unattended(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    let texts = [(Notice::Waiting, "please wait".to_owned())];
    policy.texts = Texts([("en".to_owned(), texts.into())].into());
    let world = World::with(harness, policy).await;
    world.waiting("ann").await;
    world.wait(Duration::from_secs(330));
    assert_eq!(census(&world).await.unattended, 0);
    world.wait(Duration::from_secs(1));
    assert_eq!(
        census(&world).await.unattended,
        1,
        "no timer has seen to it"
    );

    world.store.fire_timers(10).await.unwrap();
    assert_eq!(census(&world).await.unattended, 0, "it is being told");
    world.wait(Duration::from_secs(31));
    assert_eq!(
        census(&world).await.unattended,
        1,
        "the notice does not get out"
    );
    let notice = world.claim(&bot()).await.unwrap();
    assert!(matches!(notice.job.task, Task::Say { notice: true, .. }));
    world.done(notice).await;
    assert_eq!(census(&world).await.unattended, 0);
}

pub async fn a_notice_that_was_given_up_has_told_nobody(harness: impl Harness + 'static) {
    let mut policy = policy();
    let texts = [(Notice::Waiting, "please wait".to_owned())];
    policy.texts = Texts([("en".to_owned(), texts.into())].into());
    let world = World::with(harness, policy).await;
    world.waiting("ann").await;
    world.wait(Duration::from_secs(331));
    for told in [false, true] {
        world.store.fire_timers(10).await.unwrap();
        let notice = world.claim(&bot()).await.unwrap();
        if told {
            world.done(notice).await;
        } else {
            world.dies(notice).await;
        }
        assert_eq!(census(&world).await.unattended, u64::from(!told));
        world.wait(Duration::from_mins(5));
    }
}

pub async fn a_notice_that_is_empty_tells_nobody(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.wait(Duration::from_secs(331));
    world.store.fire_timers(10).await.unwrap();
    world.waiting("bea").await;
    let counted = census(&world).await;
    assert_eq!(counted.unattended, 1);
    assert_eq!(counted.left_alone, [world.conversation("ann").await]);
}

pub async fn an_agent_who_owes_an_answer_for_too_long_leaves_the_user_unattended(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let ann = world.waiting("ann").await;
    world.agent_says(ann, "one").await;
    let claim = world.claim(&bot()).await.unwrap();
    world.done(claim).await;
    world.wait(Duration::from_mins(30));
    assert_eq!(
        census(&world).await.unattended,
        0,
        "the agent has spoken last"
    );
    world.user_says("ann", "two").await;
    world.wait(Duration::from_secs(630));
    assert_eq!(census(&world).await.unattended, 0);
    world.wait(Duration::from_secs(1));
    assert_eq!(census(&world).await.unattended, 1);
    world.agent_says(ann, "three").await;
    assert_eq!(census(&world).await.unattended, 0);
}

pub async fn a_late_resume_is_counted_and_unattended_until_an_operator_knows(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let ann = world.waiting("ann").await;
    world
        .desk_tells(
            ann,
            DeskEvent::Closed {
                reason: None,
                by: None,
            },
        )
        .await;
    world.wait(Duration::from_secs(119));
    let counted = census(&world).await;
    assert_eq!((counted.unattended, counted.late_resumes.len()), (0, 0));
    world.wait(Duration::from_secs(32));
    let counted = census(&world).await;
    assert_eq!(
        (counted.unattended, counted.late_resumes[&bot_name()]),
        (1, 1)
    );
    world.store.fire_timers(10).await.unwrap();
    let counted = census(&world).await;
    assert_eq!(
        (counted.unattended, counted.late_resumes[&bot_name()]),
        (0, 1)
    );
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    let counted = census(&world).await;
    assert_eq!((counted.open.len(), counted.late_resumes.len()), (0, 0));
}
