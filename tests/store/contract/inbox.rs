//! The lists that people at the console work through.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::{Phase, Profile, UserProfile},
        event::Step,
        ids::{ConversationId, HandoverId},
        message::{Actor, Content},
        operator::{Action, Colleague},
        policy::{Notice, Texts},
        reason::ClosedAs,
    },
    store::{
        DEAD_AT_MOST, DeliveryState, InboxCounts, InboxCursor, InboxList, InboxQuery, InboxRow,
        UserOf,
    },
};
use uuid::Uuid;

use crate::world::{
    Harness, World, bot_name, console_policy, ines, says, spare_name, team_name, text, text_of, tom,
};

const MOMENT: Duration = Duration::from_millis(1);

pub async fn each_list_has_what_is_meant_for_it_in_its_order(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    for user in ["ann", "bea", "cem"] {
        asks(&world, user).await;
        world.wait(MOMENT);
    }
    world.user_says("dan", "hello").await;
    let closed = asks(&world, "eva").await;
    ends(&world, "eva", closed).await;
    let claimed = asks(&world, "finn").await;
    let claim = Action::Claim { handover: claimed };
    world.operate("finn", &ines(), claim).await;
    let listed = async |list| users(&all(&world, query(list)).await);
    assert_eq!(listed(InboxList::Waiting).await, ["ann", "bea", "cem"]);
    assert_eq!(listed(InboxList::Mine).await, ["finn"]);
    assert_eq!(listed(InboxList::Open).await, ["ann", "bea", "cem", "finn"]);
    assert_eq!(listed(InboxList::WithBot).await, ["eva", "dan"]);
    assert_eq!(listed(InboxList::Closed).await, ["eva"]);
    let toms = InboxQuery {
        operator: tom(),
        ..query(InboxList::Mine)
    };
    assert!(all(&world, toms).await.is_empty(), "a colleague has it");
    let counts = |waiting, mine, open| InboxCounts {
        waiting,
        mine,
        open,
        dead: 0,
    };
    let store = &world.store;
    assert_eq!(store.inbox_counts(&ines()).await.unwrap(), counts(3, 1, 4));
    assert_eq!(store.inbox_counts(&tom()).await.unwrap(), counts(3, 0, 4));
}

pub async fn dead_letters_are_counted_up_to_a_hundred(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let dead = async || world.store.inbox_counts(&ines()).await.unwrap().dead;
    let handover = asks(&world, "ann").await;
    let claim = Action::Claim { handover };
    world.operate("ann", &ines(), claim).await;
    for number in 0..=DEAD_AT_MOST {
        assert_eq!(dead().await, number.min(DEAD_AT_MOST));
        let content = Content::text("one more");
        let say = Action::Say { handover, content };
        world.operate("ann", &ines(), say).await;
        let claim = world.claim(&crate::world::bot()).await.unwrap();
        world.dies(claim).await;
    }
    assert_eq!(dead().await, DEAD_AT_MOST, "one more is as many");
}

pub async fn paging_is_complete_without_repeats_while_things_change(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, console_policy()).await;
    let names: Vec<String> = (0..12).map(|number| format!("user{number:02}")).collect();
    let mut handovers = Vec::new();
    for user in &names {
        handovers.push(asks(&world, user).await);
        world.wait(MOMENT);
    }
    let mut wanted = query(InboxList::Open);
    let mut seen = Vec::new();
    for turn in 0..4 {
        let page = world.store.inbox(wanted.clone()).await.unwrap();
        seen.extend(users(&page.items));
        wanted.after = page.items.last().map(|row| row.cursor);
        // One that has been seen goes, one that has not is moved on, and a new one comes.
        ends(&world, &names[turn], handovers[turn]).await;
        let handover = handovers[11 - turn];
        let claim = Action::Claim { handover };
        world.operate(&names[11 - turn], &ines(), claim).await;
        world.user_says(&names[5], "still there").await;
    }
    assert_eq!(seen, names, "each once");
    asks(&world, "late").await;
    let page = world.store.inbox(wanted).await.unwrap();
    assert_eq!(users(&page.items), ["late"], "the newest comes last");
}

