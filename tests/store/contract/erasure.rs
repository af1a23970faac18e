//! A user is erased: what is open ends first, then everything goes but the keys.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::{Answer, Profile, UserProfile},
        delivery::{StepResult, Task, TaskKind},
        effect::WarningKind,
        event::{DeskEvent, Event, Incoming, Step},
        handover::Outcome,
        retry::ErrorClass,
    },
    store::{
        Applied, Changed, DeliveryFilter, DeliveryView, Erased, Erasure, Named, NewAudit,
        Retention, RowOutcome, Settlement, Whose,
    },
};

use tokio::time::timeout;

use crate::world::{
    Harness, World, bot, bot_name, from_desk, keep, key, request_once, says, says_once, step, team,
    team_name,
};

pub async fn an_open_handover_is_ended_before_anything_goes(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    let begun = world
        .store
        .erase(session("ann"), true, "ben")
        .await
        .unwrap();
    assert_eq!((begun.conversations, begun.left), (1, 1));
    let trail = world.store.audit_trail(None, 1).await.unwrap();
    let asked = trail.items.first().expect("who asked for it");
    assert_eq!((&*asked.actor, &*asked.action), ("ben", "erasures.request"));
    let kinds: Vec<_> = begun
        .waits_for
        .iter()
        .map(|owed| owed.kind.label())
        .collect();
    assert_eq!(kinds, ["say", "close", "resume", "forget"]);
    assert_eq!(go_on(&world).await, Erased::Waits);

    let close = world.claim(&team()).await.expect("the desk is told");
    assert!(matches!(close.job.task, Task::Close { .. }), "{close:?}");
    world.done(close).await;
    let mut next = world.claim(&bot()).await;
    let mut seen = Vec::new();
    while let Some(claim) = next {
        seen.push(claim.job.task.kind());
        assert_eq!(
            go_on(&world).await,
            Erased::Waits,
            "not while it is on its way"
        );
        next = world.done(claim).await;
    }
    assert_eq!(
        seen,
        [TaskKind::Say, TaskKind::Resume, TaskKind::Forget],
        "in this order"
    );

    let done = finished(&world, &begun).await;
    assert_eq!(
        (done.left, done.platform_deleted, done.platform_kept),
        (0, 1, 0)
    );
    assert_eq!(done.waits_for, []);
    let view = world.store.handover(handover, &team_name()).await.unwrap();
    assert!(view.is_none());
    assert!(all_deliveries(&world).await.is_empty());
    let late = from_desk(handover, DeskEvent::Typing, Vec::new());
    let late = world.store.apply(late).await.unwrap();
    assert_eq!(late, Applied::NotFound);
    assert_eq!(world.answer(handover).await, Answer::Declined);
}

pub async fn what_was_said_before_an_erasure_is_still_a_repeat(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    world.apply(says_once("ann", "m1", "hello")).await;
    world.apply(request_once("ann", 7)).await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    finished(&world, &begun).await;
    world.reopen().await;

    let said = world.apply(says_once("ann", "m1", "hello")).await;
    assert!(
        matches!(said.as_slice(), [Outcome::Repeat { .. }]),
        "{said:?}"
    );
    let asked = world.apply(request_once("ann", 7)).await;
    let declined = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Requested {
                answer: Answer::Declined,
                ..
            }
        )
    };
    assert!(asked.iter().all(declined), "{asked:?}");
    assert!(all_deliveries(&world).await.is_empty());
    let again = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    assert_eq!(again.conversations, 0, "the repeats have created nothing");
}

pub async fn an_erased_user_who_comes_back_begins_anew(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("ann", "before").await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    finished(&world, &begun).await;
    world.user_says("ann", "after").await;
    let handover = world.waiting("ann").await;
    assert_eq!(world.transcript(handover).await, [(1, "after".to_owned())]);
}

