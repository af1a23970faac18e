//! What is known without asking the file agrees with it, whatever the steps of a batch do to each other.

use rusqlite::StatementStatus;

use super::{super::subject::Subject, *};

#[tokio::test]
async fn a_conversation_that_some_other_statement_changes_is_read_again() {
    let (store, _directory) = open();
    store.apply(says("one")).await.unwrap();
    store.apply(says("two")).await.unwrap();
    store
        .writer
        .step(|work| {
            let sql = "UPDATE conversations SET state = json_set(state, '$.next_seq', 100)";
            work.execute(sql, [])?;
            Ok(())
        })
        .await
        .unwrap();
    store.apply(says("three")).await.unwrap();
    assert_eq!(seqs(&store).await, [1, 2, 100]);
    store
        .writer
        .step(|work| {
            work.execute("DELETE FROM messages", [])?;
            work.execute("DELETE FROM conversations", [])?;
            Ok(())
        })
        .await
        .unwrap();
    store.apply(says("four")).await.unwrap();
    assert_eq!(seqs(&store).await, [1], "it is another conversation");
}

#[tokio::test]
async fn what_another_statement_changes_is_read_again_also_when_a_later_step_of_its_batch_fails() {
    let (store, _directory) = open();
    store.apply(says("one")).await.unwrap();
    let gate = Gate::close(&store);
    let mut changes = Box::pin(store.writer.step(|work| {
        let sql = "UPDATE conversations SET state = json_set(state, '$.next_seq', 100)";
        work.execute(sql, [])?;
        Ok(())
    }));
    let mut fails = Box::pin(store.writer.step(|_| Err::<(), _>(Fault::Missing)));
    let mut after = Box::pin(store.apply(says("two")));
    assert!(poll!(&mut changes).is_pending());
    assert!(poll!(&mut fails).is_pending());
    assert!(poll!(&mut after).is_pending());
    gate.open().await;
    changes.await.unwrap();
    assert!(fails.await.is_err());
    after.await.unwrap();
    assert_eq!(seqs(&store).await, [1, 100]);
}

#[tokio::test]
async fn what_a_failed_step_made_of_a_conversation_is_forgotten() {
    let (store, _directory) = open();
    store.apply(says("one")).await.unwrap();
    let gate = Gate::close(&store);
    let mut before = Box::pin(store.apply(says("two")));
    let mut half = Keyed::new(says("never said"), &store.hasher);
    let mut fails = Box::pin(store.writer.step(move |work| {
        apply::apply(work, &mut half)?;
        Err::<(), _>(Fault::Missing)
    }));
    let mut after = Box::pin(store.apply(says("three")));
    assert!(poll!(&mut before).is_pending());
    assert!(poll!(&mut fails).is_pending());
    assert!(poll!(&mut after).is_pending());
    gate.open().await;
    before.await.unwrap();
    assert!(matches!(fails.await, Err(Error::Corrupt(_))));
    after.await.unwrap();
    store.apply(says("four")).await.unwrap();
    assert_eq!(seqs(&store).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_conversation_is_as_its_steps_have_left_it_also_where_its_name_was_forgotten() {
    let (store, _directory) = open();
    for user in ["ann", "bea", "cem", "dov"] {
        store.apply(says_as(user, "one")).await.unwrap();
    }
    let changes = store.writer.step(|work| {
        let sql = "UPDATE conversations SET updated_at = 1 WHERE user = 'dov'";
        work.execute(sql, [])?;
        Ok(())
    });
    changes.await.unwrap();
    // There is no room for another name, and room for its conversation.
    store.apply(says_as("eve", "one")).await.unwrap();
    let gate = Gate::close(&store);
    let mut says = Box::pin(store.apply(says_as("ann", "two")));
    let mut fails = Box::pin(store.writer.step(|_| Err::<(), _>(Fault::Missing)));
    let mut reads = Box::pin(store.writer.step(|work| {
        let sql = "SELECT row FROM conversations WHERE user = 'ann'";
        let row = work.prepare(sql)?.query_row([], |row| row.get(0))?;
        Ok(Subject::by_row(work, row)?.state.next_seq)
    }));
    assert!(poll!(&mut says).is_pending());
    assert!(poll!(&mut fails).is_pending());
    assert!(poll!(&mut reads).is_pending());
    gate.open().await;
    says.await.unwrap();
    assert!(fails.await.is_err());
    assert_eq!(reads.await.unwrap(), 3);
}

#[tokio::test]
async fn a_delivery_is_cancelled_by_a_later_step_of_the_batch_that_owes_it() {
    let (store, _directory) = open();
    waiting(&store).await;
    let gate = Gate::close(&store);
    let gone = Gone::Desk(DeskName::new("team").unwrap());
    let mut owes = Box::pin(store.apply(says("is anybody there?")));
    let mut removes = Box::pin(store.remove(&gone, 9));
    assert!(poll!(&mut owes).is_pending());
    assert!(poll!(&mut removes).is_pending());
    gate.open().await;
    owes.await.unwrap();
    assert!(removes.await.unwrap() > 0);
    let filter = DeliveryFilter {
        destination: Some(team()),
        limit: 9,
        ..DeliveryFilter::default()
    };
    let page = store.deliveries(filter).await.unwrap();
    let states: Vec<DeliveryState> = page.items.iter().map(|item| item.state).collect();
    // That it was opened, and what was said.
    assert_eq!(states, [DeliveryState::Delivered, DeliveryState::Cancelled]);
    assert!(store.claim(&team(), 9).await.unwrap().claims.is_empty());
}

#[tokio::test]
async fn a_statement_is_compiled_once_whatever_values_it_is_given() {
    let (store, _directory) = open();
    store.apply(request("ann")).await.unwrap();
    let compiled_again = store
        .readers
        .read(|connection| {
            let sql = "SELECT d.task, l.reference FROM deliveries d LEFT JOIN legs l ON l.id = d.lane WHERE d.row = ?1";
            let mut statement = connection.prepare(sql)?;
            for row in 1..9 {
                statement.query([row])?.next()?;
            }
            Ok(statement.get_status(StatementStatus::RePrepare))
        })
        .await
        .unwrap();
    assert_eq!(compiled_again, 0);
}

fn says_as(user: &str, text: &str) -> Step {
    Step {
        target: Target::Conversation(key(user)),
        ..says(text)
    }
}

async fn seqs(store: &SqliteStore) -> Vec<i64> {
    store
        .readers
        .read(|connection| {
            let mut statement = connection.prepare("SELECT seq FROM messages ORDER BY row")?;
            let seqs = statement.query_map([], |row| row.get(0))?;
            Ok(seqs.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn no_table_is_made_and_thrown_away_for_a_row_that_is_written() {
    let (store, _directory) = open();
    let made = store.writer.step(|work| {
        let tables =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut tables = work.prepare(tables)?;
        let tables: Vec<String> = tables
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        assert!(
            tables.iter().any(|table| table == "deliveries"),
            "{tables:?}"
        );
        let mut made = Vec::new();
        for table in tables {
            let insert = format!("EXPLAIN INSERT INTO {table} DEFAULT VALUES");
            let mut program = work.connection.prepare(&insert)?;
            let codes = program.query_map([], |row| row.get::<_, String>("opcode"))?;
            let codes = codes.collect::<Result<Vec<_>, _>>()?;
            if codes.iter().any(|code| code == "OpenEphemeral") {
                made.push(table);
            }
        }
        Ok(made)
    });
    assert_eq!(made.await.unwrap(), <[String; 0]>::default());
}
