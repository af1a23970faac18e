//! What is said while a request for an agent waits for the writer, where nothing may be observed.

use super::*;

fn unobserved(takes: bool) -> (SqliteStore, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    let policy = Arc::make_mut(&mut options.policy);
    policy.observe = false;
    if !takes {
        policy.routes.clear();
        policy.desks.clear();
    }
    (options.open().unwrap(), directory)
}

#[tokio::test]
async fn what_is_said_behind_a_request_belongs_to_the_handover() {
    let (store, _directory) = unobserved(true);
    let gate = Gate::close(&store);
    let mut asked = Box::pin(store.apply(request("ann")));
    assert!(poll!(&mut asked).is_pending());
    let mut said = Box::pin(store.apply(says("my order is late")));
    assert!(poll!(&mut said).is_pending(), "it waits behind the request");
    gate.open().await;
    asked.await.unwrap();
    said.await.unwrap();
    assert_eq!(messages(&store).await, 1);
}

#[tokio::test]
async fn a_request_that_was_declined_leaves_the_user_to_the_bot() {
    let (store, _directory) = unobserved(false);
    store.apply(request("ann")).await.unwrap();
    store.apply(says("hello")).await.unwrap();
    assert_eq!(messages(&store).await, 0);
    let mut said = Box::pin(store.apply(says("hello again")));
    while !store.memory.is_the_bots(&key("ann")) {
        // Whoever is answered is so before the step is gone.
        tokio::task::yield_now().await;
    }
    assert!(poll!(&mut said).is_ready(), "the writer need not be asked");
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_decided_all_the_same() {
    let (store, _directory) = unobserved(true);
    let gate = Gate::close(&store);
    let mut asked = Box::pin(store.apply(request("ann")));
    assert!(poll!(&mut asked).is_pending());
    drop(asked);
    let mut said = Box::pin(store.apply(says("my order is late")));
    assert!(poll!(&mut said).is_pending());
    gate.open().await;
    said.await.unwrap();
    assert_eq!(messages(&store).await, 1);
}
