//! Replicas whose machines disagree about the time, and a database whose clock was set back.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    clock::SystemClock,
    domain::{
        conversation::Answer,
        delivery::{Done, StepResult},
        handover::Outcome,
        retry::ErrorClass,
        time::{Clock, Timestamp},
    },
    store::{
        Applied, Claim, Retention, RowOutcome, Settlement, Store as _,
        postgres::{Options, PostgresStore, Time},
    },
};
use tokio::time::{sleep, timeout};

use super::{Database, Replicas};
use crate::{
    contract::retention::over,
    world::{clock, keep, policy, request, says, settled, team},
};

const AHEAD: Duration = Duration::from_mins(10);
/// Far longer than a test takes, and far less than the clocks are apart.
const DECIDE_WITHIN: Duration = Duration::from_mins(1);
/// For what comes by itself on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A machine whose clock is ahead of the others'.
#[derive(Debug)]
struct Fast;

impl Clock for Fast {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(AHEAD)
    }
}

/// One replica's machine is right, and the other's is ahead.
struct Disagreeing {
    right: PostgresStore,
    fast: PostgresStore,
    database: Database,
}

impl Disagreeing {
    async fn new() -> Self {
        let database = Database::new();
        Self {
            right: by(&database, Arc::new(SystemClock)).await,
            fast: by(&database, Arc::new(Fast)).await,
            database,
        }
    }
}

async fn by(database: &Database, machine: Arc<dyn Clock>) -> PostgresStore {
    let mut policy = policy();
    policy.limits.decide_within = DECIDE_WITHIN;
    let options = Options {
        time: Time::Database(machine),
        ..database.options(policy, clock())
    };
    options.open().await.unwrap()
}

async fn claimed(store: &PostgresStore) -> Option<Claim> {
    store.claim(&team(), 1).await.unwrap().claims.pop()
}

/// The desk takes the request.
async fn opens(store: &PostgresStore) {
    let open = claimed(store).await.expect("the request");
    let taken = settled(StepResult::Done(Done::default()));
    assert!(store.settle(open, taken).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_whose_clock_is_ahead_declines_nothing_that_another_one_is_deciding() {
    let Disagreeing {
        right,
        fast,
        database: _database,
    } = Disagreeing::new().await;
    let asked = right.apply(request("ann", Vec::new())).await.unwrap();
    let Applied::Done { outcomes, .. } = asked else {
        panic!("{asked:?}")
    };
    let [Outcome::Requested { handover, .. }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    let fired = fast.fire_timers(10).await.unwrap();
    assert_eq!(fired.count, 0);
    let left = fired.next.unwrap().since(right.clock().now());
    assert!(left > Duration::ZERO && left <= DECIDE_WITHIN, "{left:?}");
    let answer = right.answer(handover, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Pending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_replica_owed_whose_clock_was_ahead_is_taken_up_at_once_when_its_lease_is_over() {
    let Disagreeing {
        database,
        right,
        fast,
    } = Disagreeing::new().await;
    fast.apply(request("ann", Vec::new())).await.unwrap();
    opens(&fast).await;
    fast.apply(says("ann", "hello")).await.unwrap();
    let lost = claimed(&fast).await.unwrap();
    assert!(claimed(&right).await.is_none(), "it is held");
    database.says("UPDATE lanes SET leased_until = 0");
    let taken = claimed(&right).await.expect("it is due");
    assert_eq!(taken.job.about.delivery, lost.job.about.delivery);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_due_when_it_was_said_to_be_whichever_replica_said_it() {
    let Disagreeing {
        right,
        fast,
        database: _database,
    } = Disagreeing::new().await;
    fast.apply(request("ann", Vec::new())).await.unwrap();
    opens(&fast).await;
    fast.apply(says("ann", "hello")).await.unwrap();
    let claim = claimed(&fast).await.unwrap();
    let class = ErrorClass::Busy;
    let result = StepResult::Delayed {
        since: claim.job.about.created_at,
        class,
        ambiguous: false,
    };
    let row = RowOutcome::Retry {
        at: fast.clock().now().plus(Duration::from_millis(100)),
        class,
        counts: true,
    };
    let settlement = Settlement { result, row };
    assert!(fast.settle(claim, settlement).await.unwrap().is_none());
    let again = async {
        loop {
            match claimed(&right).await {
                Some(claim) => return claim,
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let again = timeout(SOON, again).await.expect("it is due");
    assert_eq!(again.attempts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_a_clock_set_back_made_longer_is_cut_to_a_lease_and_taken_from_nobody() {
    let database = Database::new();
    let store = by(&database, Arc::new(SystemClock)).await;
    store.apply(request("ann", Vec::new())).await.unwrap();
    // Of a replica that is gone, taken when the clock was an hour ahead.
    database.says(
        "UPDATE lanes SET owner = gen_random_uuid(), fence = nextval('lane_fences'), \
         flying = head, leased_until = handover_clock() + 3600000",
    );
    let left = || -> i64 {
        let left = database.says("SELECT max(leased_until) - handover_clock() FROM lanes");
        left.trim().parse().unwrap()
    };
    let cut = async {
        while left() > 15_000 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, cut).await.expect("it is cut");
    assert!(left() > 0, "its holder may live, and renew it");
    assert!(claimed(&store).await.is_none());
    database.says("UPDATE lanes SET leased_until = leased_until - 15000");
    assert!(claimed(&store).await.is_some());
}

/// Messages go in the order of their ids, which have to be in the order of when they were kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_goes_after_its_time_whatever_the_machine_shows_that_took_it() {
    const DAY: Duration = Duration::from_hours(24);
    let Replicas {
        database,
        first,
        second,
    } = Replicas::new(policy()).await;
    let start = first.clock.now();
    first.wait(10 * DAY);
    over(&first, "ann").await;
    first.clock.set(start);
    over(&second, "bea").await;
    let named = "SELECT count(*) FROM messages \
                 WHERE ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint = recorded_at";
    assert_eq!(database.says(named), "2\n");

    first.wait(6 * DAY);
    let retention = Retention {
        transcripts: 5 * DAY,
        ..keep()
    };
    while first.store.purge(retention, 1).await.unwrap() > 0 {}
    let left = database
        .says("SELECT c.\"user\" FROM messages m JOIN conversations c ON c.id = m.conversation");
    assert_eq!(left, "ann\n");
}
