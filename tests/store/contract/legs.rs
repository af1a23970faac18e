//! Desks that do not know our ids: their conversations are found by what they call them, also before they have said so.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        conversation::{Agent, Answer, ConversationKey},
        dedupe::DedupeKey,
        delivery::{Done, StepResult, Task},
        effect::WarningKind,
        event::{DeskEvent, Event, Incoming, LegTarget, Step, Target},
        handover::Outcome,
        ids::{ExternalId, HandoverId, LegId},
        policy::Policy,
        retry::ErrorClass,
        taken::Taken,
    },
    store::{Applied, Claim, RowOutcome, Settlement},
};
use serde_json::json;

use crate::world::{
    Harness, World, agent_said, bot, bot_name, key, policy, request, says, settled, spare_name,
    step, team, team_name, text, text_of, user_said,
};

pub(super) const MINUTE: Duration = Duration::from_mins(1);

pub async fn a_desk_reaches_a_handover_by_its_own_id(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    let (handover, _) = called(&world, "ann", "r1").await;
    world.reopen().await;
    let outcomes = told(&world, about("r1", None), agent_said("hi")).await;
    assert!(
        matches!(outcomes[..], [Outcome::Taken { .. }]),
        "{outcomes:?}"
    );
    assert_eq!(world.transcript(handover).await, [(1, "hi".to_owned())]);
}

pub async fn a_desk_reaches_a_handover_by_the_leg_and_its_id_is_learnt(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let leg = leg_of(&open);
    told(&world, about("r1", Some(leg)), agent_said("one")).await;
    assert_eq!(world.answer(handover).await, Answer::Accepted);
    drop(open);
    world.reopen().await;
    told(&world, about("r1", None), agent_said("two")).await;
    assert_eq!(world.transcript(handover).await.len(), 2);
    world.user_says("ann", "three").await;
    let message = world.claim(&team()).await.unwrap();
    let text = message.job.message.map(|message| text_of(&message.content));
    assert_eq!(
        text.as_deref(),
        Some("three"),
        "it is not offered once more"
    );
    assert_eq!(message.job.leg.unwrap().reference(), Some("r1"));
}

pub async fn an_answer_that_comes_after_the_proof_still_names_the_leg(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let leg = leg_of(&open);
    told(&world, about("r1", Some(leg)), agent_said("one")).await;
    world.user_says("ann", "two").await;
    assert!(
        world.claim(&team()).await.is_none(),
        "one call at a time in a lane"
    );
    settle_called(&world, open, "c1").await;
    told(&world, about("c1", None), agent_said("three")).await;
    assert_eq!(world.transcript(handover).await.len(), 3);
    let message = world.claim(&team()).await.unwrap();
    assert_eq!(text(&message), "two");
    assert_eq!(message.job.leg.unwrap().reference(), Some("c1"));
}

pub async fn an_id_of_another_desk_is_unknown(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let (_, leg) = called(&world, "ann", "r1").await;
    let foreign = |reference: Option<&str>, leg| {
        let target = LegTarget {
            desk: spare_name(),
            reference: reference.map(ToOwned::to_owned),
            leg,
            keep_unmatched: None,
        };
        desk_step(target, agent_said("hi"), Vec::new())
    };
    for step in [foreign(Some("r1"), None), foreign(None, Some(leg))] {
        assert_eq!(world.store.apply(step).await.unwrap(), Applied::NotFound);
    }
    let unknown = desk_step(about("r2", None), agent_said("hi"), Vec::new());
    assert_eq!(world.store.apply(unknown).await.unwrap(), Applied::NotFound);
}

pub async fn two_names_of_two_handovers_reach_nobody(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let (ann, _) = called(&world, "ann", "r1").await;
    let (bea, of_bea) = called(&world, "bea", "r2").await;
    let both = desk_step(about("r1", Some(of_bea)), agent_said("hi"), Vec::new());
    assert_eq!(
        world.store.apply(both).await.unwrap(),
        Applied::Contradiction
    );
    for handover in [ann, bea] {
        assert!(world.transcript(handover).await.is_empty());
    }
}

