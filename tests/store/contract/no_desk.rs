//! Handovers for which no desk has been asked: they are at none, whichever desks there are.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::{Answer, Phase},
        ids::{DeskName, HandoverId},
        policy::Policy,
    },
    store::{Census, InboxList, InboxQuery},
};

use crate::world::{Harness, World, ines, policy, spare_name, team_name};

pub async fn a_request_that_no_desk_takes_is_at_none_when_it_is_over(
    harness: impl Harness + 'static,
) {
    let mut policy = policy();
    for desk in policy.desks.values_mut() {
        desk.enabled = false;
    }
    let world = World::with(harness, policy).await;
    world.user_says("ann", "help").await;
    let handover = world.request("ann").await;
    assert_eq!(world.answer(handover).await, Answer::Declined);
    for (narrowed_to, found) in [
        (None, vec![(handover, None)]),
        (Some(team_name()), Vec::new()),
        (Some(spare_name()), Vec::new()),
    ] {
        let at = listed(&world, InboxList::Closed, narrowed_to).await;
        assert_eq!(at, found);
    }
    assert_eq!(shown(&world).await, [None]);
}

pub async fn a_handover_is_at_no_desk_before_one_is_asked(harness: impl Harness + 'static) {
    let mut world = World::with(harness, with_history()).await;
    let handover = world.request("ann").await;
    world.reopen().await;
    assert_eq!(
        listed(&world, InboxList::Open, None).await,
        [(handover, None)]
    );
    assert_eq!(shown(&world).await, [None]);
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(open.items[0].desk, None);
    assert_eq!(census(&world).await.open, counted(None));
    assert!(world.store.names_in_use().await.unwrap().desks.is_empty());

    world.wait(Duration::from_secs(1));
    world.store.fire_timers(10).await.unwrap();
    assert_eq!(
        listed(&world, InboxList::Open, Some(team_name())).await,
        [(handover, Some(team_name()))]
    );
    assert_eq!(shown(&world).await, [Some(team_name())]);
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(open.items[0].desk, Some(team_name()));
    assert_eq!(census(&world).await.open, counted(Some(team_name())));
    let used = world.store.names_in_use().await.unwrap();
    assert_eq!(used.desks, [team_name()]);
}

/// The platform is asked first.
fn with_history() -> Policy {
    let mut policy = policy();
    for bot in policy.bots.values_mut() {
        bot.look_ups.history = true;
    }
    policy
}

async fn listed(
    world: &World,
    list: InboxList,
    desk: Option<DeskName>,
) -> Vec<(HandoverId, Option<DeskName>)> {
    let wanted = InboxQuery {
        list,
        operator: ines(),
        bot: None,
        desk,
        text: None,
        after: None,
        limit: 9,
    };
    let found = world.store.inbox(wanted).await.unwrap().items;
    let handovers = found.into_iter().filter_map(|row| row.handover);
    handovers.map(|found| (found.id, found.desk)).collect()
}

/// At which desks the handovers of the only user are shown.
async fn shown(world: &World) -> Vec<Option<DeskName>> {
    let id = world.conversation("ann").await;
    let view = world.store.conversation(id, None, 9).await.unwrap();
    let handovers = view.unwrap().handovers.into_iter();
    handovers.map(|handover| handover.desk).collect()
}

async fn census(world: &World) -> Census {
    world.store.census().await.unwrap()
}

fn counted(desk: Option<DeskName>) -> std::collections::BTreeMap<(Option<DeskName>, Phase), u64> {
    [((desk, Phase::Requested), 1)].into()
}
