//! What a page of the inbox costs, and how far back changes are known.

use rusqlite::params;

use super::{super::console, *};
use crate::{
    domain::{ids::OperatorName, time::Timestamp},
    store::{Changing, ConsoleStore, InboxList, InboxQuery},
};

const LISTS: [(InboxList, &str); 5] = [
    (InboxList::Waiting, "handovers_waiting"),
    (InboxList::Mine, "handovers_operator"),
    (InboxList::Open, "handovers_by_age"),
    (InboxList::Closed, "handovers_ended"),
    (InboxList::WithBot, "sqlite_autoindex_conversations_1"),
];

#[tokio::test]
async fn each_list_walks_along_its_index_and_sorts_nothing_but_ties() {
    let (store, _directory) = open();
    for (list, index) in LISTS {
        let plan = plan(&store, console::list_sql(list, false)).await;
        let walks = plan.first().unwrap();
        assert!(walks.contains(&format!("{index} ")), "{list:?}: {plan:?}");
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")
                || step.contains("USING INDEX")
                || step.contains("USING COVERING INDEX")),
            "{list:?}: {plan:?}"
        );
        assert!(
            plan.iter()
                .all(|step| step != "USE TEMP B-TREE FOR ORDER BY"),
            "{list:?}: {plan:?}"
        );
    }
}

#[tokio::test]
async fn the_only_conversation_that_is_meant_is_gone_to_at_once() {
    let (store, _directory) = open();
    for (list, _) in LISTS {
        let plan = plan(&store, console::list_sql(list, true)).await;
        let goes = plan.first().unwrap();
        assert!(
            goes.contains("(conversation=?)") || goes.contains("(rowid=?)"),
            "{list:?}: {plan:?}"
        );
    }
}

#[tokio::test]
async fn a_page_looks_at_the_messages_of_its_own_rows_alone() {
    let (store, _directory) = open();
    for number in 0..300 {
        store
            .apply(request(&format!("user{number}")))
            .await
            .unwrap();
    }
    let few = steps_of_a_page(&store).await;
    for number in 300..3000 {
        store
            .apply(request(&format!("user{number}")))
            .await
            .unwrap();
    }
    let many = steps_of_a_page(&store).await;
    assert_eq!(few, many, "however many are open");
}

#[tokio::test]
async fn changes_are_known_as_far_back_as_they_are_kept() {
    let at = Timestamp::from_millis;
    let changes = super::super::changes::Changes::since(at(0));
    let id = |number: u32| ConversationId::from_uuid(Uuid::from_u128(number.into()));
    for number in 0..20_000 {
        changes.committed(vec![id(number), id(number)], at(i64::from(number)));
    }
    assert_eq!(changes.from(at(0)), None);
    assert_eq!(changes.from(at(3615)), None, "one of then is forgotten");
    let known = changes.from(at(3616)).unwrap();
    assert_eq!(known.len(), 16_384, "each once");
    assert_eq!(known[0].conversation, id(3616));
    assert!(known.is_sorted_by_key(|changing: &Changing| changing.version));
    let seen = changes.seen();
    let forgotten = changes.version(id(1), seen);
    assert!(forgotten >= 3_615_000 && forgotten < known[0].version);
    changes.committed(vec![id(1)], at(5));
    assert_eq!(changes.version(id(1), changes.seen()), 19_999_001);
    assert_eq!(
        changes.version(id(1), seen),
        19_999_000,
        "no newer than what had been committed"
    );
}

#[tokio::test]
async fn nobody_hears_of_what_was_undone() {
    let (store, _directory) = open();
    store.apply(says("one")).await.unwrap();
    let mut heard = store.changes();
    let failed = store.writer.step(|work| {
        work.change(Change::Touched(ConversationId::from_uuid(Uuid::nil())));
        Err::<(), _>(Fault::Missing)
    });
    failed.await.unwrap_err();
    store.apply(says("two")).await.unwrap();
    let changing = heard.recv().await.unwrap();
    assert_ne!(changing.conversation.as_uuid(), Uuid::nil());
}

/// How many steps of a statement's program walking the list takes.
async fn steps_of_a_page(store: &SqliteStore) -> usize {
    let wanted = InboxQuery {
        list: InboxList::Waiting,
        operator: OperatorName::new("ines").unwrap(),
        bot: None,
        desk: None,
        text: None,
        after: None,
        limit: 50,
    };
    let page = store.inbox(wanted).await.unwrap();
    assert!(page.more && page.items.len() == 50);
    store
        .readers
        .read(|connection| {
            let mut statement =
                connection.prepare(&console::list_sql(InboxList::Waiting, false))?;
            statement.reset_status(rusqlite::StatementStatus::VmStep);
            let mut rows = statement.query(params![i64::MIN, [0_u8; 0], "ines", None::<i64>])?;
            for _ in 0..51 {
                assert!(rows.next()?.is_some());
            }
            drop(rows);
            Ok(usize::try_from(statement.get_status(rusqlite::StatementStatus::VmStep)).unwrap())
        })
        .await
        .unwrap()
}

async fn plan(store: &SqliteStore, sql: String) -> Vec<String> {
    store
        .readers
        .read(move |connection| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let parameters = params![0, [0_u8; 16], "ines", None::<i64>];
            let rows = statement.query_map(parameters, |row| row.get(3))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap()
}