pub async fn what_is_told_of_a_leg_that_is_over_never_reaches_the_next_one(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let (first, leg) = called(&world, "ann", "r1").await;
    told(&world, about("r1", None), closed()).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    let (second, _) = called(&world, "ann", "r2").await;
    for target in [about("r1", None), about("r3", Some(leg))] {
        assert_eq!(
            told(&world, target.clone(), late("late")).await,
            [Outcome::Closed]
        );
        assert_eq!(told(&world, target, closed()).await, [Outcome::Closed]);
    }
    let view = world.store.handover(second, &team_name()).await.unwrap();
    assert!(view.unwrap().phase.is_some(), "the next one goes on");
    let of_first = |view: handover_bridge::store::HandoverView| {
        let late = view
            .transcript
            .items
            .into_iter()
            .filter(|message| message.late);
        late.map(|message| message.handover).collect::<Vec<_>>()
    };
    let view = world.store.handover(second, &team_name()).await.unwrap();
    assert_eq!(of_first(view.unwrap()), [Some(first), Some(first)]);
    world.user_says("ann", "still there?").await;
    let message = world.claim_of(&team(), second).await;
    assert_eq!(message.job.leg.unwrap().reference(), Some("r2"));
}

pub async fn an_id_that_is_used_again_is_the_newest_legs(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let (first, _) = called(&world, "ann", "r1").await;
    let (second, _) = called(&world, "bea", "r1").await;
    world.closes(first).await;
    told(&world, about("r1", None), agent_said("hi")).await;
    assert!(world.transcript(first).await.is_empty());
    assert_eq!(world.transcript(second).await.len(), 1);
}

pub async fn what_an_answer_gave_is_known_to_later_calls(harness: impl Harness + 'static) {
    let mut world = World::with(harness, paused_by_a_step()).await;
    let handover = world.request("ann").await;
    let open = world.claim_of(&team(), handover).await;
    assert!(open.job.leg.as_ref().unwrap().taken.is_empty());
    settle_taken(&world, open, "token", "t1").await;
    let pause = world.claim(&bot()).await.unwrap();
    assert_eq!(pause.job.task, Task::Pause { index: 0 });
    settle_taken(&world, pause, "ticket", "9").await;
    world.reopen().await;
    world.user_says("ann", "hello").await;
    let message = world.claim(&team()).await.unwrap();
    let leg = message.job.leg.as_ref().unwrap();
    assert_eq!(leg.taken.get("token"), Some(&json!("t1")));
    assert!(message.job.about.handover.options.is_empty());
    settle_taken(&world, message, "more", "m").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    assert_eq!(resume.job.taken.get("ticket"), Some(&json!("9")));
    assert_eq!(resume.job.taken.get("token"), None, "the desk's own");
}

pub async fn what_waits_behind_a_call_is_told_with_what_came_of_it(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, paused_by_a_step()).await;
    let handover = world.request("ann").await;
    for text in ["one", "two", "three"] {
        world.user_says("ann", text).await;
    }
    let open = world.claim_of(&team(), handover).await;
    settle_called(&world, open, "r1").await;
    let first = world.claim(&team()).await.unwrap();
    let leg = first.job.leg.as_ref().unwrap();
    assert_eq!(leg.reference(), Some("r1"));
    assert!(leg.taken.is_empty());
    settle_taken(&world, first, "token", "t1").await;
    let second = world.claim(&team()).await.unwrap();
    let leg = second.job.leg.as_ref().unwrap();
    assert_eq!(leg.taken.get("token"), Some(&json!("t1")));
    world.store.release(second).await.unwrap();
    let pause = world.claim(&bot()).await.unwrap();
    settle_taken(&world, pause, "ticket", "9").await;
    let second = world.claim(&team()).await.unwrap();
    let third = world.done(second).await.unwrap();
    assert_eq!(third.job.taken.get("ticket"), Some(&json!("9")));
}

pub async fn more_than_can_be_kept_of_an_answer_is_left_out(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim_of(&team(), handover).await;
    settle_taken(&world, open, "token", "t1").await;
    world.user_says("ann", "one").await;
    let message = world.claim(&team()).await.unwrap();
    settle_taken(&world, message, "large", &"x".repeat(Taken::MOST)).await;
    world.user_says("ann", "two").await;
    let message = world.claim(&team()).await.unwrap();
    let taken = message.job.leg.unwrap().taken;
    assert_eq!(taken.get("token"), Some(&json!("t1")));
    assert_eq!(taken.get("large"), None);
}

