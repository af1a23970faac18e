//! What only the inside can provoke: batches that fail, disks that are full, steps that panic.

mod claims;
mod consistency;
mod console;
mod progress;
mod purge;
mod unobserved;

use std::{collections::BTreeMap, sync::mpsc, time::Duration};

use futures_util::{FutureExt, future::join_all, poll};
use rusqlite::ffi;

use super::{fault::Fault, memory::Change, work::Work, *};
use crate::{
    clock::{SystemClock, new_id},
    domain::{
        conversation::ConversationKey,
        dedupe::DedupeKey,
        delivery::{Done, StepResult},
        event::{Event, Feed, Incoming, PlatformMessage, Request, Target},
        ids::{BotName, ConversationId, ExternalId},
        message::Content,
        policy::{BotPolicy, DeskPolicy, Notice, PausedBecause, Texts},
        routing::Route,
        time::Timestamp,
    },
    store::{DeliveryFilter, DeliveryState, OperatorStore as _, RowOutcome},
    telemetry::Instruments,
};

#[tokio::test]
async fn nobody_is_answered_and_nothing_can_be_claimed_before_the_commit() {
    let (store, _directory) = open();
    let gate = Gate::close(&store);
    let mut first = Box::pin(store.apply(request("ann")));
    let mut repeat = Box::pin(store.apply(request("ann")));
    assert!(poll!(&mut first).is_pending() && poll!(&mut repeat).is_pending());
    let inside = Gate::queue(&store);
    gate.open().await;
    inside.reached();
    assert!(
        poll!(&mut first).is_pending(),
        "its step has run, its batch is not committed"
    );
    assert!(
        poll!(&mut repeat).is_pending(),
        "a repeat of what is not durable"
    );
    assert!(store.claim(&team(), 9).await.unwrap().claims.is_empty());
    inside.open().await;
    let (first, repeat) = (first.await.unwrap(), repeat.await.unwrap());
    assert_eq!(first, repeat);
    assert_eq!(store.claim(&team(), 9).await.unwrap().claims.len(), 1);
}

#[tokio::test]
async fn a_batch_that_the_database_rolled_back_fails_for_everyone() {
    let (store, _directory) = open();
    let gate = Gate::close(&store);
    let before = [store.apply(request("ann")), store.apply(request("ann"))].map(FutureExt::boxed);
    let mut before = Box::pin(join_all(before));
    let mut culprit = Box::pin(store.writer.step(|work| {
        work.connection.execute_batch("ROLLBACK")?;
        Err::<(), _>(Fault::Missing)
    }));
    let mut after = Box::pin(store.apply(request("bea")));
    assert!(poll!(&mut before).is_pending());
    assert!(poll!(&mut culprit).is_pending());
    assert!(poll!(&mut after).is_pending());
    gate.open().await;
    for failed in before.await {
        assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    }
    assert!(matches!(culprit.await, Err(Error::Unavailable(_))));
    assert!(matches!(after.await, Err(Error::Unavailable(_))));
    assert!(
        store.claim(&team(), 9).await.unwrap().claims.is_empty(),
        "memory is untouched"
    );
    assert!(
        store
            .open_handovers(None, 9)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    store.apply(request("ann")).await.unwrap();
    assert_eq!(store.claim(&team(), 9).await.unwrap().claims.len(), 1);
    assert!(!store.fatal().is_cancelled());
}

#[tokio::test]
async fn a_thread_that_ends_by_itself_ends_the_process_and_keeps_no_close_waiting() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("nobody catches what the payload of a panic does when it is dropped");
        }
    }
    let (store, _directory) = open();
    let gate = Gate::close(&store);
    let step = |_: &mut Work<'_>| -> Result<(), Fault> { std::panic::panic_any(Bomb) };
    let mut step = Box::pin(store.writer.step(step));
    assert!(poll!(&mut step).is_pending());
    gate.open().await;
    store.fatal().cancelled().await;
    store.close().await;
}

#[tokio::test]
async fn a_step_that_fails_or_panics_takes_no_neighbour_with_it() {
    let (store, _directory) = open();
    let gate = Gate::close(&store);
    let mut first = Box::pin(store.apply(request("ann")));
    let mut twice = Box::pin(store.writer.step(|work| {
        let sql =
            "INSERT INTO pauses (destination, until, because) VALUES ('desk:team', 1, 'refused')";
        work.execute(sql, [])?;
        work.execute(sql, [])?;
        Ok(())
    }));
    let mut panics = Box::pin(store.writer.step(|work| {
        let pause = Pause {
            until: Timestamp::from_millis(i64::MAX),
            because: PausedBecause::Refused,
        };
        work.change(Change::Paused {
            destination: team(),
            pause: Some(pause),
        });
        assert_eq!(work.now, Timestamp::default(), "on purpose");
        Ok(())
    }));
    let mut last = Box::pin(store.apply(request("bea")));
    let mut repeat = Box::pin(store.apply(request("ann")));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut twice).is_pending());
    assert!(poll!(&mut panics).is_pending());
    assert!(poll!(&mut last).is_pending());
    assert!(poll!(&mut repeat).is_pending());
    gate.open().await;
    assert!(matches!(twice.await, Err(Error::Corrupt(_))));
    assert!(matches!(panics.await, Err(Error::Corrupt(_))));
    let first = first.await.unwrap();
    last.await.unwrap();
    assert_eq!(repeat.await.unwrap(), first, "its keys are known still");
    assert_eq!(
        store.claim(&team(), 9).await.unwrap().claims.len(),
        2,
        "the pause was undone"
    );
}

