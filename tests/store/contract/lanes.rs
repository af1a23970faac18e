//! Lanes: one delivery on its way at a time, in order, and nothing forgotten.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::future::join_all;
use handover_bridge::{
    domain::{
        conversation::{Profile, UserProfile},
        delivery::{Done, StepResult, Task, TaskKind},
        message::Actor,
        retry::ErrorClass,
    },
    store::{Claim, RowOutcome, Settlement},
};

use crate::world::{Harness, World, bot, item, request, says, settled, team, text};

pub async fn a_lane_is_claimed_by_one_and_its_messages_come_in_order(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    for text in ["one", "two", "three"] {
        world.user_says("ann", text).await;
    }
    let first = world.claim(&team()).await.unwrap();
    assert!(world.claim(&team()).await.is_none(), "the lane is held");
    assert_eq!((text(&first), first.attempts), ("one".to_owned(), 0));
    let second = world.done(first).await.unwrap();
    assert!(
        world.claim(&team()).await.is_none(),
        "the lane is still held"
    );
    let third = world.done(second).await.unwrap();
    assert_eq!(text(&third), "three");
    assert!(world.done(third).await.is_none());
    assert!(world.claim(&team()).await.is_none(), "nothing is left");
}

pub async fn lanes_are_claimed_side_by_side_up_to_the_limit(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    for user in ["ann", "bea", "cem"] {
        world.request(user).await;
    }
    let claimed = world.store.claim(&team(), 2).await.unwrap();
    assert_eq!(claimed.claims.len(), 2);
    assert!(
        claimed.next_due.unwrap() <= world.clock.now(),
        "one more is due"
    );
    let rest = world.store.claim(&team(), 16).await.unwrap();
    assert_eq!((rest.claims.len(), rest.next_due), (1, None));
}

pub async fn many_claimers_never_hold_the_same_lane(harness: impl Harness + 'static) {
    let world = Arc::new(World::new(harness).await);
    for number in 0..64 {
        world.request(&format!("user{number}")).await;
    }
    let mut claimers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let world = Arc::clone(&world);
        claimers.spawn(async move {
            let mut held = Vec::new();
            loop {
                let claims = world.claims(&team(), 3).await;
                if claims.is_empty() {
                    return held;
                }
                held.extend(claims);
            }
        });
    }
    let held: Vec<_> = claimers.join_all().await.into_iter().flatten().collect();
    let lanes: HashSet<_> = held
        .iter()
        .map(|claim| claim.job.about.handover.id)
        .collect();
    assert_eq!((held.len(), lanes.len()), (64, 64));
}

pub async fn what_is_said_while_outcomes_come_goes_out_in_order_and_once(
    harness: impl Harness + 'static,
) {
    const TEXTS: usize = 12;
    let world = World::new(harness).await;
    let users: Vec<String> = (0..8).map(|number| format!("user{number}")).collect();
    for user in &users {
        world.waiting(user).await;
    }
    let texts = |user: &str| -> Vec<String> {
        (0..TEXTS)
            .map(|number| format!("{user} says {number}"))
            .collect()
    };
    let say = join_all(users.iter().map(async |user| {
        for text in texts(user) {
            world.user_says(user, &text).await;
        }
    }));
    let deliver = async {
        let mut told = Vec::new();
        while told.len() < users.len() * TEXTS {
            let lanes = world.claims(&team(), 16).await.into_iter();
            let lanes = join_all(lanes.map(async |first| {
                let (mut of_lane, mut next) = (Vec::new(), Some(first));
                while let Some(claim) = next {
                    of_lane.push(text(&claim));
                    next = world.done(claim).await;
                }
                of_lane
            }));
            told.extend(lanes.await.into_iter().flatten());
        }
        told
    };
    let (_, told) = tokio::join!(say, deliver);
    for user in &users {
        let of_user = told
            .iter()
            .filter(|text| text.starts_with(&format!("{user} ")));
        assert_eq!(of_user.cloned().collect::<Vec<_>>(), texts(user));
    }
    assert!(
        world.claim(&team()).await.is_none(),
        "nothing goes out a second time"
    );
}