pub async fn an_offer_that_may_have_arrived_waits_for_the_desks_time(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, takes_twice()).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    assert!(lost(&world, open).await.is_none());
    world.wait(Duration::from_secs(19));
    assert!(world.claim(&team()).await.is_none());
    world.reopen().await;
    assert!(world.claim(&team()).await.is_none());
    world.wait(Duration::from_secs(1));
    let open = world.claim_of(&team(), handover).await;
    assert!(matches!(open.job.task, Task::Open { .. }));
}

pub async fn an_offer_that_an_event_proves_is_not_made_again(harness: impl Harness + 'static) {
    let world = World::with(harness, takes_twice()).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let leg = leg_of(&open);
    lost(&world, open).await;
    let joined = DeskEvent::Joined(Agent::default());
    told(&world, about("r1", Some(leg)), joined).await;
    assert_eq!(world.answer(handover).await, Answer::Accepted);
    world.user_says("ann", "hello").await;
    world.wait(MINUTE);
    let next = world.claim(&team()).await.unwrap();
    assert!(matches!(next.job.task, Task::Message { .. }), "{next:?}");
}

pub async fn a_user_is_found_in_whichever_realm(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let find = |user: &str| Step {
        target: Target::User {
            bot: bot_name(),
            user: ExternalId::new(user).unwrap(),
        },
        profile: None,
        events: vec![user_said("found", Vec::new())],
    };
    assert_eq!(
        world.store.apply(find("ann")).await.unwrap(),
        Applied::NoSuchUser
    );
    world.apply(says("bea", "hello")).await;
    assert_eq!(
        world.store.apply(find("ann")).await.unwrap(),
        Applied::NoSuchUser,
        "nothing is made"
    );
    let handover = world.waiting("ann").await;
    let outcomes = world.apply(find("ann")).await;
    assert!(
        matches!(outcomes[..], [Outcome::Taken { .. }]),
        "{outcomes:?}"
    );
    let mut draft = says("ann", "hello");
    draft.target = Target::Conversation(ConversationKey {
        realm: "b1/DRAFT".to_owned(),
        ..key("ann")
    });
    world.apply(draft).await;
    assert_eq!(
        world.store.apply(find("ann")).await.unwrap(),
        Applied::SeveralUsers
    );
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn what_has_neither_time_nor_id_is_new_each_time(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    for _ in 0..2 {
        let outcomes = world
            .apply(step("ann", vec![user_said("again", Vec::new())]))
            .await;
        assert!(
            matches!(outcomes[..], [Outcome::Taken { .. }]),
            "{outcomes:?}"
        );
    }
    assert_eq!(world.transcript(handover).await.len(), 2);
}

pub async fn a_bot_that_is_not_paused_yet_is_a_warning_until_it_is(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, paused_by_a_step()).await;
    let handover = world.request("ann").await;
    assert!(unpaused(&world).await.is_empty(), "nothing is promised yet");
    let open = world.claim(&team()).await.unwrap();
    world.done(open).await;
    world.reopen().await;
    assert_eq!(unpaused(&world).await, [handover.to_string()]);
    let pause = world.claim(&bot()).await.unwrap();
    world.done(pause).await;
    assert!(unpaused(&world).await.is_empty(), "it is over");
}

pub async fn a_pause_that_was_given_up_stays_a_warning_until_the_end(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, paused_by_a_step()).await;
    let handover = world.waiting("ann").await;
    let pause = world.claim(&bot()).await.unwrap();
    world.dies(pause).await;
    assert_eq!(unpaused(&world).await, [handover.to_string()]);
    world.agent_says(handover, "hi").await;
    let pause = world.claim(&bot()).await.unwrap();
    assert_eq!(pause.job.task, Task::Pause { index: 0 }, "tried again");
    world.store.release(pause).await.unwrap();
    world.closes(handover).await;
    assert!(unpaused(&world).await.is_empty());
    let next = world.claim(&bot()).await.unwrap();
    assert!(matches!(next.job.task, Task::Say { .. }), "{next:?}");
    let resume = world.done(next).await.unwrap();
    assert!(matches!(resume.job.task, Task::Resume { .. }), "{resume:?}");
}

