//! What the console hears of, and the versions by which it knows old from new.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        effect::{Warning, WarningKind},
        ids::ConversationId,
        operator::Action,
    },
    store::{Changing, ConversationView},
};
use tokio::sync::broadcast::error::TryRecvError;

use crate::world::{Harness, World, bot, console_policy, ines, says, says_once};

const MOMENT: Duration = Duration::from_millis(1);

pub async fn a_change_is_heard_after_it_can_be_read(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let mut heard = world.store.changes();
    world.user_says("ann", "hello").await;
    let id = world.conversation("ann").await;
    let changing = heard.recv().await.unwrap();
    assert_eq!(
        (changing.conversation, changing.at),
        (id, world.clock.now())
    );
    let view = view(&world, id).await;
    assert_eq!(view.messages.len(), 1);
    assert_eq!(view.version, changing.version);
}

pub async fn what_was_missed_is_told_once_each_in_order(harness: impl Harness + 'static) {
    let mut world = World::new(harness).await;
    for user in ["ann", "bea", "cem"] {
        world.user_says(user, "hello").await;
        world.wait(MOMENT);
    }
    let ids = [
        world.conversation("ann").await,
        world.conversation("bea").await,
        world.conversation("cem").await,
    ];
    let from = world.clock.now();
    for user in ["bea", "ann", "bea"] {
        world.user_says(user, "again").await;
        world.wait(MOMENT);
    }
    let missed = world.store.changed_since(from).await.unwrap().unwrap();
    assert_eq!(conversations(&missed), [ids[0], ids[1]]);
    assert_eq!(missed[1].version, view(&world, ids[1]).await.version);
    let nothing = world.store.changed_since(world.clock.now()).await.unwrap();
    assert_eq!(nothing, Some(Vec::new()));
    world.reopen().await;
    let forgotten = world.store.changed_since(from).await.unwrap();
    assert_eq!(forgotten, None, "another process has seen these");
    let now = world.clock.now();
    world.user_says("cem", "again").await;
    let known = world.store.changed_since(now).await.unwrap().unwrap();
    assert_eq!(conversations(&known), [ids[2]]);
}

pub async fn a_version_grows_with_every_visible_change_and_over_a_restart(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = world.request("ann").await;
    let id = world.conversation("ann").await;
    let mut versions = vec![view(&world, id).await.version];
    world.user_says("ann", "hello").await;
    versions.push(view(&world, id).await.version);
    world
        .operate("ann", &ines(), Action::Claim { handover })
        .await;
    versions.push(view(&world, id).await.version);
    let text = "for colleagues".to_owned();
    let note = Action::Note { handover, text };
    world.operate("ann", &ines(), note).await;
    versions.push(view(&world, id).await.version);
    assert!(
        versions.is_sorted_by(|one, next| one < next),
        "{versions:?}"
    );
    world.wait(MOMENT);
    world.reopen().await;
    let reopened = view(&world, id).await.version;
    assert!(versions.iter().all(|version| *version <= reopened));
    world.user_says("ann", "still there").await;
    assert!(view(&world, id).await.version > reopened);
}

pub async fn a_settled_answer_is_a_change(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "good morning").await;
    let id = world.conversation("ann").await;
    let before = view(&world, id).await.version;
    let mut heard = world.store.changes();
    let claim = world.claim(&bot()).await.unwrap();
    let delivery = claim.job.about.delivery;
    world.fails_for(claim, Duration::from_secs(1)).await;
    let changing = heard.try_recv().unwrap();
    assert_eq!(changing.conversation, id);
    assert!(changing.version > before);
    let retried = world.store.retry_delivery(delivery, "ines").await;
    retried.unwrap();
    let after = heard.try_recv().unwrap();
    assert!(after.version > changing.version);
}

/// Somebody who reads while others write, and passes over what is not newer than what was read, misses nothing.
pub async fn a_version_is_never_newer_than_what_is_read(harness: impl Harness + 'static) {
    let world = Arc::new(World::new(harness).await);
    world.user_says("ann", "0").await;
    let id = world.conversation("ann").await;
    let mut heard = world.store.changes();
    let writer = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            for number in 1..=300 {
                let said = world.store.apply(says("ann", &number.to_string()));
                said.await.unwrap();
            }
        }
    });
    let mut shown = view(&world, id).await;
    while shown.messages.len() < 301 {
        let changing = tokio::time::timeout(Duration::from_secs(20), heard.recv());
        let changing = changing.await.expect("a change was missed").unwrap();
        if changing.version > shown.version {
            shown = view(&world, id).await;
        }
    }
    writer.await.unwrap();
    assert!(shown.version <= view(&world, id).await.version);
}

pub async fn what_changes_nothing_is_not_heard(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.apply(says_once("ann", "m1", "hello")).await;
    let id = world.conversation("ann").await;
    let mut heard = world.store.changes();
    world.apply(says_once("ann", "m1", "hello")).await;
    let subject = "webshop".to_owned();
    let kind = WarningKind::DeadLetter;
    world.store.warn(Warning { kind, subject }).await.unwrap();
    world.store.mark_read(id, &ines(), 1).await.unwrap();
    assert_eq!(heard.try_recv(), Err(TryRecvError::Empty));
}

async fn view(world: &World, id: ConversationId) -> ConversationView {
    let view = world.store.conversation(id, None, 999).await.unwrap();
    view.expect("the conversation")
}

fn conversations(changes: &[Changing]) -> Vec<ConversationId> {
    changes.iter().map(|change| change.conversation).collect()
}
