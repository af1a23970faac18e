//! What a message alone moves is kept with it, and the state is written where more has changed.

use super::*;
use crate::domain::conversation::{Conversation, Profile};

#[tokio::test]
async fn a_message_that_moves_nothing_else_leaves_the_state_as_it_was_written() {
    let (store, directory) = open();
    waiting(&store).await;
    // With it the user begins to wait, for the desk and for an answer.
    store.apply(says("first")).await.unwrap();
    let first = store.claim(&team(), 1).await.unwrap().claims.pop().unwrap();
    delivered(&store, first).await;
    let written = written(&store).await;
    store.apply(says("one")).await.unwrap();
    store.apply(says("two")).await.unwrap();
    assert_eq!(self::written(&store).await, written);
    let (before, now) = (state(&store, "conversations").await, now(&store).await);
    assert_eq!(now.next_seq, before.next_seq + 2);
    // What was said twice, and what was heard.
    assert_eq!(now.version, before.version + 3);
    let unheard = |state: &Conversation| state.handover.as_ref().unwrap().unheard;
    assert!(unheard(&now).is_some() && unheard(&now) != unheard(&before));

    let store = is_kept(&now, (store, &directory)).await;
    store.apply(says("three")).await.unwrap();
    assert_eq!(self::now(&store).await.next_seq, now.next_seq + 1);
    assert_eq!(self::written(&store).await, written);
}

#[tokio::test]
async fn what_moves_after_a_message_is_kept_with_it() {
    let (store, directory) = open();
    waiting(&store).await;
    store.apply(says("one")).await.unwrap();
    store.apply(says("two")).await.unwrap();
    let written = written(&store).await;
    let first = store.claim(&team(), 1).await.unwrap().claims.pop().unwrap();
    let second = delivered(&store, first).await.unwrap();
    let unheard = now(&store).await.handover.unwrap().unheard;
    assert!(unheard.is_some(), "the second has not been heard");
    delivered(&store, second).await;
    let now = now(&store).await;
    assert_eq!(now.handover.as_ref().unwrap().unheard, None);
    assert_eq!(self::written(&store).await, written);
    is_kept(&now, (store, &directory)).await;
}

#[tokio::test]
async fn what_a_step_learns_of_the_user_is_written_with_all_that_had_moved() {
    let (store, directory) = open();
    waiting(&store).await;
    store.apply(says("one")).await.unwrap();
    let before = now(&store).await;
    let learns = Step {
        profile: Some(Profile {
            channel: Some("whatsapp".to_owned()),
            ..Profile::default()
        }),
        ..says("two")
    };
    store.apply(learns).await.unwrap();
    let now = now(&store).await;
    assert_eq!(now.profile.channel.as_deref(), Some("whatsapp"));
    assert_eq!(now.next_seq, before.next_seq + 1);
    assert_eq!(state(&store, "conversations").await, now);
    is_kept(&now, (store, &directory)).await;
}

#[tokio::test]
async fn an_observed_conversation_has_no_progress_beside_its_state() {
    let (store, _directory) = open();
    store.apply(says("one")).await.unwrap();
    store.apply(says("two")).await.unwrap();
    assert_eq!(state(&store, "conversations").await, now(&store).await);
}

#[tokio::test]
async fn a_long_message_carries_nothing_that_would_have_it_written_anew() {
    let (store, _directory) = open();
    waiting(&store).await;
    let mut long = says("long");
    if let Event::UserSaid(said) = &mut long.events[0].event {
        said.raw = Some("x".repeat(3_000));
    }
    store.apply(long).await.unwrap();
    assert_eq!(state(&store, "conversations").await, now(&store).await);
    store.apply(says(&"x".repeat(3_000))).await.unwrap();
    let first = store.claim(&team(), 1).await.unwrap().claims.pop().unwrap();
    let second = delivered(&store, first).await.unwrap();
    delivered(&store, second).await;
    let now = now(&store).await;
    assert_eq!(now.handover.as_ref().unwrap().unheard, None);
    assert_eq!(state(&store, "conversations").await, now);
}

#[tokio::test]
async fn a_progress_that_is_no_json_is_passed_over() {
    let (store, _directory) = open();
    waiting(&store).await;
    store.apply(says("one")).await.unwrap();
    let damage = store.writer.step(|work| {
        work.execute("UPDATE messages SET progress = '{'", [])?;
        Ok(())
    });
    damage.await.unwrap();
    assert_eq!(state(&store, "conversations").await, now(&store).await);
}

#[tokio::test]
async fn a_step_that_is_undone_takes_its_progress_along_and_no_other() {
    let (store, directory) = open();
    waiting(&store).await;
    let before = now(&store).await;
    let gate = Gate::close(&store);
    let mut first = Box::pin(store.apply(says("one")));
    let mut half = Keyed::new(says("never said"), &store.hasher);
    let mut fails = Box::pin(store.writer.step(move |work| {
        apply::apply(work, &mut half)?;
        Err::<(), _>(Fault::Missing)
    }));
    let mut last = Box::pin(store.apply(says("two")));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut fails).is_pending());
    assert!(poll!(&mut last).is_pending());
    gate.open().await;
    first.await.unwrap();
    assert!(fails.await.is_err());
    last.await.unwrap();
    let now = now(&store).await;
    assert_eq!(
        (now.version, now.next_seq),
        (before.version + 2, before.next_seq + 2)
    );
    let store = is_kept(&now, (store, &directory)).await;
    store.apply(says("three")).await.unwrap();
    assert_eq!(self::now(&store).await.next_seq, now.next_seq + 1);
}

async fn now(store: &SqliteStore) -> Conversation {
    state(store, "conversations_now").await
}

/// What the row itself holds.
async fn written(store: &SqliteStore) -> String {
    let sql = "SELECT state FROM conversations";
    let read = store
        .readers
        .read(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
    read.await.unwrap()
}

async fn state(store: &SqliteStore, table: &str) -> Conversation {
    let sql = format!("SELECT state FROM {table}");
    let read = store
        .readers
        .read(move |connection| Ok(connection.query_row(&sql, [], |row| columns::json(row, 0))?));
    read.await.unwrap()
}

/// After a start, which has nothing in memory. Gives the store that was started.
async fn is_kept(
    now: &Conversation,
    (store, directory): (SqliteStore, &tempfile::TempDir),
) -> SqliteStore {
    store.close().await;
    let store = options(directory.path()).open().unwrap();
    assert_eq!(self::now(&store).await, *now);
    store
}