#[tokio::test]
async fn a_failed_sync_ends_the_store() {
    let (store, _directory) = open();
    store.apply(request("ann")).await.unwrap();
    let failed = store
        .writer
        .step(|_| {
            let error = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
            Err::<(), _>(Fault::from(rusqlite::Error::SqliteFailure(error, None)))
        })
        .await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    store.fatal().cancelled().await;
    assert!(matches!(
        store.apply(request("bea")).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(store.probe().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged_and_is_got_over() {
    let (store, directory) = open();
    store.apply(request("ann")).await.unwrap();
    limit_pages(&store, 16).await;
    let mut acknowledged = 0;
    let mut refused = 0;
    for round in 0..32 {
        let steps = (0..64).map(|number| store.apply(says(&format!("{round}/{number}"))));
        for done in join_all(steps).await {
            match done {
                Ok(_) => acknowledged += 1,
                Err(Error::Unavailable(_)) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        if refused > 0 {
            break;
        }
    }
    assert!(acknowledged > 0 && refused > 0, "{acknowledged} {refused}");
    assert!(
        !store.fatal().is_cancelled(),
        "a full disk is no broken one"
    );
    assert_eq!(messages(&store).await, acknowledged);
    limit_pages(&store, 1_000_000).await;
    store.apply(says("there is room again")).await.unwrap();
    acknowledged += 1;
    assert_eq!(messages(&store).await, acknowledged);
    store.close().await;
    let again = options(directory.path()).open().unwrap();
    assert_eq!(messages(&again).await, acknowledged);
}

#[tokio::test]
async fn the_outcome_of_an_attempt_waits_until_the_disk_has_room() {
    let (store, _directory) = open();
    store.apply(request("ann")).await.unwrap();
    let claim = store.claim(&team(), 1).await.unwrap().claims.pop().unwrap();
    limit_pages(&store, 0).await;
    while store.apply(says(&"x".repeat(4000))).await.is_ok() {}
    // More than the pages hold that are there.
    let reference = Some("x".repeat(100_000));
    let settlement = Settlement {
        result: StepResult::Done(Done {
            reference,
            ..Done::default()
        }),
        row: RowOutcome::Delivered,
    };
    let store = Arc::new(store);
    let settling = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.settle(claim, settlement).await }
    });
    tokio::time::timeout(Duration::from_millis(50), async {
        while !settling.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap_err();
    limit_pages(&store, 1_000_000).await;
    settling.await.unwrap().unwrap();
    let page = store
        .deliveries(DeliveryFilter {
            limit: 1,
            ..DeliveryFilter::default()
        })
        .await
        .unwrap();
    assert_eq!(page.items[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn more_steps_than_can_wait_are_refused_at_once() {
    let (store, _directory) = open();
    let gate = Gate::close(&store);
    let mut waiting = Vec::new();
    let refused = loop {
        let mut probe = Box::pin(store.probe());
        match poll!(&mut probe) {
            std::task::Poll::Pending => waiting.push(probe),
            std::task::Poll::Ready(refused) => break refused,
        }
    };
    assert!(matches!(refused, Err(Error::Busy)));
    gate.open().await;
    assert!(join_all(waiting).await.into_iter().all(|done| done.is_ok()));
}

/// A step that stands in the writer's way until it is opened.
struct Gate<'s> {
    reached: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
    passed: std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + 's>>,
}

impl<'s> Gate<'s> {
    /// The writer stands before it; what is queued from now on is in the next batch.
    fn close(store: &'s SqliteStore) -> Self {
        let gate = Self::queue(store);
        gate.reached();
        gate
    }

    fn queue(store: &'s SqliteStore) -> Self {
        let (arrive, reached) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let mut passed = Box::pin(store.writer.step(move |_: &mut Work<'_>| {
            arrive.send(()).unwrap();
            opened.recv().unwrap();
            Ok(())
        }));
        assert!((&mut passed).now_or_never().is_none());
        Self {
            reached,
            open,
            passed,
        }
    }

    /// Waits until the writer stands before it.
    fn reached(&self) {
        self.reached.recv().unwrap();
    }

    async fn open(self) {
        self.open.send(()).unwrap();
        self.passed.await.unwrap();
    }
}

fn open() -> (SqliteStore, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = options(directory.path()).open().unwrap();
    (store, directory)
}

fn options(directory: &std::path::Path) -> Options {
    let bot = BotPolicy {
        resume_steps: 1,
        ..BotPolicy::default()
    };
    let team = DeskName::new("team").unwrap();
    // It is due soon where the user has written: the first text moves the timer, those behind it do not.
    let texts = BTreeMap::from([(Notice::Reconnecting, "it is kept".to_owned())]);
    Options {
        path: directory.join("handover.db"),
        migrate: true,
        policy: Arc::new(Policy {
            bots: BTreeMap::from([(BotName::new("webshop").unwrap(), bot)]),
            desks: BTreeMap::from([(team.clone(), DeskPolicy::new())]),
            routes: vec![Route::to(team)],
            texts: Texts(BTreeMap::from([("en".to_owned(), texts)])),
            observe: true,
            ..Policy::default()
        }),
        clock: Arc::new(SystemClock),
        new_id,
        transcript_limits: TranscriptLimits::new(),
        instruments: Instruments::default(),
    }
}

fn team() -> Destination {
    Destination::Desk(DeskName::new("team").unwrap())
}

fn key(user: &str) -> ConversationKey {
    let user = ExternalId::new(user).unwrap();
    ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: "b1/LIVE".to_owned(),
        user,
    }
}

/// Each user's request comes under one key.
fn request(user: &str) -> Step {
    let key = key(user);
    let keys = vec![DedupeKey::request(&key, Timestamp::from_millis(1), None)];
    let event = Event::HandoverRequested(Request {
        payload: None,
        transcript: Vec::new(),
    });
    Step {
        target: Target::Conversation(key),
        profile: None,
        events: vec![Incoming { event, keys }],
    }
}

fn says(text: &str) -> Step {
    let event = Event::UserSaid(PlatformMessage {
        at: None,
        content: Content::text(text),
        raw: None,
        feed: Feed::Only,
    });
    let events = vec![Incoming {
        event,
        keys: Vec::new(),
    }];
    Step {
        target: Target::Conversation(key("ann")),
        profile: None,
        events,
    }
}

/// A handover that the desk has taken.
async fn waiting(store: &SqliteStore) {
    store.apply(request("ann")).await.unwrap();
    let open = store.claim(&team(), 1).await.unwrap().claims.pop().unwrap();
    delivered(store, open).await;
}

/// Gives what is to be delivered next in the lane.
async fn delivered(store: &SqliteStore, claim: Claim) -> Option<Claim> {
    let done = Settlement {
        result: StepResult::Done(Done::default()),
        row: RowOutcome::Delivered,
    };
    store.settle(claim, done).await.unwrap()
}

async fn messages(store: &SqliteStore) -> i64 {
    store
        .readers
        .read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?)
        })
        .await
        .unwrap()
}

/// Leaves room for so many more pages.
async fn limit_pages(store: &SqliteStore, more: i64) {
    store
        .writer
        .step(move |work| {
            let pages: i64 = work
                .connection
                .query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let sql = format!("PRAGMA max_page_count = {}", pages + more);
            work.connection.query_row(&sql, [], |_| Ok(()))?;
            Ok(())
        })
        .await
        .unwrap();
}

#[test]
fn the_legs_of_an_older_file_keep_their_names_and_a_name_is_the_newest_legs() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let ground = include_str!("migrations/0001_ground.sql");
    connection.execute_batch(ground).unwrap();
    let rows = "PRAGMA foreign_keys = OFF;
        INSERT INTO legs VALUES
        (CAST('the second leg..' AS BLOB), zeroblob(16), 'team', 'r1', 0),
        (CAST('the first leg...' AS BLOB), zeroblob(16), 'team', 'r1', 1),
        (CAST('at another desk.' AS BLOB), zeroblob(16), 'spare', 'r1', 0),
        (CAST('without a name..' AS BLOB), zeroblob(16), 'team', NULL, 0);";
    connection.execute_batch(rows).unwrap();
    let by_name = include_str!("migrations/0004_legs_by_name.sql");
    connection.execute_batch(by_name).unwrap();
    let mut names = connection
        .prepare("SELECT desk, reference, CAST(leg AS TEXT) FROM leg_names ORDER BY desk")
        .unwrap();
    let names: Vec<(String, String, String)> = names
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let name = |desk: &str, leg: &str| (desk.to_owned(), "r1".to_owned(), leg.to_owned());
    assert_eq!(
        names,
        [
            name("spare", "at another desk."),
            name("team", "the second leg..")
        ]
    );
}
