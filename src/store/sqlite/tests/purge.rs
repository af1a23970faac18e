//! What it costs to remove what is old.

use rusqlite::{StatementStatus, params};

use super::{super::purge, *};

const DELIVERED_BEFORE: i64 = 1000;

#[tokio::test]
async fn deliveries_go_past_dead_letters_that_stay_longer() {
    let (store, _directory) = open();
    let few = steps(&store, purge::DELIVERED).await;
    let older = settled(&store, "dead", 2000).await;
    assert_eq!(steps(&store, purge::DELIVERED).await, few);
    assert_eq!(settled(&store, "dead", 0).await, older, "all of them stay");
}

#[tokio::test]
async fn dead_letters_go_past_deliveries_that_stay_longer() {
    let (store, _directory) = open();
    let few = steps(&store, purge::DEAD).await;
    settled(&store, "delivered", 1000).await;
    settled(&store, "cancelled", 1000).await;
    assert_eq!(steps(&store, purge::DEAD).await, few);
}

/// How many steps of its program a statement takes.
async fn steps(store: &SqliteStore, sql: &'static str) -> i32 {
    let run = store.writer.step(move |work| {
        let mut statement = work.connection.prepare(sql)?;
        statement.execute(params![DELIVERED_BEFORE, 500])?;
        Ok(statement.get_status(StatementStatus::VmStep))
    });
    run.await.unwrap()
}

/// With so many more that are old. Says how many there are.
async fn settled(store: &SqliteStore, state: &'static str, more: u32) -> i64 {
    let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2) \
               INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, task, state, attempts, \
                   due_at, created_at, settled_at) \
               SELECT randomblob(16), 1, zeroblob(16), zeroblob(16), 'desk:team', n, 0, '{}', ?1, 1, 0, 0, n % 900 \
               FROM n WHERE ?2 > 0";
    let run = store.writer.step(move |work| {
        work.connection.execute(sql, params![state, more])?;
        let count = "SELECT count(*) FROM deliveries WHERE state = ?1";
        Ok(work
            .connection
            .query_row(count, [state], |row| row.get(0))?)
    });
    run.await.unwrap()
}
