//! What has to be known before a desk is chosen: how many handovers it has, and what the platform tells when asked.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        conversation::{Answer, ConversationKey},
        dedupe::DedupeKey,
        delivery::{Done, Found, StepResult, Task},
        event::{DeskEvent, Incoming, Step, Target, TranscriptItem},
        handover::Outcome,
        ids::HandoverId,
        message::Actor,
        policy::Policy,
        retry::ErrorClass,
    },
    store::{Claim, DeliveryFilter, DeliveryState, RowOutcome, Settlement},
};

use crate::world::{
    Harness, World, agent_said, bot, bot_said, from_desk, item, key, policy, request, says_once,
    settled, spare_name, team, team_name, text_of, user_said,
};

pub async fn of_many_requests_at_once_as_many_are_taken_as_there_are_places(
    harness: impl Harness + 'static,
) {
    let world = Arc::new(World::with(harness, places(3)).await);
    let mut callers = tokio::task::JoinSet::new();
    for user in 0..16 {
        let world = Arc::clone(&world);
        callers.spawn(async move { answered(&world, &format!("user-{user}")).await.1 });
    }
    let answers = callers.join_all().await;
    let taken = answers.iter().filter(|answer| **answer == Answer::Pending);
    assert_eq!(taken.count(), 3, "{answers:?}");
}

pub async fn two_requests_of_one_batch_do_not_share_the_last_place(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, places(1)).await;
    let (one, other) = (request("ann", Vec::new()), request("bob", Vec::new()));
    let both = tokio::join!(world.store.apply(one), world.store.apply(other));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(world.claims(&team(), 10).await.len(), 1);
}

pub async fn a_place_is_free_once_the_desk_is_done_also_after_reopening(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, places(1)).await;
    let handover = world.waiting("ann").await;
    assert_eq!(answered(&world, "bob").await.1, Answer::Declined);
    world.reopen().await;
    assert_eq!(answered(&world, "bob").await.1, Answer::Declined);
    world.closes(handover).await;
    let (bobs, answer) = answered(&world, "bob").await;
    assert_eq!(
        answer,
        Answer::Pending,
        "the bot is still being resumed, the desk is done"
    );
    world.wait(Duration::from_secs(2));
    world.store.fire_timers(10).await.unwrap();
    assert_eq!(world.answer(bobs).await, Answer::Declined);
    assert_eq!(
        answered(&world, "cem").await.1,
        Answer::Pending,
        "what was asked in vain takes no place"
    );
}

pub async fn a_full_desk_is_passed_over_for_the_fallback(harness: impl Harness + 'static) {
    let mut policy = places(1);
    policy.routes[0].fallbacks = vec![spare_name()];
    let world = World::with(harness, policy).await;
    world.waiting("ann").await;
    let (bobs, answer) = answered(&world, "bob").await;
    assert_eq!(answer, Answer::Pending);
    let spare = handover_bridge::domain::delivery::Destination::Desk(spare_name());
    let open = world.claim_of(&spare, bobs).await;
    assert!(matches!(open.job.task, Task::Open { .. }));
}

pub async fn a_desk_does_not_read_what_is_said_at_the_desk_after_it(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    policy.routes[0].fallbacks = vec![spare_name()];
    let world = World::with(harness, policy).await;
    let handover = world.request("ann").await;
    let reads = async |desk| world.store.handover(handover, &desk).await.unwrap();
    assert!(reads(team_name()).await.is_some());
    let open = world.claim_of(&team(), handover).await;
    let refused = Done {
        refused: Some("full".to_owned()),
        ..Done::default()
    };
    let refused = settled(StepResult::Done(refused));
    world.store.settle(open, refused).await.unwrap();

    assert!(reads(spare_name()).await.is_some());
    assert!(reads(team_name()).await.is_none(), "it has gone on");
    assert_eq!(world.closes(handover).await, Outcome::Closed);
    let mut ends = from_desk(
        handover,
        DeskEvent::Closed {
            reason: None,
            by: None,
        },
        Vec::new(),
    );
    ends.target = Target::Handover {
        id: handover,
        desk: spare_name(),
    };
    world.apply(ends).await;
    assert!(reads(team_name()).await.is_none(), "also after the end");
}

