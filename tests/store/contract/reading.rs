//! One conversation as people at the console read it.

use handover_bridge::{
    domain::{
        effect::Cause,
        event::Target,
        ids::{ConversationId, HandoverId},
        message::Content,
        operator::{Action, Colleague},
        reason::ClosedAs,
    },
    store::{
        Applied, ConversationView, DeliveryState, Erased, InboxList, InboxQuery, Named, Whose,
    },
};

use crate::world::{
    Harness, World, bot, bot_said, console_policy, ines, operated, says, step, text_of, tom,
};

pub async fn a_conversation_is_read_from_its_end_page_by_page(harness: impl Harness + 'static) {
    let world = World::new(harness).await;
    for number in 1..=7 {
        world.user_says("ann", &number.to_string()).await;
    }
    let id = world.conversation("ann").await;
    let page = async |before| {
        let view = world.store.conversation(id, before, 3).await.unwrap();
        let view = view.unwrap();
        (texts(&view), view.more)
    };
    let words = |words: [&str; 3]| words.map(ToOwned::to_owned).to_vec();
    assert_eq!(page(None).await, (words(["5", "6", "7"]), true));
    assert_eq!(page(Some(5)).await, (words(["2", "3", "4"]), true));
    assert_eq!(page(Some(2)).await, (vec!["1".to_owned()], false));
}

