//! What a desk tells of a conversation that is not known to be ours yet.

use std::time::Duration;

use handover_bridge::{
    domain::{conversation::Phase, dedupe::DedupeKey, handover::Outcome, ids::LegId},
    store::Applied,
};
use uuid::Uuid;

use super::legs::{MINUTE, about, desk_step, early, leg_of, settle_called, told};
use crate::world::{Harness, World, agent_said, keep, spare_name, team, team_name};

pub async fn what_comes_before_the_answer_is_told_with_it_in_order(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    for text in ["one", "two"] {
        let kept = desk_step(early("r1"), agent_said(text), Vec::new());
        assert_eq!(world.store.apply(kept).await.unwrap(), Applied::Kept);
    }
    world.store.release(open).await.unwrap();
    world.reopen().await;
    let open = world.claim(&team()).await.unwrap();
    assert!(world.transcript(handover).await.is_empty());
    settle_called(&world, open, "r1").await;
    let said = [(1, "one".to_owned()), (2, "two".to_owned())];
    assert_eq!(world.transcript(handover).await, said);
    let summary = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(summary.items[0].phase, Phase::Attended);
}

pub async fn what_comes_before_its_leg_is_known_goes_ahead_of_the_event_that_names_it(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let kept = desk_step(early("r1"), agent_said("one"), Vec::new());
    assert_eq!(world.store.apply(kept).await.unwrap(), Applied::Kept);
    let leg = leg_of(&open);
    let outcomes = told(&world, about("r1", Some(leg)), agent_said("two")).await;
    assert_eq!(outcomes.len(), 1, "what was kept has been answered");
    let said = [(1, "one".to_owned()), (2, "two".to_owned())];
    assert_eq!(world.transcript(handover).await, said);
}

pub async fn a_repeat_of_what_was_kept_is_one_before_and_after(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let keyed = || {
        let keys = vec![DedupeKey::desk_event(&team_name(), &["r1", "17"])];
        desk_step(early("r1"), agent_said("one"), keys)
    };
    for _ in 0..2 {
        assert_eq!(world.store.apply(keyed()).await.unwrap(), Applied::Kept);
    }
    settle_called(&world, open, "r1").await;
    let again = world.apply(keyed()).await;
    assert!(matches!(again[..], [Outcome::Repeat { .. }]), "{again:?}");
    assert_eq!(world.transcript(handover).await.len(), 1);
}

pub async fn what_was_kept_for_too_long_is_told_to_nobody(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.request("ann").await;
    let open = world.claim(&team()).await.unwrap();
    let kept = desk_step(early("r1"), agent_said("one"), Vec::new());
    world.store.apply(kept).await.unwrap();
    world.wait(MINUTE);
    assert_eq!(world.store.purge(keep(), 9).await.unwrap(), 0, "not yet");
    world.wait(Duration::from_millis(1));
    settle_called(&world, open, "r1").await;
    assert!(world.transcript(handover).await.is_empty());
    let kept = desk_step(early("r2"), agent_said("one"), Vec::new());
    world.store.apply(kept).await.unwrap();
    world.wait(MINUTE + Duration::from_millis(1));
    assert_eq!(world.store.purge(keep(), 9).await.unwrap(), 1);
}

pub async fn only_so_much_is_kept_of_one_desk(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let kept = |reference: &str| desk_step(early(reference), agent_said("one"), Vec::new());
    let many = || {
        let mut step = kept("r1");
        step.events = vec![step.events.remove(0); 250];
        step
    };
    for _ in 0..4 {
        assert_eq!(world.store.apply(many()).await.unwrap(), Applied::Kept);
    }
    assert_eq!(world.store.apply(many()).await.unwrap(), Applied::NotFound);
    assert_eq!(
        world.store.apply(kept("r2")).await.unwrap(),
        Applied::NotFound
    );
    let mut other = early("r1");
    other.desk = spare_name();
    let of_another = desk_step(other, agent_said("one"), Vec::new());
    assert_eq!(world.store.apply(of_another).await.unwrap(), Applied::Kept);
    world.wait(MINUTE + Duration::from_millis(1));
    assert_eq!(world.store.apply(kept("r2")).await.unwrap(), Applied::Kept);
}

pub async fn what_names_a_leg_that_is_not_ours_is_not_kept(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let mut target = early("r1");
    target.leg = Some(LegId::from_uuid(Uuid::from_u128(7)));
    let step = desk_step(target, agent_said("one"), Vec::new());
    assert_eq!(world.store.apply(step).await.unwrap(), Applied::NotFound);
}
