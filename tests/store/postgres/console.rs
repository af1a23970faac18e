//! What replicas do side by side for people at the console, for upkeep and for who is erased.

use std::{sync::Arc, time::Duration};

use handover_bridge::store::{
    ConsoleStore, Erased, Named, OperatorStore, Retention, Store, Whose,
    postgres::{Listen, PostgresStore},
};
use tokio::time::timeout;

use super::Database;
use crate::world::{ManualClock, clock, keep, policy, says};

/// Longer than it takes to look each second.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_change_of_another_replica_is_heard_at_its_version() {
    for listen in [Listen::Here, Listen::Off] {
        let database = Database::new();
        let clock = clock();
        let (here, there) = two(&database, &clock, listen).await;
        let (mut heard, mut heard_there) = (here.changes(), there.changes());
        for text in ["one", "two"] {
            there.apply(says("ann", text)).await.unwrap();
            let told = heard_there.recv().await.unwrap();
            let changing = timeout(SOON, heard.recv()).await.expect("it is told");
            assert_eq!(changing.unwrap(), told);
            let view = here.conversation(told.conversation, None, 9).await.unwrap();
            assert_eq!(view.unwrap().version, told.version);
        }
        let missed = here.changed_since(clock.now()).await.unwrap();
        assert_eq!(missed.map(|missed| missed.len()), Some(1), "each once");
    }
}

#[tokio::test]
async fn replicas_that_erase_and_purge_at_once_do_it_once() {
    let database = Database::new();
    let clock = clock();
    let (here, there) = two(&database, &clock, Listen::Here).await;
    for number in 0..12 {
        for user in ["ann", "bea"] {
            here.apply(says(user, &number.to_string())).await.unwrap();
        }
    }
    let whose = Whose {
        named: vec![Named::Key("ann".to_owned())],
        bot: None,
        version: None,
    };
    let begun = here.erase(whose, false, "admin").await.unwrap();
    let erases = async |store: &PostgresStore| {
        while store.go_on_erasing(2).await.unwrap() != Erased::All {}
    };
    tokio::join!(erases(&here), erases(&there));
    let erasure = there.erasure(begun.id).await.unwrap().unwrap();
    assert_eq!((erasure.conversations, erasure.left), (1, 0));
    assert_eq!(erasure.finished_at, Some(clock.now()));

    let observed = Retention {
        observed: Duration::ZERO,
        ..keep()
    };
    clock.wait(Duration::from_millis(1));
    let (mine, theirs) = tokio::join!(purged(&here, observed), purged(&there, observed));
    let left = purged(&here, observed).await;
    assert_eq!(
        mine + theirs + left,
        13,
        "what bea said, and the conversation"
    );
}

async fn two(
    database: &Database,
    clock: &Arc<ManualClock>,
    listen: Listen,
) -> (PostgresStore, PostgresStore) {
    let open = || database.listening(listen.clone(), policy(), Arc::clone(clock));
    (open().await, open().await)
}

/// How many rows this replica has removed when it finds nothing more, or another at it.
async fn purged(store: &PostgresStore, keep: Retention) -> usize {
    let mut removed = 0;
    loop {
        match store.purge(keep, 3).await.unwrap() {
            0 => return removed,
            some => removed += some,
        }
    }
}