pub async fn what_became_of_an_answer_stands_with_it(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let handover = claimed(&world, "ann").await;
    for text in ["one", "two"] {
        let say = Action::Say {
            handover,
            content: Content::text(text),
        };
        world.operate("ann", &ines(), say).await;
    }
    world.user_says("ann", "three").await;
    let claim = world.claim(&bot()).await.unwrap();
    let second = world.done(claim).await.unwrap();
    world.dies(second).await;
    let view = read(&world, "ann").await;
    let states: Vec<_> = view
        .messages
        .iter()
        .filter(|view| matches!(view.message.content, Content::Text { .. }))
        .map(|view| {
            let states = view.deliveries.iter().map(|delivery| delivery.state);
            (text_of(&view.message.content), states.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        states,
        [
            ("one".to_owned(), vec![DeliveryState::Delivered]),
            ("two".to_owned(), vec![DeliveryState::Dead]),
            ("three".to_owned(), vec![]),
        ]
    );
    let delivered = &view.messages[0].deliveries[0];
    assert_eq!(delivered.settled_at, Some(world.clock.now()));
    assert_eq!(delivered.message, Some(view.messages[0].message.id));
}

pub async fn who_did_what_stands_in_the_journal_also_after_reopening(
    harness: impl Harness + 'static,
) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = claimed(&world, "ann").await;
    note(&world, handover, "a friend of the house").await;
    let id = world.conversation("ann").await;
    let pass_on = Action::Assign {
        handover,
        to: Some(Colleague {
            name: tom(),
            shown_as: None,
        }),
    };
    world.operate("ann", &ines(), pass_on).await;
    world.reopen().await;
    let view = world
        .store
        .conversation(id, None, 9)
        .await
        .unwrap()
        .unwrap();
    let did: Vec<_> = view
        .journal
        .iter()
        .filter(|entry| entry.by == Some(ines()))
        .map(|entry| (entry.cause, entry.detail.as_deref()))
        .collect();
    assert!(
        did.contains(&(Cause::Noted, Some("a friend of the house"))),
        "{did:?}"
    );
    assert!(did.contains(&(Cause::Assigned, Some("tom"))), "{did:?}");
    assert_eq!(view.journal[0].cause, Cause::Requested);
    assert_eq!(
        view.journal[0].by, None,
        "nobody at the console asked for it"
    );
    assert_eq!(view.handovers.len(), 1);
    assert_eq!(view.handovers[0].operator, Some(tom()));
    assert_eq!(view.state.handover.unwrap().operator, Some(tom()));
}

pub async fn what_was_read_stays_read_and_never_goes_back(harness: impl Harness + 'static) {
    let mut world = World::with(harness, console_policy()).await;
    let handover = world.request("ann").await;
    let id = world.conversation("ann").await;
    for text in ["one", "two", "three"] {
        world.user_says("ann", text).await;
    }
    assert_eq!(unread(&world, id).await, 3);
    let seqs: Vec<u64> = read(&world, "ann")
        .await
        .messages
        .iter()
        .map(|view| view.message.seq)
        .collect();
    world.store.mark_read(id, &ines(), seqs[1]).await.unwrap();
    world.store.mark_read(id, &ines(), seqs[0]).await.unwrap();
    assert_eq!(unread(&world, id).await, 1);
    world.reopen().await;
    assert_eq!(unread(&world, id).await, 1);
    world.store.mark_read(id, &ines(), u64::MAX).await.unwrap();
    assert_eq!(unread(&world, id).await, 0);
    world.user_says("ann", "four").await;
    assert_eq!(
        unread(&world, id).await,
        1,
        "nobody has read what is to come"
    );
    let toms = InboxQuery {
        operator: tom(),
        ..open_ones()
    };
    let page = world.store.inbox(toms).await.unwrap();
    assert_eq!(page.items[0].unread, 4, "a colleague has read nothing");
    assert_eq!(page.items[0].handover.as_ref().unwrap().id, handover);
}

pub async fn unread_messages_are_the_users_and_counted_up_to_ninety_nine(
    harness: impl Harness + 'static,
) {
    let world = World::new(harness).await;
    world.apply(step("ann", vec![bot_said("welcome")])).await;
    world.user_says("ann", "hello").await;
    let id = world.conversation("ann").await;
    assert_eq!(unread(&world, id).await, 1);
    for number in 0..110 {
        world.apply(says("ann", &number.to_string())).await;
    }
    assert_eq!(unread(&world, id).await, 99);
}

pub async fn a_note_of_another_conversations_handover_is_refused(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let handover = world.request("ann").await;
    world.request("bea").await;
    let bea = world.conversation("bea").await;
    let note = Action::Note {
        handover,
        text: "about ann".to_owned(),
    };
    let step = operated(bea, &ines(), note);
    assert!(matches!(step.target, Target::Id(id) if id == bea));
    assert_eq!(world.store.apply(step).await.unwrap(), Applied::NotFound);
    assert!(!noted(&read(&world, "ann").await));
}

pub async fn notes_and_read_marks_go_with_an_erasure(harness: impl Harness + 'static) {
    let world = World::with(harness, console_policy()).await;
    let handover = claimed(&world, "ann").await;
    let id = world.conversation("ann").await;
    let close = Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: None,
    };
    world.operate("ann", &ines(), close).await;
    while let Some(claim) = world.claim(&bot()).await {
        world.done(claim).await;
    }
    note(&world, handover, "after the end").await;
    world.store.mark_read(id, &ines(), 1).await.unwrap();
    assert!(
        noted(&read(&world, "ann").await),
        "what is over takes notes"
    );
    let whose = Whose {
        named: vec![Named::Key("ann".to_owned())],
        bot: None,
        version: None,
    };
    world.store.erase(whose, false, "admin").await.unwrap();
    while world.store.go_on_erasing(99).await.unwrap() != Erased::All {}
    assert_eq!(world.store.conversation(id, None, 9).await.unwrap(), None);
    world.user_says("ann", "hello").await;
    let again = world.conversation("ann").await;
    assert_eq!(unread(&world, again).await, 1, "nobody has read it");
    assert!(!noted(&read(&world, "ann").await));
}

async fn claimed(world: &World, user: &str) -> HandoverId {
    let handover = world.request(user).await;
    world
        .operate(user, &ines(), Action::Claim { handover })
        .await;
    handover
}

async fn note(world: &World, handover: HandoverId, text: &str) {
    let text = text.to_owned();
    world
        .operate("ann", &ines(), Action::Note { handover, text })
        .await;
}

async fn read(world: &World, user: &str) -> ConversationView {
    let id = world.conversation(user).await;
    let view = world.store.conversation(id, None, 99).await.unwrap();
    view.expect("the conversation")
}

async fn unread(world: &World, id: ConversationId) -> u64 {
    let row = world.store.inbox_row(id, &ines()).await.unwrap();
    row.expect("the conversation").unread
}

fn noted(view: &ConversationView) -> bool {
    view.journal.iter().any(|entry| entry.cause == Cause::Noted)
}

fn texts(view: &ConversationView) -> Vec<String> {
    view.messages
        .iter()
        .map(|view| text_of(&view.message.content))
        .collect()
}

fn open_ones() -> InboxQuery {
    InboxQuery {
        list: InboxList::Open,
        operator: ines(),
        bot: None,
        desk: None,
        text: None,
        after: None,
        limit: 9,
    }
}
