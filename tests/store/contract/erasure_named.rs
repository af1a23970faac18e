//! A user is erased whom bots keep under keys of their own.

use handover_bridge::{
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        event::{Step, Target},
        ids::BotName,
    },
    store::{Named, Whose},
};

use super::erasure::{finished, session};
use crate::world::{Harness, World, bot_name, key, says};

pub async fn who_is_named_by_the_key_of_one_bot_is_erased_with_no_other(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    let shown = Profile {
        user: UserProfile {
            id: Some("web:44".to_owned()),
            ..UserProfile::default()
        },
        ..Profile::default()
    };
    for (bot, user, profile) in [
        (fashion(), "44", None),
        (fashion(), "45", Some(shown.clone())),
        (fashion(), "46", None),
        (bot_name(), "44", None),
        (bot_name(), "web:44", None),
    ] {
        let step = Step {
            target: Target::Conversation(of(bot, user)),
            profile,
            ..says(user, "hello")
        };
        world.apply(step).await;
    }
    let keeps = |bot| Named::KeyWith([(bot, "44".to_owned())].into());
    let shown = |version: Option<&str>, bot: Option<BotName>| Whose {
        named: vec![Named::Profile("web:44".to_owned()), keeps(fashion())],
        bot,
        version: version.map(ToOwned::to_owned),
    };
    let as_session = Whose {
        named: vec![Named::Key("web:44".to_owned()), keeps(fashion())],
        bot: None,
        version: None,
    };
    for (whose, found, why) in [
        (shown(Some("LIVE"), None), 0, "neither has a version"),
        (shown(None, Some(bot_name())), 0, "both are another bot's"),
        (shown(None, None), 2, "one by the profile, one by the key"),
        (as_session.clone(), 1, "the other bot's, which is called so"),
        (as_session, 0, "the other bot's 44 is not meant"),
        (session("44"), 1, "it has stayed"),
        (session("46"), 0, "of another bot"),
    ] {
        let begun = world.store.erase(whose, false, "admin").await.unwrap();
        assert_eq!(begun.conversations, found, "{why}");
        finished(&world, &begun).await;
    }
}

pub async fn a_bot_is_kept_of_until_its_last_conversation_is_gone(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    world.user_says("ann", "hello").await;
    let kept = async |bot| world.store.is_kept_of(&bot).await.unwrap();
    assert_eq!(
        (kept(bot_name()).await, kept(fashion()).await),
        (true, false)
    );
    let begun = world.store.erase(session("ann"), false, "admin").await;
    finished(&world, &begun.unwrap()).await;
    assert!(!kept(bot_name()).await);
}

fn fashion() -> BotName {
    "fashion".parse().unwrap()
}

fn of(bot: BotName, user: &str) -> ConversationKey {
    ConversationKey { bot, ..key(user) }
}
