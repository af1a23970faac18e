//! A user is erased of whom not everything can be read.

use std::{num::NonZeroU64, time::Duration};

use handover_bridge::{
    domain::{
        conversation::{Answer, Profile, UserProfile},
        effect::WarningKind,
        event::Step,
    },
    store::{Erased, Named, Whose},
};

use super::erasure::{all_deliveries, finished, go_on, session, settle_all};
use crate::world::{Harness, World, policy, says, team_name};

pub async fn what_cannot_be_read_is_erased_as_it_is_and_holds_up_nobody(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for user in ["ann", "bea"] {
        let handover = world.waiting(user).await;
        world.agent_says(handover, "hi").await;
    }
    world.spoil().await;
    world.waiting("cem").await;
    let mut begun = Vec::new();
    for user in ["ann", "bea", "cem"] {
        // It goes on beside whoever asks for it.
        let (one, besides) = tokio::join!(
            world.store.erase(session(user), true, "admin"),
            world.store.go_on_erasing(100)
        );
        besides.unwrap();
        begun.push(one.unwrap());
    }
    assert_eq!(go_on(&world).await, Erased::Waits, "for what is owed");
    settle_all(&world).await;
    for (begun, kept) in begun.iter().zip([1, 1, 0]) {
        let done = finished(&world, begun).await;
        assert_eq!((done.left, done.platform_kept), (0, kept));
    }
    assert_eq!(all_deliveries(&world).await, []);
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert_eq!(open.items, []);
    let warned = world.store.warnings().await.unwrap();
    let told: Vec<_> = warned
        .iter()
        .map(|warning| (warning.kind, warning.count))
        .collect();
    assert_eq!(told, [(WarningKind::NotErased, 2)]);
    world.waiting("ann").await;
}

pub async fn what_is_owed_in_what_cannot_be_read_is_given_up_a_day_later(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    let handover = world.waiting("ann").await;
    world.agent_says(handover, "hi").await;
    world.spoil().await;
    let begun = world
        .store
        .erase(session("ann"), false, "admin")
        .await
        .unwrap();
    assert_eq!(go_on(&world).await, Erased::Waits);
    world.wait(Whose::LIMIT + Duration::from_millis(1));
    assert_eq!(finished(&world, &begun).await.left, 0);
    assert_eq!(all_deliveries(&world).await, []);
}

pub async fn what_cannot_be_read_has_its_place_at_the_desk_until_it_is_erased(
    harness: impl Harness + 'static,
) {
    let mut one_place = policy();
    let desk = one_place.desks.get_mut(&team_name()).unwrap();
    desk.max_open = NonZeroU64::new(1);
    let mut world = World::with(harness, one_place).await;
    world.waiting("ann").await;
    world.spoil().await;
    let refused = world.request("bea").await;
    assert_eq!(world.answer(refused).await, Answer::Declined);
    let ann = world.store.erase(session("ann"), false, "admin");
    let begun = ann.await.unwrap();
    assert_eq!(finished(&world, &begun).await.left, 0);
    world.waiting("cem").await;
    let refused = world.request("dan").await;
    assert_eq!(world.answer(refused).await, Answer::Declined);
}

pub async fn who_cannot_be_told_from_what_is_kept_is_erased_with_who_is_meant(
    harness: impl Harness + 'static,
) {
    let mut world = World::new(harness).await;
    for (user, id) in [("s1", "u1"), ("s2", "u2")] {
        let profile = Profile {
            version: Some("LIVE".to_owned()),
            user: UserProfile {
                id: Some(id.to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        };
        let said = Step {
            profile: Some(profile),
            ..says(user, "hello")
        };
        world.apply(said).await;
    }
    world
        .change("UPDATE conversations SET state = '{' || state")
        .await;
    let meant = Whose {
        named: vec![Named::Profile("u1".to_owned())],
        bot: None,
        version: Some("DRAFT".to_owned()),
    };
    let begun = world.store.erase(meant, false, "admin").await.unwrap();
    assert_eq!(begun.conversations, 1);
    finished(&world, &begun).await;
}
