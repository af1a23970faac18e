//! Statements that take longer than a sender waits.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        conversation::{Profile, UserProfile},
        event::Step,
        policy::PausedBecause,
    },
    store::{
        Error, Named, OperatorStore as _, Pause, Retention, Store as _, Whose,
        postgres::{Options, PostgresStore},
    },
};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use super::{Database, Shared};
use crate::world::{World, clock, keep, policy, says, team};

/// What takes longer than any hook is given.
const SLOW: Duration = Duration::from_millis(2500);
const ACTIVE: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%strpos%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_found_however_long_it_takes_to_look_through_all_that_is_kept() {
    let database = Database::new();
    let store = database.with_searches_of(SLOW).await;
    let erasure = store.erase(shown(), false, "admin").await.unwrap();
    assert_eq!(erasure.conversations, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_behind_a_search_that_its_caller_has_given_up() {
    let database = Database::new();
    let store = database.with_searches_of(Duration::from_mins(1)).await;
    let moment = Duration::from_millis(300);
    let given_up = timeout(moment, store.erase(shown(), false, "admin")).await;
    assert!(given_up.is_err());
    // It is the only connection that the store may have.
    store.apply(says("bea", "hello")).await.unwrap();
    let ended = database.comes_to(ACTIVE, "0");
    timeout(Duration::from_secs(20), ended).await.unwrap();
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_does_not_go_on_with_what_nobody_waits_for() {
    let database = Database::new();
    let store = database.replica(policy(), clock()).await;
    let held = database.holds("BEGIN; LOCK TABLE deliveries").await;
    let late = store.census().await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    let ended = database.comes_to(WAITING, "0");
    timeout(Duration::from_secs(4), ended).await.unwrap();
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sender_waited_for_is_not_called_off() {
    let database = Database::new();
    let store = database.replica(policy(), clock()).await;
    let held = database.holds("BEGIN; LOCK TABLE pauses").await;
    let pause = Pause {
        until: clock().now().plus(Duration::from_mins(1)),
        because: PausedBecause::Refused,
    };
    let late = store.pause(&team(), Some(pause)).await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert_eq!(database.says(WAITING), "1\n");
    drop(held);
    let kept = database.comes_to("SELECT count(*) FROM pauses", "1");
    timeout(Duration::from_secs(5), kept).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_of_which_nothing_follows_waits_for_the_database_as_any_other() {
    let database = Arc::new(Database::new());
    let mut world = World::new(Shared(Arc::clone(&database))).await;
    world.waiting("ann").await;
    world.user_says("ann", "hello").await;
    world.spoil().await;
    let claim = world.claim(&team()).await.unwrap();
    let held = database
        .holds("BEGIN; LOCK TABLE deliveries IN SHARE MODE")
        .await;
    let settling = tokio::spawn(async move { world.done(claim).await });
    // The second time that it is written.
    let again = database.comes_to(WAITING, "2");
    timeout(Duration::from_secs(10), again).await.unwrap();
    drop(held);
    assert!(settling.await.unwrap().is_none());
    let unsettled = "SELECT count(*) FROM deliveries WHERE settled_at IS NULL";
    assert_eq!(database.says(unsettled), "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_removed_keeps_nothing_else_from_going_and_nobody_from_speaking() {
    let (database, clock) = (Database::new(), clock());
    let store = Arc::new(database.replica(policy(), Arc::clone(&clock)).await);
    store.apply(says("ann", "old")).await.unwrap();
    clock.wait(Duration::from_hours(25));
    store.apply(says("ann", "new")).await.unwrap();
    let held = database.holds("BEGIN; LOCK TABLE audit").await;
    let observed = Retention {
        observed: Duration::from_hours(24),
        ..keep()
    };
    let purging = Arc::clone(&store);
    let purging = tokio::spawn(async move { purging.purge(observed, 99).await });
    let gone = database.comes_to("SELECT count(*) FROM messages", "1");
    timeout(Duration::from_secs(20), gone).await.unwrap();
    store.apply(says("ann", "newer")).await.unwrap();
    assert!(!purging.is_finished());
    drop(held);
    assert_eq!(purging.await.unwrap().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_too_slow_for_as_much_as_is_meant_removes_less_at_once() {
    let (database, clock) = (Database::new(), clock());
    let store = database.replica(policy(), Arc::clone(&clock)).await;
    store.apply(says("ann", "hello")).await.unwrap();
    database.says(
        "INSERT INTO messages (id, conversation, seq, actor, at, late, content, recorded_at) \
         SELECT gen_random_uuid(), conversation, n, actor, at, late, content, recorded_at \
         FROM messages, generate_series(100, 500) n",
    );
    database.says(
        "CREATE FUNCTION slowly() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
         BEGIN PERFORM pg_sleep(60) FROM gone HAVING count(*) > 100; RETURN NULL; END $$",
    );
    database.says(
        "CREATE TRIGGER slowly AFTER DELETE ON messages REFERENCING OLD TABLE AS gone \
         FOR EACH STATEMENT EXECUTE FUNCTION slowly()",
    );
    clock.wait(Duration::from_hours(25));
    let observed = Retention {
        observed: Duration::from_hours(24),
        ..keep()
    };
    assert_eq!(store.purge(observed, 400).await.unwrap(), 100);
}

fn shown() -> Whose {
    Whose {
        named: vec![Named::Profile("web:44".to_owned())],
        bot: None,
        version: None,
    }
}

impl Database {
    /// With one conversation, of a user who is looked for in its state; to look through one takes so long.
    async fn with_searches_of(&self, span: Duration) -> PostgresStore {
        self.migrated().await;
        let seconds = span.as_secs_f64();
        self.says(&format!(
            "CREATE SCHEMA slow; CREATE FUNCTION slow.strpos(TEXT, TEXT) RETURNS INTEGER LANGUAGE sql VOLATILE \
             AS $$ SELECT pg_catalog.strpos($1, $2) FROM pg_sleep({seconds}) $$"
        ));
        self.set_for_new_sessions("SET search_path = slow, pg_catalog, public");
        let options = Options {
            pool: 1,
            ..self.options(policy(), clock())
        };
        let store = options.open().await.unwrap();
        let profile = Profile {
            user: UserProfile {
                id: Some("web:44".to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        };
        let said = Step {
            profile: Some(profile),
            ..says("ann", "hello")
        };
        store.apply(said).await.unwrap();
        store
    }

    /// What these statements of somebody else begin lasts as long as the connection that is given.
    pub async fn holds(&self, sql: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        client
    }

    pub async fn comes_to(&self, sql: &str, wanted: &str) {
        while self.says(sql).trim() != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
