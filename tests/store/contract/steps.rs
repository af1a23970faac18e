//! A step is all or nothing, durable once acknowledged, and taken once.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        conversation::{Answer, Profile},
        dedupe::{ContentKey, DedupeKey},
        event::{DeskEvent, Target},
        handover::Outcome,
        ids::HandoverId,
        message::{Actor, Content},
        policy::Policy,
        time::Timestamp,
    },
    store::Applied,
};
use uuid::Uuid;

use crate::world::{
    Harness, START, World, agent_said, bot, bot_said, from_desk, item, key, policy, request,
    request_once, says, says_once, spare_name, step, team, team_name, text, user_said,
};

pub async fn what_was_acknowledged_is_there_after_reopening(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.agent_says(handover, "two").await;
    world.reopen().await;
    let expected = [(1, "one".to_owned()), (2, "two".to_owned())];
    assert_eq!(world.transcript(handover).await, expected);
    let to_desk = world.claim(&team()).await.unwrap();
    let to_bot = world.claim(&bot()).await.unwrap();
    assert_eq!(
        (text(&to_desk), text(&to_bot)),
        ("one".into(), "two".into())
    );
    assert_eq!(world.answer(handover).await, Answer::Accepted);
}

pub async fn a_repeat_is_told_what_the_first_was_told(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let first = world.apply(says_once("ann", "m1", "hello")).await;
    let [Outcome::Taken { id }] = first.as_slice() else {
        panic!("{first:?}")
    };
    let repeat = [Outcome::Repeat { id: Some(*id) }];
    assert_eq!(world.apply(says_once("ann", "m1", "hello")).await, repeat);
    world.reopen().await;
    assert_eq!(world.apply(says_once("ann", "m1", "hello")).await, repeat);
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_repeat_within_one_step_is_a_repeat(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let keys = || vec![DedupeKey::message_id(&key("ann"), "m1")];
    let events = vec![user_said("hello", keys()), user_said("hello", keys())];
    let outcomes = world.apply(step("ann", events)).await;
    let [Outcome::Taken { id }, Outcome::Repeat { id: again }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!(Some(*id), *again);
}

pub async fn one_known_key_of_several_makes_a_repeat(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let content = said_at(0, "hello");
    let id = DedupeKey::message_id(&key("ann"), "m1");
    let both = vec![id, content.clone()];
    world
        .apply(step("ann", vec![user_said("hello", both)]))
        .await;
    let again = world
        .apply(step("ann", vec![user_said("hello", vec![content])]))
        .await;
    assert!(
        matches!(again.as_slice(), [Outcome::Repeat { id: Some(_) }]),
        "{again:?}"
    );
}

pub async fn a_key_of_one_conversation_is_unknown_in_another(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.apply(says_once("ann", "m1", "hello")).await;
    let other = world.apply(says_once("bea", "m1", "hello")).await;
    assert!(
        matches!(other.as_slice(), [Outcome::Taken { .. }]),
        "{other:?}"
    );
}

pub async fn the_same_idempotency_key_with_another_body_is_refused(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let keyed = |body: &[u8]| {
        let keys = vec![DedupeKey::idempotency(&team_name(), handover, "k1", body)];
        from_desk(handover, agent_said("hi"), keys)
    };
    let first = world.apply(keyed(b"one")).await;
    let [Outcome::Taken { id }] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert_eq!(
        world.apply(keyed(b"one")).await,
        [Outcome::Repeat { id: Some(*id) }]
    );
    assert_eq!(world.apply(keyed(b"two")).await, [Outcome::KeyReused]);
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn what_was_refused_is_refused_again_under_the_same_key(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let keyed = || {
        let keys = vec![DedupeKey::idempotency(&team_name(), handover, "k1", b"one")];
        from_desk(handover, agent_said("hi"), keys)
    };
    assert_eq!(world.apply(keyed()).await, [Outcome::Closed]);
    assert_eq!(world.apply(keyed()).await, [Outcome::Closed]);
}

pub async fn a_repeated_request_opens_nothing_and_gets_the_stored_answer(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let first = world.apply(request_once("ann", START)).await;
    let [
        Outcome::Requested {
            handover,
            answer: Answer::Pending,
        },
    ] = first.as_slice()
    else {
        panic!("{first:?}")
    };
    assert_eq!(world.apply(request_once("ann", START)).await, first);
    let open = world.claim(&team()).await.unwrap();
    assert!(world.done(open).await.is_none(), "one open call");
    let accepted = Outcome::Requested {
        handover: *handover,
        answer: Answer::Accepted,
    };
    assert_eq!(world.apply(request_once("ann", START)).await, [accepted]);
}

pub async fn a_repeated_request_after_the_end_is_declined(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let first = world.apply(request_once("ann", START)).await;
    let [Outcome::Requested { handover, .. }] = first.as_slice() else {
        panic!("{first:?}")
    };
    let open = world.claim(&team()).await.unwrap();
    world.done(open).await;
    world.closes(*handover).await;
    let declined = [Outcome::Requested {
        handover: *handover,
        answer: Answer::Declined,
    }];
    assert_eq!(
        world.apply(request_once("ann", START)).await,
        declined,
        "closing"
    );
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    assert_eq!(
        world.apply(request_once("ann", START)).await,
        declined,
        "over"
    );
    assert!(world.claim(&team()).await.is_none());
}

pub async fn a_message_that_was_observed_is_not_recorded_again_from_the_transcript(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let keys = || vec![said_at(1, "hello")];
    world
        .apply(step("ann", vec![user_said("hello", keys())]))
        .await;
    let transcript = vec![
        item(Actor::User, "hello", keys()),
        item(Actor::Bot, "hi", vec![said_at(2, "hi")]),
    ];
    let outcomes = world.apply(request("ann", transcript)).await;
    let handover = handover_of(&outcomes);
    let expected = [(1, "hello".to_owned()), (2, "hi".to_owned())];
    assert_eq!(world.transcript(handover).await, expected);
}

pub async fn a_message_that_was_in_the_transcript_is_a_repeat_afterwards(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let transcript = vec![item(Actor::User, "hello", vec![said_at(1, "hello")])];
    let handover = handover_of(&world.apply(request("ann", transcript)).await);
    let late = world
        .apply(step(
            "ann",
            vec![user_said("hello", vec![said_at(1, "hello")])],
        ))
        .await;
    assert!(
        matches!(late.as_slice(), [Outcome::Repeat { id: Some(_) }]),
        "{late:?}"
    );
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_message_that_nobody_kept_is_taken_from_the_transcript(
    harness: impl Harness + 'static,
) {
    let world = World::with(
        harness,
        Policy {
            observe: false,
            ..policy()
        },
    )
    .await;
    let keys = || vec![said_at(1, "hello")];
    world
        .apply(step("ann", vec![user_said("hello", keys())]))
        .await;
    let transcript = vec![item(Actor::User, "hello", keys())];
    let handover = handover_of(&world.apply(request("ann", transcript)).await);
    assert_eq!(world.transcript(handover).await, [(1, "hello".to_owned())]);
}

pub async fn equal_keys_within_a_transcript_make_one_message(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let keys = || vec![said_at(1, "hello")];
    let transcript = vec![
        item(Actor::User, "hello", keys()),
        item(Actor::User, "hello", keys()),
    ];
    let handover = handover_of(&world.apply(request("ann", transcript)).await);
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_handover_of_another_desk_is_as_unknown_as_none(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let mut foreign = from_desk(handover, agent_said("hi"), Vec::new());
    foreign.target = Target::Handover {
        id: handover,
        desk: spare_name(),
    };
    assert_eq!(world.store.apply(foreign).await.unwrap(), Applied::NotFound);
    assert!(
        world
            .store
            .handover(handover, &spare_name())
            .await
            .unwrap()
            .is_none()
    );
    let nobody = HandoverId::from_uuid(Uuid::from_u128(7));
    let unknown = from_desk(nobody, agent_said("hi"), Vec::new());
    assert_eq!(world.store.apply(unknown).await.unwrap(), Applied::NotFound);
    assert!(
        world
            .store
            .handover(nobody, &team_name())
            .await
            .unwrap()
            .is_none()
    );
}

pub async fn a_text_of_ours_that_comes_back_is_consumed_once(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    world.reopen().await;
    world.apply(step("ann", vec![bot_said("hi")])).await;
    assert_eq!(world.transcript(handover).await.len(), 1, "an echo");
    world.apply(step("ann", vec![bot_said("hi")])).await;
    assert_eq!(world.transcript(handover).await.len(), 2, "the bot's own");
}

pub async fn a_text_of_ours_is_no_echo_two_minutes_after_its_delivery(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "early").await;
    let say = world.claim(&bot()).await.unwrap();
    world.wait(Duration::from_mins(3));
    world.done(say).await;
    world.agent_says(handover, "late").await;
    let say = world.claim(&bot()).await.unwrap();
    world.done(say).await;
    world.wait(Duration::from_mins(2));
    world.apply(step("ann", vec![bot_said("early")])).await;
    assert_eq!(
        world.transcript(handover).await.len(),
        2,
        "within two minutes of its delivery"
    );
    world.wait(Duration::from_millis(1));
    world.apply(step("ann", vec![bot_said("late")])).await;
    assert_eq!(
        world.transcript(handover).await.len(),
        3,
        "too late to be one"
    );
}

pub async fn an_echo_is_consumed_within_the_step_that_repeats_it(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    world.agent_says(handover, "hi").await;
    let events = vec![bot_said("hi"), bot_said("hi"), bot_said("hi")];
    world.apply(step("ann", events)).await;
    assert_eq!(
        world.transcript(handover).await.len(),
        3,
        "two echoes, and one of the bot's own"
    );
}

pub async fn later_facts_about_the_user_win(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    let profile = |channel: Option<&str>, language: Option<&str>| Profile {
        channel: channel.map(ToOwned::to_owned),
        language: language.map(ToOwned::to_owned),
        ..Profile::default()
    };
    for (profile, text) in [
        (profile(Some("web"), Some("en")), "one"),
        (profile(None, Some("nl")), "two"),
    ] {
        let mut said = says("ann", text);
        said.profile = Some(profile);
        world.apply(said).await;
    }
    let view = world
        .store
        .handover(handover, &team_name())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.profile, profile(Some("web"), Some("nl")).into());
}

pub async fn sixty_four_callers_at_once_leave_no_gap_and_keep_one_order(
    harness: impl Harness + 'static,
) {
    let world = Arc::new(World::new(harness).await);
    let handover = world.waiting("ann").await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64 {
        let world = Arc::clone(&world);
        callers.spawn(async move {
            for number in 0..4 {
                world.user_says("ann", &format!("{caller}/{number}")).await;
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    let transcript = world.transcript(handover).await;
    let numbers: Vec<u64> = transcript.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=256).collect::<Vec<_>>());
    for caller in 0..64 {
        let own: Vec<_> = transcript
            .iter()
            .filter_map(|(_, text)| text.strip_prefix(&format!("{caller}/")))
            .collect();
        assert_eq!(own, ["0", "1", "2", "3"], "a caller's own order");
    }
    let mut sent = Vec::new();
    let mut head = world.claim(&team()).await;
    while let Some(claim) = head {
        sent.push(text(&claim));
        head = world.done(claim).await;
    }
    let said: Vec<_> = transcript.into_iter().map(|(_, text)| text).collect();
    assert_eq!(sent, said, "the lane has the order of the transcript");
}

pub async fn the_transcript_of_an_ended_handover_ends_with_it(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "to the agent").await;
    world.desk_tells(handover, DeskEvent::Typing).await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    world.wait(Duration::from_secs(1));
    world.user_says("ann", "to the bot").await;
    let view = world
        .store
        .handover(handover, &team_name())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.phase, None);
    assert_eq!(
        world.transcript(handover).await,
        [(1, "to the agent".to_owned())]
    );
}

fn said_at(at: i64, text: &str) -> DedupeKey {
    let content = Content::text(text);
    DedupeKey::content(
        &key("ann"),
        ContentKey {
            actor: Actor::User,
            at: Timestamp::from_millis(at),
            content: &content,
            ordinal: 0,
        },
    )
}

fn handover_of(outcomes: &[Outcome]) -> HandoverId {
    match outcomes {
        [Outcome::Requested { handover, .. }] => *handover,
        other => panic!("{other:?}"),
    }
}