pub async fn a_lane_whose_head_waits_for_its_next_attempt_waits_whole(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    let first = world.claim(&team()).await.unwrap();
    assert!(
        world
            .fails_for(first, Duration::from_secs(4))
            .await
            .is_none()
    );
    world.user_says("ann", "three").await;
    let nothing = world.store.claim(&team(), 16).await.unwrap();
    assert!(nothing.claims.is_empty());
    let due = world.clock.now().plus(Duration::from_secs(4));
    assert_eq!(nothing.next_due, Some(due));
    world.wait(Duration::from_secs(4));
    let again = world.claim(&team()).await.unwrap();
    assert_eq!((text(&again), again.attempts), ("one".to_owned(), 1));
}

pub async fn attempts_are_counted_unless_they_do_not_count(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    for (counts, attempts) in [(true, 1), (false, 1), (true, 2)] {
        let claim = world.claim(&team()).await.unwrap();
        let class = ErrorClass::RateLimited;
        let at = world.clock.now();
        let result = StepResult::Delayed {
            since: at,
            class,
            ambiguous: false,
        };
        let row = RowOutcome::Retry { at, class, counts };
        let again = world
            .store
            .settle(claim, Settlement { result, row })
            .await
            .unwrap();
        let again = again.expect("it is due at once");
        assert_eq!(again.attempts, attempts);
        world.store.release(again).await.unwrap();
    }
    world.reopen().await;
    assert_eq!(world.claim(&team()).await.unwrap().attempts, 2);
}

pub async fn a_claim_is_free_again_after_reopening(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    world.request("ann").await;
    let lost = world.claim(&team()).await.unwrap();
    let delivery = lost.job.about.delivery;
    world.reopen().await;
    let again = world.claim(&team()).await.unwrap();
    assert_eq!(
        again.job.about.delivery, delivery,
        "the same call under the same id"
    );
}

pub async fn an_open_call_goes_ahead_of_lanes_that_are_only_late(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("early").await;
    world.user_says("early", "hello?").await;
    world.wait(Duration::from_secs(1));
    let asked = world.request("late").await;
    let first = world.claim(&team()).await.unwrap();
    assert_eq!(
        (first.job.about.handover.id, first.job.task.kind()),
        (asked, TaskKind::Open),
        "a platform waits for what comes of it"
    );
}

pub async fn a_released_lane_can_be_claimed_at_once(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.request("ann").await;
    let claim = world.claim(&team()).await.unwrap();
    let delivery = claim.job.about.delivery;
    world.store.release(claim).await.unwrap();
    let again = world.claim(&team()).await.unwrap();
    assert_eq!((again.job.about.delivery, again.attempts), (delivery, 0));
}

pub async fn a_call_is_made_of_the_same_at_once_again_and_after_a_restart(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    world.agent_says(handover, "how can I help?").await;
    let jobs = async |world: &World| {
        let mut jobs = Vec::new();
        for destination in [team(), bot()] {
            let claim = world.claim(&destination).await.unwrap();
            jobs.push((format!("{:?}", claim.job), claim.attempts));
            assert_eq!(claim.destination, destination);
            world.store.release(claim).await.unwrap();
        }
        jobs
    };
    let at_once = jobs(&world).await;
    assert!(at_once[0].0.contains("hello") && at_once[1].0.contains("how can I help?"));
    assert_eq!(jobs(&world).await, at_once);
    world.reopen().await;
    assert_eq!(jobs(&world).await, at_once);
}

pub async fn a_call_knows_what_was_learnt_of_the_user_while_it_waited(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    world.agent_says(handover, "how can I help?").await;
    let mut learnt = says("ann", "I am Ann");
    let user = UserProfile {
        first_name: Some("Ann".to_owned()),
        ..UserProfile::default()
    };
    learnt.profile = Some(Profile {
        user,
        ..Profile::default()
    });
    world.apply(learnt).await;
    for destination in [team(), bot()] {
        let claim = world.claim(&destination).await.unwrap();
        let name = claim.job.about.profile.user.first_name.as_deref();
        assert_eq!(name, Some("Ann"), "{destination}");
    }
}

