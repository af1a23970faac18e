//! What upkeep and counts cost does not grow with what is kept: how much of a table is read, as the server counts it.

use std::time::Duration;

use handover_bridge::store::{Retention, Store as _, postgres::PostgresStore};

use super::Database;
use crate::world::{START, clock, keep, policy};

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

impl Database {
    /// How many blocks of a table are read.
    async fn read_of(&self, table: &str, what: impl AsyncFnOnce(&PostgresStore)) -> i64 {
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