pub async fn what_a_look_up_finds_is_offered_to_the_desk_and_is_known_from_then_on(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, with_history()).await;
    let handover = world.request("ann").await;
    assert!(world.claim(&team()).await.is_none(), "no desk is asked yet");
    world.apply(says_once("ann", "3", "hurry")).await;
    let look_up = look_up(&world, handover).await;
    let past = vec![
        old("1", "Hi"),
        old("2", "How can I help?"),
        old("3", "hurry"),
    ];
    world.store.settle(look_up, finds(past)).await.unwrap();

    let open = world.claim_of(&team(), handover).await;
    let offered: Vec<String> = open
        .job
        .past
        .messages
        .iter()
        .map(|message| text_of(&message.content))
        .collect();
    assert_eq!(
        offered,
        ["Hi", "How can I help?", "hurry"],
        "in its order, each once"
    );
    world.done(open).await;
    for id in ["1", "2", "3"] {
        let again = world.apply(says_once("ann", id, "again")).await;
        assert!(
            matches!(&again[..], [Outcome::Repeat { id: Some(_) }]),
            "{again:?}"
        );
    }
    assert_eq!(world.transcript(handover).await.len(), 3);
}

pub async fn what_is_found_too_late_is_new_when_it_comes_again(harness: impl Harness + 'static) {
    let world = World::with(harness, with_history()).await;
    let handover = world.request("ann").await;
    let look_up = look_up(&world, handover).await;
    world.wait(Duration::from_secs(1));
    world.store.fire_timers(10).await.unwrap();
    let open = world.claim_of(&team(), handover).await;
    world
        .store
        .settle(look_up, finds(vec![old("1", "Hi")]))
        .await
        .unwrap();
    world.done(open).await;
    assert_eq!(world.transcript(handover).await, []);
    world.apply(says_once("ann", "1", "Hi")).await;
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn a_look_up_that_failed_is_not_made_again_and_no_dead_letter(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, with_history()).await;
    let handover = world.request("ann").await;
    let look_up = look_up(&world, handover).await;
    let class = ErrorClass::Busy;
    let result = StepResult::Delayed {
        since: look_up.job.about.created_at,
        class,
        ambiguous: false,
    };
    let row = RowOutcome::Retry {
        at: world.clock.now(),
        class,
        counts: true,
    };
    let next = world
        .store
        .settle(look_up, Settlement { result, row })
        .await
        .unwrap();
    assert!(next.is_none());
    world.claim_of(&team(), handover).await;
    world.reopen().await;
    assert!(world.claim(&bot()).await.is_none());
    let all = DeliveryFilter {
        destination: Some(bot()),
        limit: 10,
        ..DeliveryFilter::default()
    };
    let rows = world.store.deliveries(all).await.unwrap().items;
    let states: Vec<_> = rows
        .iter()
        .map(|row| (row.kind.label(), row.state))
        .collect();
    assert_eq!(states, [("look_up", DeliveryState::Cancelled)]);
    assert_eq!(world.store.warnings().await.unwrap(), []);
}

pub async fn a_look_up_is_made_after_reopening_as_long_as_somebody_waits(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, with_history()).await;
    let handover = world.request("ann").await;
    world.reopen().await;
    let look_up = look_up(&world, handover).await;
    world
        .store
        .settle(look_up, finds(vec![old("1", "Hi")]))
        .await
        .unwrap();
    let open = world.claim_of(&team(), handover).await;
    assert_eq!(open.job.past.messages.len(), 1);
}

