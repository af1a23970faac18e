//! What the database says of lanes, beside the bridges: who holds them, and whether a former holder's word was taken.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time::sleep};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::cluster::{self, Cluster};

/// How often it is looked whether lanes have moved on.
const LOOK_EACH: Duration = Duration::from_millis(200);

/// A lane and the number of its hold: a hold that has ended never has the same.
pub type Hold = (Uuid, i64);

/// Every delivery that was settled as delivered although it had been before.
const NOTES_STALE_SETTLEMENTS: &str = "
CREATE TABLE stale (delivery UUID);
CREATE FUNCTION note_stale() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO stale VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER settled_again AFTER UPDATE ON deliveries FOR EACH ROW
    WHEN (OLD.state = 'delivered' AND NEW.state = 'delivered' AND NEW.attempts > OLD.attempts)
    EXECUTE FUNCTION note_stale();";

#[derive(Debug)]
pub struct Lanes {
    socket: PathBuf,
    port: u16,
    client: Mutex<Option<Arc<Client>>>,
}

impl Lanes {
    pub fn of(cluster: &Cluster) -> Self {
        Self {
            socket: cluster.socket(),
            port: cluster.address.port(),
            client: Mutex::default(),
        }
    }

    /// From now on the database notes it. The bridges' tables must be there.
    pub async fn note_stale_settlements(&self) {
        let client = self.client().await;
        client
            .batch_execute(NOTES_STALE_SETTLEMENTS)
            .await
            .expect("the tables are there");
    }

    /// How many settlements were taken that should not have been.
    pub async fn stale_settlements(&self) -> u64 {
        let rows = self.rows("SELECT count(*) FROM stale").await;
        let count: i64 = rows.first().expect("a count is one row").get(0);
        u64::try_from(count).expect("a count is not negative")
    }

    /// All that is held just now and has something that is owed.
    pub async fn held(&self) -> HashSet<Hold> {
        let rows =
            self.rows("SELECT id, fence FROM lanes WHERE owner IS NOT NULL AND head IS NOT NULL");
        rows.await
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect()
    }

    /// Which of these holds have not ended.
    pub async fn still(&self, holds: &HashSet<Hold>) -> HashSet<Hold> {
        self.held().await.intersection(holds).copied().collect()
    }

    /// How long it takes, from then, until all of these holds have ended; the limit, if it takes longer.
    pub async fn move_on(
        &self,
        (mut holds, then): (HashSet<Hold>, Instant),
        limit: Duration,
    ) -> Duration {
        while !holds.is_empty() && then.elapsed() < limit {
            sleep(LOOK_EACH).await;
            holds = self.still(&holds).await;
        }
        then.elapsed()
    }

    /// Cuts all connections but this one.
    pub async fn cut_connections(&self) {
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        .await;
    }

    /// One of the processes that serve the bridges.
    pub async fn backend(&self) -> Option<i32> {
        let rows = self
            .rows(
                "SELECT pid FROM pg_stat_activity \
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid LIMIT 1",
            )
            .await;
        rows.first().map(|row| row.get(0))
    }

    async fn rows(&self, sql: &str) -> Vec<Row> {
        let client = self.client().await;
        client
            .query(sql, &[])
            .await
            .expect("the database answers the tests")
    }

    /// The connection, made again when it is gone.
    async fn client(&self) -> Arc<Client> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref().filter(|client| !client.is_closed()) {
            return Arc::clone(client);
        }
        let client = cluster::connect(&self.socket, self.port).await;
        Arc::clone(kept.insert(Arc::new(client.expect("the database accepts the tests"))))
    }
}