pub async fn handovers_of_one_moment_are_paged_completely(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let names: Vec<String> = (0..7).map(|number| format!("user{number}")).collect();
    for user in &names {
        let handover = asks(&world, user).await;
        world.user_says(&format!("{user}alone"), "hello").await;
        if user.ends_with(['1', '3', '5']) {
            ends(&world, user, handover).await;
        }
    }
    for (list, expected) in [
        (InboxList::Waiting, 4),
        (InboxList::Open, 4),
        (InboxList::Closed, 3),
        (InboxList::WithBot, 10),
    ] {
        let whole = users(&all(&world, query(list)).await);
        let single = InboxQuery {
            limit: 1,
            ..query(list)
        };
        assert_eq!(users(&all(&world, single).await), whole, "{list:?}");
        assert_eq!(whole.len(), expected, "{list:?}");
    }
}

pub async fn a_list_is_narrowed_to_a_bot_and_a_desk(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    asks(&world, "ann").await;
    let narrowed = |bot, desk| InboxQuery {
        bot,
        desk,
        ..query(InboxList::Open)
    };
    let other = "other".parse().unwrap();
    for (wanted, found) in [
        (narrowed(Some(bot_name()), Some(team_name())), 1),
        (narrowed(Some(other), None), 0),
        (narrowed(None, Some(spare_name())), 0),
    ] {
        let page = world.store.inbox(wanted.clone()).await.unwrap();
        assert_eq!(page.items.len(), found, "{wanted:?}");
    }
}

