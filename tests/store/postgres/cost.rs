//! What upkeep and counts cost does not grow with what is kept: how much of a table is read, as the server counts it.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::time::Timestamp,
    store::{OperatorStore as _, Retention, Store as _, postgres::PostgresStore},
};

use super::{Database, Shared};
use crate::{
    contract::erasure::is_soon_done,
    world::{START, World, clock, keep, policy, team, team_name},
};

const DAY: Duration = Duration::from_hours(24);
const TODAY: i64 = START / 86_400_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_keys_are_found_where_newer_ones_have_taken_the_place_of_older_ones() {
    let database = Database::new();
    database.migrated().await;
    let of_day = |day: i64| {
        database.says(&format!(
            "INSERT INTO keys (hash, day) SELECT decode(md5('{day} ' || n), 'hex'), {day} FROM generate_series(1, 40000) n"
        ));
        database.says("VACUUM (TRUNCATE false) keys");
    };
    of_day(TODAY - 30);
    database.says("DELETE FROM keys");
    database.says("VACUUM (TRUNCATE false) keys");
    of_day(TODAY);
    let old = Retention {
        keys: 8 * DAY,
        ..keep()
    };
    let read = database.read_of("keys", async |store| {
        assert_eq!(store.purge(old, 500).await.unwrap(), 0);
    });
    let read = read.await;
    assert!(read < 40, "{read} blocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_go_past_dead_letters_that_stay_longer() {
    let database = Arc::new(Database::new());
    let world = World::new(Shared(Arc::clone(&database))).await;
    let handover = world.waiting("ann").await;
    world.store.close().await;
    let old = START - 10 * 86_400_000;
    database.owes(20_000, &format!("'dead', 1, {old}, {old}"));
    database.says("ANALYZE deliveries");
    let kept = Retention {
        delivered: 7 * DAY,
        dead_letters: 30 * DAY,
        ..keep()
    };
    let read = database.read_of("deliveries", async |store| {
        assert_eq!(store.purge(kept, 500).await.unwrap(), 0);
    });
    let read = read.await;
    assert!(read < 40, "{read} blocks");

    let gone = Retention {
        dead_letters: DAY,
        ..kept
    };
    let store = database.replica(policy(), clock()).await;
    assert_eq!(store.purge(gone, 500).await.unwrap(), 500);
    let open = store.handover(handover, &team_name()).await.unwrap();
    assert!(open.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_is_counted_without_looking_at_each() {
    let database = Arc::new(Database::new());
    let world = World::new(Shared(Arc::clone(&database))).await;
    world.waiting("ann").await;
    world.store.close().await;
    database.owes(20_000, &format!("'pending', 0, {START} + n, NULL"));
    database.says("VACUUM ANALYZE deliveries");
    let read = database.read_of("deliveries", async |store| {
        let census = store.census().await.unwrap();
        let owed = census.owed[&team()];
        assert_eq!(
            (owed.count, owed.since),
            (20_000, Some(Timestamp::from_millis(START + 1))),
            "its first row"
        );
    });
    let read = read.await;
    assert!(read < 40, "{read} blocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_looks_at_no_delivery_that_is_gone() {
    let database = Arc::new(Database::new());
    let world = World::new(Shared(Arc::clone(&database))).await;
    database.says("ALTER TABLE deliveries ALTER COLUMN row RESTART WITH 3000000000000");
    world.waiting("ann").await;
    is_soon_done(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_question_is_asked_for_at_once() {
    let database = Arc::new(Database::new());
    let world = World::new(Shared(Arc::clone(&database))).await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    world.store.close().await;
    database.says(
        "INSERT INTO conversations (id, bot, realm, \"user\", revision, version, state, phase, wake_at, updated_at, handed_over) \
         SELECT gen_random_uuid(), bot, realm, \"user\" || n, revision, version, state, phase, wake_at, updated_at, handed_over \
         FROM conversations, generate_series(1, 300) n",
    );
    let store = database.replica(policy(), clock()).await;
    let transactions = "SELECT pg_stat_force_next_flush(), xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let before = database.says(transactions);
    let census = store.census().await.unwrap();
    assert_eq!(census.unattended, 0, "the resume waits");
    store.close().await;
    database.until_left().await;
    let after = database.says(transactions);
    let count = |said: String| said.trim().trim_start_matches('|').parse::<i64>().unwrap();
    let asked = count(after) - count(before);
    assert!(asked < 100, "{asked} transactions");
}

/// A transaction of anybody at the same server, in whatever database, is older than what comes after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_changed_is_read_once_beside_a_transaction_that_lasts() {
    let (elsewhere, database) = (Database::new(), Database::new());
    database.migrated().await;
    let held = elsewhere.holds("BEGIN; SELECT pg_current_xact_id()").await;
    let rows = "seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'changes'";
    let read = database.counted(rows, async |_| {
        database.says(
            "INSERT INTO changes (conversations, versions, at) \
             SELECT ARRAY[gen_random_uuid()], ARRAY[1], n FROM generate_series(1, 5000) n",
        );
        // It looks each second.
        tokio::time::sleep(Duration::from_secs(4)).await;
    });
    let read = read.await;
    drop(held);
    assert!((5000..10_000).contains(&read), "{read} rows");
}

impl Database {
    /// So many deliveries to the team, of state, attempts, `created_at` and `settled_at`.
    fn owes(&self, count: u32, so: &str) {
        self.says("DELETE FROM deliveries");
        self.says(&format!(
            "INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, \
                state, attempts, created_at, settled_at, due_at) \
             SELECT gen_random_uuid(), h.conversation, h.id, gen_random_uuid(), '{}', n, false, false, \
                '{{\"do\":\"message\"}}' || repeat(' ', 200), {so}, 0 FROM handovers h, generate_series(1, {count}) n",
            team(),
        ));
    }

    /// How many blocks of a table are read.
    async fn read_of(&self, table: &str, what: impl AsyncFnOnce(&PostgresStore)) -> i64 {
        // What the server does of itself is counted as well.
        self.says(&format!(
            "ALTER TABLE {table} SET (autovacuum_enabled = false)"
        ));
        let blocks = format!(
            "heap_blks_read + heap_blks_hit FROM pg_statio_user_tables WHERE relname = '{table}'"
        );
        self.counted(&blocks, what).await
    }

    /// What the server has counted when the connections of a new store are gone, which is when all of it is told.
    async fn counted(&self, what_of: &str, what: impl AsyncFnOnce(&PostgresStore)) -> i64 {
        let store = self.replica(policy(), clock()).await;
        let counted = || {
            let said = self.says(&format!("SELECT {what_of}"));
            said.trim().parse::<i64>().unwrap()
        };
        let before = counted();
        what(&store).await;
        store.close().await;
        self.until_left().await;
        counted() - before
    }
}