pub async fn a_request_during_an_erasure_is_declined(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    let outcomes = world.apply(request_once("ann", 9)).await;
    let [Outcome::Requested { answer, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!(*answer, Answer::Declined);
    let close = world.claim(&team()).await.unwrap();
    world.done(close).await;
    assert!(world.claim(&bot()).await.is_none(), "it speaks: no resume");
    finished(&world, &begun).await;
}

pub async fn only_who_is_meant_is_erased(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let known = |user: &str, id: &str, version: &str| Step {
        profile: Some(Profile {
            version: Some(version.to_owned()),
            user: UserProfile {
                id: Some(id.to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        }),
        ..says(user, "hello")
    };
    for (user, id, version) in [
        ("s1", "u1", "LIVE"),
        ("s2", "u1", "LIVE"),
        ("s3", "u1", "DRAFT"),
        ("s4", "u2", "LIVE"),
    ] {
        world.apply(known(user, id, version)).await;
    }
    let meant = |named: Named, bot: Option<&str>, version: Option<&str>| Whose {
        named: vec![named],
        bot: bot.map(|bot| bot.parse().unwrap()),
        version: version.map(ToOwned::to_owned),
    };
    let profile = |id: &str| Named::Profile(id.to_owned());
    for (whose, found) in [
        (meant(profile("u1"), Some("other"), None), 0),
        (meant(profile("s1"), None, None), 0),
        (meant(Named::Key("s1".to_owned()), None, Some("DRAFT")), 0),
        (meant(profile("u1"), Some("webshop"), Some("DRAFT")), 1),
        (meant(profile("u1"), None, None), 2),
        (meant(Named::Key("s4".to_owned()), None, None), 1),
    ] {
        let begun = world
            .store
            .erase(whose.clone(), false, "admin")
            .await
            .unwrap();
        assert_eq!(begun.conversations, found, "{whose:?}");
        finished(&world, &begun).await;
    }
}

pub async fn an_erasure_goes_on_after_reopening(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    world.waiting("ann").await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    world.reopen().await;
    assert_eq!(go_on(&world).await, Erased::Waits);
    settle_all(&world).await;
    world.reopen().await;
    let done = finished(&world, &begun).await;
    assert_eq!(done.left, 0);
}

pub async fn a_large_conversation_goes_a_few_rows_at_a_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    for number in 0..25 {
        world.user_says("ann", &format!("text {number}")).await;
    }
    world.user_says("bea", "stays").await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    while world.store.go_on_erasing(2).await.unwrap() != Erased::All {}
    assert_eq!(state(&world, &begun).await.left, 0);
    let handover = world.waiting("bea").await;
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_platform_that_does_not_delete_does_not_hold_the_rest_for_ever(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.user_says("ann", "hello").await;
    let begun = world
        .store
        .erase(session("ann"), true, "admin")
        .await
        .unwrap();
    let forget = world.claim(&bot()).await.unwrap();
    let id = forget.job.about.delivery;
    let class = ErrorClass::Rejected;
    let dead = Settlement {
        result: StepResult::Dead { class },
        row: RowOutcome::Dead { class },
    };
    world.store.settle(forget, dead).await.unwrap();
    assert_eq!(
        world.store.retry_delivery(id, "admin").await.unwrap(),
        Changed::NotNow,
        "it is on its way out"
    );
    let done = finished(&world, &begun).await;
    assert_eq!((done.platform_deleted, done.platform_kept), (0, 1));
    let warnings = world.store.warnings().await.unwrap();
    let told: Vec<_> = warnings
        .iter()
        .map(|warning| (warning.kind, warning.subject.as_str()))
        .collect();
    assert_eq!(told, [(WarningKind::NotErased, "webshop")]);
}

pub async fn what_is_owed_is_given_up_a_day_later_or_when_an_operator_skips_it(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    for user in ["ann", "bea"] {
        world.user_says(user, "hello").await;
    }
    let ann = world
        .store
        .erase(session("ann"), true, "admin")
        .await
        .unwrap();
    let bea = world
        .store
        .erase(session("bea"), true, "admin")
        .await
        .unwrap();
    assert_eq!(go_on(&world).await, Erased::Waits);
    let forget = ann.waits_for[0].id;
    assert_eq!(
        world.store.skip_delivery(forget, "admin").await.unwrap(),
        Changed::Yes
    );
    finished(&world, &ann).await;
    assert_eq!(state(&world, &bea).await.left, 1);
    world.wait(Whose::LIMIT + Duration::from_millis(1));
    let done = finished(&world, &bea).await;
    assert_eq!((done.left, done.platform_kept), (0, 1));
}

pub async fn two_erasures_of_one_user_both_come_to_their_end(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("ann", "hello").await;
    let here = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    let there = world
        .store
        .erase(session("ann"), true, "admin")
        .await
        .unwrap();
    assert_eq!(there.waits_for.len(), 1);
    settle_all(&world).await;
    let (here, there) = (
        finished(&world, &here).await,
        finished(&world, &there).await,
    );
    assert_eq!((here.platform_deleted, there.platform_deleted), (0, 1));
}

pub async fn what_is_on_its_way_is_waited_for_however_late_it_is(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.waiting("ann").await;
    let begun = world.store.erase(session("ann"), false, "admin");
    begun.await.unwrap();
    let close = world.claim(&team()).await.unwrap();
    world.wait(Whose::LIMIT + Duration::from_millis(1));
    let ended = timeout(Duration::from_secs(20), go_on(&world)).await;
    assert_eq!(ended, Ok(Erased::Waits));
    world.done(close).await;
    assert_eq!(go_on(&world).await, Erased::All);
}

pub async fn an_erasure_is_known_for_as_long_as_what_operators_changed(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let begun = world
        .store
        .erase(session("nobody"), true, "admin")
        .await
        .unwrap();
    assert_eq!(begun.conversations, 0);
    assert!(finished(&world, &begun).await.finished_at.is_some());
    let day = Duration::from_hours(24);
    let audit = Retention {
        audit: day,
        ..keep()
    };
    world.wait(day);
    world.store.purge(audit, 99).await.unwrap();
    assert!(world.store.erasure(begun.id).await.unwrap().is_some());
    world.wait(Duration::from_millis(1));
    world.store.purge(audit, 99).await.unwrap();
    assert!(world.store.erasure(begun.id).await.unwrap().is_none());
}

pub async fn who_is_erased_by_retention_first_is_erased_too(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("ann", "hello").await;
    world.wait(Duration::from_hours(48));
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    let observed = Retention {
        observed: Duration::from_hours(24),
        ..keep()
    };
    world.wait(Duration::from_hours(48));
    while world.store.purge(observed, 99).await.unwrap() > 0 {}
    assert_eq!(finished(&world, &begun).await.left, 0);
}

pub async fn what_is_no_message_goes_with_its_user(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let raw = r#"{"event": "survey", "answer": "canary"}"#.to_owned();
    let unknown = Incoming {
        event: Event::PlatformUnknown { raw },
        keys: Vec::new(),
    };
    world.apply(step("ann", vec![unknown])).await;
    let begun = world.store.erase(session("ann"), false, "ben").await;
    let begun = begun.unwrap();
    assert_eq!(begun.conversations, 1);
    finished(&world, &begun).await;
    world.wait(Duration::from_millis(1));
    let observed = Retention {
        observed: Duration::ZERO,
        ..keep()
    };
    let left = world.store.purge(observed, 99).await.unwrap();
    assert_eq!(left, 0, "nothing is left for retention");
}

pub async fn the_trail_does_not_say_whose_transcript_was_read(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.apply(says("ann", "hello")).await;
    let read = NewAudit {
        actor: "ben".to_owned(),
        action: "transcript.view",
        subject: world.conversation("ann").await.to_string(),
    };
    world.store.keep_audit(read).await.unwrap();
    let begun = world.store.erase(session("ann"), false, "ben").await;
    finished(&world, &begun.unwrap()).await;
    let trail = world.store.audit_trail(None, 9).await.unwrap().items;
    let read = trail.iter().find(|entry| entry.action == "transcript.view");
    assert_eq!(read.unwrap().subject, "erased");
}

pub(super) fn session(user: &str) -> Whose {
    Whose {
        named: vec![Named::Key(key(user).user.as_str().to_owned())],
        bot: Some(bot_name()),
        version: None,
    }
}

/// Of a user with a handover, and not as long as it takes to count up to their deliveries' rows.
pub async fn is_soon_done(world: &World) {
    let begun = world.store.erase(session("ann"), false, "ben").await;
    settle_all(world).await;
    let done = async { finished(world, &begun.unwrap()).await };
    timeout(Duration::from_secs(10), done).await.unwrap();
    assert!(all_deliveries(world).await.is_empty());
}

/// Until there is nothing more to do at once.
pub(super) async fn go_on(world: &World) -> Erased {
    loop {
        match world.store.go_on_erasing(100).await.unwrap() {
            Erased::More => {}
            ended => return ended,
        }
    }
}

pub(super) async fn finished(world: &World, begun: &Erasure) -> Erasure {
    go_on(world).await;
    let erasure = state(world, begun).await;
    assert_eq!(erasure.finished_at, Some(world.clock.now()), "{erasure:?}");
    erasure
}

async fn state(world: &World, begun: &Erasure) -> Erasure {
    let erasure = world.store.erasure(begun.id).await.unwrap();
    erasure.expect("it is known")
}

/// Everybody takes what they are owed.
pub(super) async fn settle_all(world: &World) {
    for destination in [team(), bot()] {
        for claim in world.claims(&destination, 100).await {
            let mut next = Some(claim);
            while let Some(claim) = next {
                next = world.done(claim).await;
            }
        }
    }
}

pub(super) async fn all_deliveries(world: &World) -> Vec<DeliveryView> {
    let all = DeliveryFilter {
        limit: 99,
        ..DeliveryFilter::default()
    };
    world.store.deliveries(all).await.unwrap().items
}