pub async fn a_user_is_found_by_name_or_id_and_a_conversation_by_any_of_our_ids(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, console_policy()).await;
    for (user, first, last) in [("u-17", "Änne", "Müller"), ("u-18", "Bo", "Berg")] {
        let profile = Profile {
            user: UserProfile {
                first_name: Some(first.to_owned()),
                last_name: Some(last.to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        };
        world
            .apply(Step {
                profile: Some(profile),
                ..says(user, "hello")
            })
            .await;
    }
    let handover = asks(&world, "u-17").await;
    asks(&world, "u-18").await;
    let id = world.conversation("u-17").await;
    let view = world.store.conversation(id, None, 9).await.unwrap();
    let message = view.unwrap().messages[0].message.id;
    for text in [
        "ÄNNE mü",
        "müller",
        "U-17",
        " 17 ",
        &id.to_string(),
        &handover.to_string(),
        &message.to_string(),
    ] {
        let found = searched(&world, text).await;
        assert_eq!(found, ["u-17"], "{text}");
    }
    assert_eq!(searched(&world, "u-1").await, ["u-17", "u-18"]);
    assert_eq!(searched(&world, "").await, ["u-17", "u-18"]);
    let unknown = Uuid::from_u128(7).to_string();
    for text in ["nobody", &unknown, "%", "_"] {
        assert!(searched(&world, text).await.is_empty(), "{text}");
    }
}

pub async fn an_id_says_whose_it_is(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let profile = Profile {
        user: UserProfile {
            first_name: Some("Ann".to_owned()),
            ..UserProfile::default()
        },
        ..Profile::default()
    };
    let hello = Step {
        profile: Some(profile),
        ..says("u-17", "hello")
    };
    world.apply(hello).await;
    let handover = asks(&world, "u-17").await;
    world.user_says("u-18", "hello").await;
    let (ann, nobody) = (
        world.conversation("u-17").await,
        world.conversation("u-18").await,
    );
    let view = world.store.conversation(ann, None, 9).await.unwrap();
    let message = view.unwrap().messages[0].message.id;
    let unknown = Uuid::from_u128(7);
    let ann_s = [ann.as_uuid(), handover.as_uuid(), message.as_uuid()];
    let ids = [&ann_s[..], &[nobody.as_uuid(), unknown, ann.as_uuid()]].concat();
    let mut users = world.store.users_of(ids).await.unwrap();
    for id in ann_s {
        let user = UserOf {
            conversation: ann,
            name: Some("Ann".to_owned()),
        };
        assert_eq!(users.remove(&id), Some(user), "{id}");
    }
    let user = users.remove(&nobody.as_uuid()).unwrap();
    assert_eq!((user.conversation, user.name), (nobody, None));
    assert!(users.is_empty(), "nobody has the other: {users:?}");
}

pub async fn a_row_says_who_has_the_user_and_what_was_said_last(harness: impl Harness + 'static) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = asks(&world, "ann").await;
    let id = world.conversation("ann").await;
    world
        .operate("ann", &ines(), Action::Claim { handover })
        .await;
    world.user_says("ann", "my parcel").await;
    world.reopen().await;
    let row = row(&world, id).await.unwrap();
    let open = row.handover.unwrap();
    assert_eq!((open.id, open.desk), (handover, Some(team_name())));
    assert_eq!(
        (open.phase, open.operator, open.ended_at),
        (Some(Phase::Attended), Some(ines()), None)
    );
    assert_eq!(text_of(&row.last.unwrap().content), "my parcel");
    let listed = all(&world, query(InboxList::Mine)).await;
    assert_eq!(listed[0].cursor, row.cursor);
    ends(&world, "ann", handover).await;
    let row = self::row(&world, id).await.unwrap();
    assert_eq!(row.handover, None, "the bot has the user");
    let closed = all(&world, query(InboxList::Closed)).await;
    let ended = closed[0].handover.as_ref().unwrap();
    assert_eq!((ended.id, ended.phase), (handover, None));
    assert_eq!(ended.reason, Some(ClosedAs::Solved.into()));
    assert_eq!(ended.ended_at, Some(closed[0].cursor.at));
}

pub async fn a_row_names_the_agent_who_said_what_was_said_last(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let handover = asks(&world, "ann").await;
    let id = world.conversation("ann").await;
    let agent = async || row(&world, id).await.unwrap().agent;
    let says = |text: &str| Action::Say {
        handover,
        content: Content::text(text),
    };
    let claim = Action::Claim { handover };
    world.operate("ann", &ines(), claim).await;
    world.operate("ann", &ines(), says("a moment")).await;
    assert_eq!(agent().await.as_deref(), Some("ines"));
    world.wait(MOMENT);
    let to = Some(Colleague {
        name: tom(),
        shown_as: None,
    });
    let give = Action::Assign { handover, to };
    world.operate("ann", &ines(), give).await;
    assert_eq!(agent().await.as_deref(), Some("ines"), "Tom said nothing");
    world.operate("ann", &tom(), says("here I am")).await;
    let listed = all(&world, query(InboxList::Open)).await;
    assert_eq!(listed[0].agent.as_deref(), Some("tom"));
    world.user_says("ann", "thanks").await;
    assert_eq!(agent().await, None, "no agent said it");
}

pub async fn a_row_says_that_what_an_agent_said_has_not_reached_the_user(
    harness: impl Harness + 'static,
) {
    let world = World::with(harness, console_policy()).await;
    let handover = asks(&world, "ann").await;
    let claim = Action::Claim { handover };
    world.operate("ann", &ines(), claim).await;
    let fate = async || {
        let listed = all(&world, query(InboxList::Open)).await;
        let id = world.conversation("ann").await;
        assert_eq!(row(&world, id).await.unwrap().fate, listed[0].fate);
        listed[0].fate
    };
    let say = async || {
        let content = Content::text("one more");
        let say = Action::Say { handover, content };
        world.operate("ann", &ines(), say).await;
    };
    let bot = crate::world::bot();
    say().await;
    assert_eq!(fate().await, None, "it is on its way");
    let claim = world.claim(&bot).await.unwrap();
    world.fails_for(claim, Duration::from_secs(1)).await;
    assert_eq!(fate().await, Some(DeliveryState::Retrying));
    say().await;
    assert_eq!(fate().await, Some(DeliveryState::Retrying), "it waits");
    world.wait(Duration::from_secs(2));
    let claim = world.claim(&bot).await.unwrap();
    let behind = world.done(claim).await.unwrap();
    assert_eq!(fate().await, None, "the first has arrived");
    world.dies(behind).await;
    assert_eq!(fate().await, Some(DeliveryState::Dead));
    world.user_says("ann", "hello?").await;
    assert_eq!(fate().await, None, "the user spoke last");
    say().await;
    assert_eq!(fate().await, None, "another one is on its way");
    let claim = world.claim(&bot).await.unwrap();
    world.done(claim).await;
    assert_eq!(fate().await, None, "it has arrived");
}

pub async fn what_an_agent_said_has_reached_the_user_whatever_comes_behind_it(
    harness: impl Harness + 'static,
) {
    let mut policy = console_policy();
    let texts = [(Notice::Ended, "Goodbye".to_owned())];
    policy.texts = Texts([("en".to_owned(), texts.into())].into());
    let world = World::with(harness, policy).await;
    let handover = asks(&world, "ann").await;
    let claim = Action::Claim { handover };
    world.operate("ann", &ines(), claim).await;
    let content = Content::text("your parcel is on its way");
    let say = Action::Say { handover, content };
    world.operate("ann", &ines(), say).await;
    let bot = crate::world::bot();
    let said = world.claim(&bot).await.unwrap();
    world.done(said).await;
    let close = Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: None,
    };
    world.operate("ann", &ines(), close).await;
    let notice = world.claim(&bot).await.unwrap();
    assert_eq!(text(&notice), "Goodbye");
    world.fails_for(notice, Duration::from_secs(1)).await;
    let id = world.conversation("ann").await;
    let row = row(&world, id).await.unwrap();
    assert_eq!(
        text_of(&row.last.unwrap().content),
        "your parcel is on its way"
    );
    assert_eq!(row.fate, None, "it has arrived");
}