pub async fn nothing_leaks_between_draft_and_live(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let (draft, live) = (realm("b1/DRAFT"), realm("b1/LIVE"));
    let said = |key: &ConversationKey| {
        step(
            key,
            user_said("hello", vec![DedupeKey::message_id(key, "m1")]),
        )
    };
    for key in [&draft, &live] {
        let outcomes = world.apply(said(key)).await;
        assert!(
            matches!(&outcomes[..], [Outcome::Taken { .. }]),
            "{outcomes:?}"
        );
        let again = world.apply(said(key)).await;
        assert!(matches!(&again[..], [Outcome::Repeat { .. }]), "{again:?}");
    }
    let handover = requested(&world, &draft).await;
    world.done(world.claim_of(&team(), handover).await).await;
    // A text of ours in DRAFT is no echo in LIVE, where the bot may say the same.
    world
        .apply(from_desk(handover, agent_said("Good morning"), Vec::new()))
        .await;
    world.apply(step(&live, bot_said("Good morning"))).await;
    world.apply(step(&draft, bot_said("Good morning"))).await;
    let lives = requested(&world, &live).await;
    assert_ne!(lives, handover, "a handover of its own");
    world.done(world.claim_of(&team(), lives).await).await;
    assert_eq!(texts(&world, handover).await, ["hello", "Good morning"]);
    assert_eq!(texts(&world, lives).await, ["hello", "Good morning"]);
    world.closes(handover).await;
    assert_eq!(world.answer(handover).await, Answer::Declined);
    assert_eq!(
        world.answer(lives).await,
        Answer::Accepted,
        "the other one goes on"
    );
    world
        .apply(step(&live, user_said("still here", Vec::new())))
        .await;
    assert_eq!(
        texts(&world, lives).await,
        ["hello", "Good morning", "still here"]
    );
    assert_eq!(texts(&world, handover).await, ["hello", "Good morning"]);
}

fn places(most: u64) -> Policy {
    let mut policy = policy();
    if let Some(desk) = policy.desks.get_mut(&team_name()) {
        desk.max_open = NonZeroU64::new(most);
    }
    policy
}

/// The bot's platform can be asked what was said before.
fn with_history() -> Policy {
    let mut policy = policy();
    policy
        .bots
        .values_mut()
        .for_each(|bot| bot.look_ups.history = true);
    policy
}

async fn answered(world: &World, user: &str) -> (HandoverId, Answer) {
    match world.apply(request(user, Vec::new())).await.as_slice() {
        [Outcome::Requested { handover, answer }] => (*handover, *answer),
        other => panic!("{other:?}"),
    }
}

async fn look_up(world: &World, handover: HandoverId) -> Claim {
    let claim = world.claim_of(&bot(), handover).await;
    assert!(matches!(claim.job.task, Task::LookUp { .. }), "{claim:?}");
    claim
}

/// Of ann's, under the platform's id.
fn old(id: &str, text: &str) -> TranscriptItem {
    item(
        Actor::User,
        text,
        vec![DedupeKey::message_id(&key("ann"), id)],
    )
}

fn finds(transcript: Vec<TranscriptItem>) -> Settlement {
    let found = Found {
        transcript,
        session: None,
    };
    settled(StepResult::Done(Done {
        found,
        ..Done::default()
    }))
}

fn realm(realm: &str) -> ConversationKey {
    ConversationKey {
        realm: realm.to_owned(),
        ..key("ann")
    }
}

fn step(key: &ConversationKey, event: Incoming) -> Step {
    Step {
        target: Target::Conversation(key.clone()),
        profile: None,
        events: vec![event],
    }
}

async fn requested(world: &World, key: &ConversationKey) -> HandoverId {
    let mut step = request("ann", Vec::new());
    step.target = Target::Conversation(key.clone());
    match world.apply(step).await.as_slice() {
        [Outcome::Requested { handover, .. }] => *handover,
        other => panic!("{other:?}"),
    }
}

async fn texts(world: &World, handover: HandoverId) -> Vec<String> {
    let transcript = world.transcript(handover).await;
    transcript.into_iter().map(|(_, text)| text).collect()
}