pub async fn many_events_of_one_conversation_at_once_are_all_told(harness: impl Harness + 'static) {
    let world = Arc::new(World::new(harness).await);
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let leg = leg_of(&open);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let target = if number % 4 == 0 {
                about("r1", Some(leg))
            } else {
                early("r1")
            };
            let step = desk_step(target, agent_said("x"), Vec::new());
            world.store.apply(step).await.unwrap()
        });
    }
    settle_called(&world, open, "r1").await;
    while let Some(applied) = tasks.join_next().await {
        assert_ne!(applied.unwrap(), Applied::NotFound);
    }
    assert_eq!(world.transcript(handover).await.len(), 16);
}

pub(super) fn about(reference: &str, leg: Option<LegId>) -> LegTarget {
    LegTarget {
        desk: team_name(),
        reference: Some(reference.to_owned()),
        leg,
        keep_unmatched: None,
    }
}

/// It names no leg, and may come before the reference is known.
pub(super) fn early(reference: &str) -> LegTarget {
    LegTarget {
        keep_unmatched: Some(MINUTE),
        ..about(reference, None)
    }
}

pub(super) fn desk_step(target: LegTarget, event: DeskEvent, keys: Vec<DedupeKey>) -> Step {
    let event = Event::FromLeg { event, leg: None };
    Step {
        target: Target::Leg(target),
        profile: None,
        events: vec![Incoming { event, keys }],
    }
}

pub(super) async fn told(world: &World, target: LegTarget, event: DeskEvent) -> Vec<Outcome> {
    world.apply(desk_step(target, event, Vec::new())).await
}

fn closed() -> DeskEvent {
    let reason = Some("solved".to_owned());
    DeskEvent::Closed { reason, by: None }
}

fn late(text: &str) -> DeskEvent {
    match agent_said(text) {
        DeskEvent::Said(mut said) => {
            said.keep_if_late = true;
            DeskEvent::Said(said)
        }
        other => other,
    }
}

pub(super) fn leg_of(claim: &Claim) -> LegId {
    claim.job.leg.as_ref().unwrap().id
}

/// A user asks for an agent, and the desk takes it and calls it so.
async fn called(world: &World, user: &str, reference: &str) -> (HandoverId, LegId) {
    let outcomes = world.apply(request(user, Vec::new())).await;
    let [Outcome::Requested { handover, .. }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    let open = world.claim_of(&team(), handover).await;
    let leg = leg_of(&open);
    settle_called(world, open, reference).await;
    (handover, leg)
}

pub(super) async fn settle_called(world: &World, open: Claim, reference: &str) {
    let done = Done {
        reference: Some(reference.to_owned()),
        ..Done::default()
    };
    let settlement = settled(StepResult::Done(done));
    if let Some(next) = world.store.settle(open, settlement).await.unwrap() {
        world.store.release(next).await.unwrap();
    }
}

async fn settle_taken(world: &World, claim: Claim, name: &str, value: &str) {
    let done = Done {
        taken: [(name.to_owned(), json!(value))].into_iter().collect(),
        ..Done::default()
    };
    let next = world.store.settle(claim, settled(StepResult::Done(done)));
    if let Some(next) = next.await.unwrap() {
        world.store.release(next).await.unwrap();
    }
}

/// The answer to a call that may have arrived does not come.
async fn lost(world: &World, claim: Claim) -> Option<Claim> {
    let class = ErrorClass::Ambiguous;
    let result = StepResult::Delayed {
        since: claim.job.about.created_at,
        class,
        ambiguous: true,
    };
    let row = RowOutcome::Retry {
        at: world.clock.now(),
        class,
        counts: true,
    };
    let settlement = Settlement { result, row };
    world.store.settle(claim, settlement).await.unwrap()
}

fn paused_by_a_step() -> Policy {
    let mut policy = policy();
    for bot in policy.bots.values_mut() {
        bot.answer_pauses = false;
        bot.pause_steps = 1;
    }
    policy
}

fn takes_twice() -> Policy {
    let mut policy = policy();
    for desk in policy.desks.values_mut() {
        desk.reopen_after = Duration::from_secs(20);
    }
    policy
}

/// Whose bot should be silent and is not known to be.
async fn unpaused(world: &World) -> Vec<String> {
    let warnings = world.store.warnings().await.unwrap();
    let unpaused = warnings
        .into_iter()
        .filter(|warning| warning.kind == WarningKind::BotNotPaused);
    unpaused.map(|warning| warning.subject).collect()
}