pub async fn a_notice_is_the_last_of_a_row_only_where_nobody_said_anything(
    harness: impl Harness + 'static,
) {
    let mut policy = console_policy();
    let texts = [(Notice::HandingOver, "You are in line".to_owned())];
    policy.texts = Texts([("en".to_owned(), texts.into())].into());
    let world = World::with(harness, policy).await;
    world.user_says("ann", "my parcel").await;
    asks(&world, "ann").await;
    asks(&world, "bea").await;
    let last = async |user| {
        let id = world.conversation(user).await;
        let view = world.store.conversation(id, None, 9).await.unwrap();
        let newest = view.unwrap().messages.pop().unwrap().message;
        assert_eq!(newest.actor, Actor::System, "the user was told to wait");
        let listed = all(&world, query(InboxList::Waiting)).await;
        let listed = listed.into_iter().find(|row| row.conversation == id);
        let row = row(&world, id).await.unwrap();
        assert_eq!(row.last, listed.unwrap().last);
        row.last.unwrap()
    };
    assert_eq!(text_of(&last("ann").await.content), "my parcel");
    assert_eq!(last("bea").await.actor, Actor::System);
}

pub async fn a_row_of_an_unknown_conversation_is_none(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    let unknown = ConversationId::from_uuid(Uuid::from_u128(7));
    assert_eq!(row(&world, unknown).await, None);
    let view = world.store.conversation(unknown, None, 9).await.unwrap();
    assert_eq!(view, None);
    world.store.mark_read(unknown, &ines(), 9).await.unwrap();
    let after = Some(InboxCursor {
        at: world.clock.now(),
        conversation: unknown,
    });
    let beyond = InboxQuery {
        after,
        ..query(InboxList::Open)
    };
    assert!(all(&world, beyond).await.is_empty());
}

async fn asks(world: &World, user: &str) -> HandoverId {
    world.request(user).await
}

/// The agent is done and the bot has been resumed.
async fn ends(world: &World, user: &str, handover: HandoverId) {
    let close = Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: None,
    };
    world.operate(user, &ines(), close).await;
    while let Some(mut claim) = world.claim(&crate::world::bot()).await {
        while let Some(next) = world.done(claim).await {
            claim = next;
        }
    }
}

async fn row(world: &World, id: ConversationId) -> Option<InboxRow> {
    world.store.inbox_row(id, &ines()).await.unwrap()
}

async fn searched(world: &World, text: &str) -> Vec<String> {
    let wanted = InboxQuery {
        text: Some(text.to_owned()),
        ..query(InboxList::Open)
    };
    users(&all(world, wanted).await)
}

fn query(list: InboxList) -> InboxQuery {
    InboxQuery {
        list,
        operator: ines(),
        bot: None,
        desk: None,
        text: None,
        after: None,
        limit: 3,
    }
}

async fn all(world: &World, mut wanted: InboxQuery) -> Vec<InboxRow> {
    let mut rows = Vec::new();
    loop {
        let page = world.store.inbox(wanted.clone()).await.unwrap();
        assert!(page.items.len() <= wanted.limit);
        rows.extend(page.items);
        if !page.more {
            return rows;
        }
        wanted.after = rows.last().map(|row| row.cursor);
    }
}

fn users(rows: &[InboxRow]) -> Vec<String> {
    rows.iter().map(|row| row.user.clone()).collect()
}