/// What came of a call could not be written any more.
pub async fn nothing_is_claimed_of_a_store_that_is_closed(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    world.store.close().await;
    let claimed = world.store.claim(&team(), 1).await;
    assert!(claimed.is_err(), "{claimed:?}");
}

pub async fn a_dropped_claim_comes_back_after_a_while(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.request("ann").await;
    drop(world.claim(&team()).await.unwrap());
    let nothing = world.store.claim(&team(), 1).await.unwrap();
    assert!(nothing.claims.is_empty());
    assert!(nothing.next_due.is_some());
    world.wait(Duration::from_secs(15));
    assert!(world.claim(&team()).await.is_some());
}

pub async fn a_bell_rings_for_new_work_and_for_a_retry(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let bell = world.store.bell(&team());
    world.request("ann").await;
    bell.notified().await;
    let open = world.claim(&team()).await.unwrap();
    world.fails_for(open, Duration::from_millis(500)).await;
    bell.notified().await;
    let waits = world.store.claim(&team(), 1).await.unwrap();
    assert!(waits.claims.is_empty() && waits.next_due.is_some());
}

pub async fn the_open_call_carries_the_newest_of_the_transcript(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let transcript = ["1", "2", "3", "4"].map(|text| item(Actor::User, text, Vec::new()));
    world.apply(request("ann", transcript.into())).await;
    world.user_says("ann", "5").await;
    let open = world.claim(&team()).await.unwrap();
    let told: Vec<_> = open
        .job
        .past
        .messages
        .iter()
        .map(|message| message.seq)
        .collect();
    assert_eq!(
        (told, open.job.past.total),
        (vec![2, 3, 4], 4),
        "three at most, and nothing that comes after"
    );
    let done = Done {
        reference: Some("room7".to_owned()),
        ..Done::default()
    };
    let next = world
        .store
        .settle(open, settled(StepResult::Done(done)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(text(&next), "5");
    assert_eq!(next.job.leg.unwrap().reference(), Some("room7"));
}

/// How many there are is not all that counts: a bot may tell a megabyte with each.
pub async fn of_long_messages_as_many_are_read_at_once_as_fit(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let long = |letter: &str, bytes| item(Actor::User, &letter.repeat(bytes), Vec::new());
    let transcript = vec![long("a", 600_000), long("b", 400_000), long("c", 600_000)];
    world.apply(request("ann", transcript)).await;
    let open = world.claim(&team()).await.unwrap();
    let told = |claim: &Claim| {
        let said = claim.job.past.messages.iter();
        said.map(|it| it.seq).collect::<Vec<_>>()
    };
    assert_eq!((told(&open), open.job.past.total), (vec![2, 3], 3));
    let handover = open.job.about.handover.id;
    world.done(open).await;
    let said = world.transcript(handover).await;
    let lengths: Vec<_> = said.iter().map(|(seq, text)| (*seq, text.len())).collect();
    assert_eq!(lengths, [(1, 600_000), (2, 400_000), (3, 600_000)]);
    let conversation = world.conversation("ann").await;
    let shown = |before| world.store.conversation(conversation, before, 100);
    let newest = shown(None).await.unwrap().unwrap();
    assert_eq!((newest.messages.len(), newest.more), (2, true));
    let older = shown(Some(2)).await.unwrap().unwrap();
    assert_eq!((older.messages.len(), older.more), (1, false));

    world
        .apply(request("bea", vec![long("a", 10), long("b", 2_000_000)]))
        .await;
    let open = world.claim(&team()).await.unwrap();
    assert_eq!(told(&open), [2], "one that is longer comes by itself");
}

pub async fn a_resume_says_whether_the_user_wrote_after_the_close(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    for (user, writes) in [("ann", true), ("bea", false)] {
        let handover = world.waiting(user).await;
        world.closes(handover).await;
        if writes {
            world.user_says(user, "wait").await;
        }
        let resume = world.claim(&bot()).await.unwrap();
        let Task::Resume { contract, .. } = &resume.job.task else {
            panic!("{resume:?}")
        };
        assert_eq!(contract.unanswered, writes, "{user}");
        world.done(resume).await;
    }
}
