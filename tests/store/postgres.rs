//! The store for replicas: its harness, and what only many processes on one database promise.

mod clocks;
mod cluster;
mod connections;
mod console;
mod cost;
mod home;
mod in_doubt;
mod panics;
mod patience;
mod replicas;
mod rights;
mod server;
mod upgrade;

use std::{
    collections::HashSet,
    num::NonZeroU64,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use handover_bridge::{
    domain::{
        conversation::Answer,
        handover::Outcome,
        policy::{PausedBecause, Policy},
    },
    store::{
        ConsoleStore, Pause, Store as _, TranscriptLimits,
        postgres::{Listen, OpenError, Options, PostgresStore, Time},
    },
    telemetry::Instruments,
};

use self::cluster::Cluster;
use crate::world::{
    Harness, ManualClock, World, clock, policy, request, says_once, team, team_name, text,
};

/// A database of its own, gone with it.
pub struct Database {
    cluster: Cluster,
    name: String,
}

impl Database {
    pub fn new() -> Self {
        Self::made("")
    }

    /// Made with these options.
    pub fn made(options: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let cluster = Cluster::join();
        let name = format!("t{}_{count}", std::process::id());
        cluster.psql(
            "postgres",
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
        cluster.psql(
            "postgres",
            &format!("CREATE DATABASE {name} STRATEGY file_copy {options}"),
        );
        Self { cluster, name }
    }

    fn options(&self, policy: Policy, clock: Arc<ManualClock>) -> Options {
        Options {
            url: self.cluster.url(&self.name).into(),
            password: None,
            listen: Listen::Here,
            migrate: true,
            pool: 8,
            policy: Arc::new(policy),
            time: Time::Given(clock),
            transcript_limits: TranscriptLimits::from([(team_name(), 3)]),
            instruments: Instruments::default(),
        }
    }

    async fn listening(
        &self,
        listen: Listen,
        policy: Policy,
        clock: Arc<ManualClock>,
    ) -> PostgresStore {
        let options = self.options(policy, clock);
        Options { listen, ..options }.open().await.unwrap()
    }

    /// What somebody does to the database behind the store's back, and is told.
    pub fn says(&self, sql: &str) -> String {
        self.cluster.psql(&self.name, sql)
    }

    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// The same by another socket that leads to the database's.
    pub fn url_through(&self, folder: &Path) -> String {
        Cluster::url_by(folder, &self.name)
    }

    pub fn socket(&self) -> PathBuf {
        self.cluster.socket()
    }

    /// With its tables, and nobody on it.
    pub async fn migrated(&self) {
        let options = Options {
            listen: Listen::Off,
            ..self.options(policy(), clock())
        };
        options.open().await.unwrap().close().await;
        self.until_left().await;
    }

    /// Waits until nobody is connected any more.
    pub async fn until_left(&self) {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        while self.says(others) != "0\n" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn replica(&self, policy: Policy, clock: Arc<ManualClock>) -> PostgresStore {
        self.options(policy, clock).open().await.unwrap()
    }
}

#[async_trait]
impl Harness for Database {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore> {
        Arc::new(self.replica(policy, clock).await)
    }

    fn change(&self, sql: &str) {
        self.says(sql);
    }
}

/// Two processes on one database, as far as a store can tell.
struct Replicas {
    database: Arc<Database>,
    first: Arc<World>,
    second: Arc<World>,
}

impl Replicas {
    async fn new(policy: Policy) -> Self {
        let database = Arc::new(Database::new());
        let first = World::with(Shared(Arc::clone(&database)), policy).await;
        let second = first.beside(Shared(Arc::clone(&database))).await;
        Self {
            database,
            first: Arc::new(first),
            second: Arc::new(second),
        }
    }
}

/// A database that several worlds use.
struct Shared(Arc<Database>);

#[async_trait]
impl Harness for Shared {
    async fn open(&self, policy: Policy, clock: Arc<ManualClock>) -> Arc<dyn ConsoleStore> {
        self.0.open(policy, clock).await
    }

    fn change(&self, sql: &str) {
        self.0.change(sql);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_is_one_replicas_at_a_time_and_goes_over_when_it_closes() {
    let Replicas { first, second, .. } = Replicas::new(policy()).await;
    first.request("ann").await;
    let claim = first.claim(&team()).await.unwrap();
    assert!(second.claim(&team()).await.is_none(), "it is held");
    first.store.close().await;
    let taken = second.claim(&team()).await.unwrap();
    assert_eq!(
        taken.job.about.delivery, claim.job.about.delivery,
        "under the same id"
    );
    assert_eq!(
        (claim.attempts, taken.attempts),
        (0, 1),
        "the call may have been made"
    );
    assert!(second.done(taken).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_former_holder_has_to_say_changes_nothing() {
    let Replicas {
        database,
        first,
        second,
    } = Replicas::new(policy()).await;
    let handover = first.request("ann").await;
    let late = first.claim(&team()).await.unwrap();
    let over = "UPDATE lanes SET leased_until = 0";
    database.says(over);
    let taken = second.claim(&team()).await.expect("its lease is over");
    assert!(first.dies(late).await.is_none());
    assert_eq!(first.answer(handover).await, Answer::Pending);
    assert!(second.done(taken).await.is_none());
    assert_eq!(first.answer(handover).await, Answer::Accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_is_held_on_for_a_call_unless_somebody_else_has_it() {
    let Replicas {
        database,
        first,
        second,
    } = Replicas::new(policy()).await;
    first.request("ann").await;
    let claim = first.claim(&team()).await.unwrap();
    let holds = async |millis| {
        let span = Duration::from_millis(millis);
        first.store.hold(&claim, span).await.unwrap()
    };
    let leased_until = || database.says("SELECT leased_until FROM lanes");
    let before = leased_until();
    // Less than that is left before long, and then it is renewed.
    while leased_until() == before {
        assert!(holds(14_000).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!holds(15_100).await, "no lease is so long");
    database.says("UPDATE lanes SET leased_until = 0");
    let taken = second.claim(&team()).await.expect("its lease is over");
    assert!(!holds(15_000).await);
    assert!(second.done(taken).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_ends_with_its_outcome_also_where_the_lane_has_to_wait() {
    let Replicas {
        database, first, ..
    } = Replicas::new(policy()).await;
    first.waiting("ann").await;
    for text in ["one", "two"] {
        first.user_says("ann", text).await;
    }
    let claim = first.claim(&team()).await.unwrap();
    let held = database.says("SELECT id, fence FROM lanes WHERE owner IS NOT NULL");
    let pause = Pause {
        until: first.clock.now().plus(Duration::from_mins(1)),
        because: PausedBecause::Refused,
    };
    first.store.pause(&team(), Some(pause)).await.unwrap();
    assert!(first.done(claim).await.is_none(), "no calls may be made");
    let waits = database.says("SELECT id, fence FROM lanes WHERE owner IS NULL");
    assert!(!held.trim().is_empty());
    assert!(
        !waits.lines().any(|line| line == held.trim()),
        "an outcome that is written again must be too late: {held} {waits}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_keep_one_order_and_take_a_repeat_once() {
    let Replicas { first, second, .. } = Replicas::new(policy()).await;
    let handover = first.waiting("ann").await;
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..40 {
        for world in [&first, &second] {
            let world = Arc::clone(world);
            callers.spawn(async move {
                let said = says_once("ann", &number.to_string(), &format!("text {number}"));
                world.apply(said).await.remove(0)
            });
        }
    }
    let outcomes = callers.join_all().await;
    let taken = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Taken { .. }));
    assert_eq!(taken.count(), 40, "each once");
    let said = first.transcript(handover).await;
    let seqs: Vec<u64> = said.iter().map(|(seq, _)| *seq).collect();
    let told: HashSet<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!((seqs.len(), told.len()), (40, 40));
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap");
    let mut told = Vec::new();
    let mut next = second.claim(&team()).await;
    while let Some(claim) = next {
        told.push(text(&claim));
        next = second.done(claim).await;
    }
    let said: Vec<String> = said.into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        told, said,
        "the desk is told in the order of the transcript"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_fires_on_one_replica_alone() {
    let Replicas { first, second, .. } = Replicas::new(policy()).await;
    for user in 0..10 {
        first.request(&format!("user{user}")).await;
    }
    first.wait(Duration::from_secs(3));
    let (a, b) = tokio::join!(first.store.fire_timers(100), second.store.fire_timers(100));
    assert_eq!(a.unwrap().count + b.unwrap().count, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_that_looks_too_early_looks_again_when_it_is_due() {
    let Replicas {
        database, first, ..
    } = Replicas::new(policy()).await;
    first.waiting("ann").await;
    let due = first.store.fire_timers(10).await.unwrap().next.unwrap();
    assert!(due > first.clock.now());
    let early = first.clock.now().as_millis();
    database.says(&format!("UPDATE conversations SET wake_at = {early}"));
    let fired = first.store.fire_timers(10).await.unwrap();
    assert_eq!((fired.count, fired.next), (0, Some(due)));
    let stored = database.says("SELECT wake_at FROM conversations");
    assert_eq!(stored.trim(), due.as_millis().to_string());
    first.wait(due.since(first.clock.now()));
    assert_eq!(first.store.fire_timers(10).await.unwrap().count, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_do_not_give_away_the_last_place_twice() {
    let mut policy = policy();
    let desk = policy.desks.get_mut(&team_name()).unwrap();
    desk.max_open = NonZeroU64::new(3);
    let Replicas { first, second, .. } = Replicas::new(policy).await;
    let mut callers = tokio::task::JoinSet::new();
    for user in 0..12 {
        let world = Arc::clone(if user % 2 == 0 { &first } else { &second });
        callers.spawn(async move { world.apply(request(&format!("u{user}"), Vec::new())).await });
    }
    let taken = callers.join_all().await.into_iter().flatten();
    let taken = taken.filter(|outcome| {
        matches!(
            outcome,
            Outcome::Requested {
                answer: Answer::Pending,
                ..
            }
        )
    });
    assert_eq!(taken.count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_hears_of_what_another_owes_and_has_decided() {
    let Replicas { first, second, .. } = Replicas::new(policy()).await;
    let bell = second.store.bell(&team());
    let handover = first.request("ann").await;
    tokio::time::timeout(Duration::from_secs(10), bell.notified())
        .await
        .expect("it rings on the other replica");
    let claim = second.claim(&team()).await.unwrap();
    let within = Duration::from_secs(10);
    let (answer, _) = tokio::join!(first.store.answer(handover, within), second.done(claim));
    assert_eq!(answer.unwrap(), Answer::Accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_counts_for_every_replica() {
    let Replicas { first, second, .. } = Replicas::new(policy()).await;
    first.request("ann").await;
    let until = first.clock.now().plus(Duration::from_mins(1));
    let because = PausedBecause::Refused;
    let pause = Some(Pause { until, because });
    first.store.pause(&team(), pause).await.unwrap();
    let nothing = second.store.claim(&team(), 1).await.unwrap();
    assert_eq!((nothing.claims.len(), nothing.next_due), (0, Some(until)));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = Database::new();
    let clock = World::new(Database::new()).await.clock;
    let options = database.options(policy(), clock);
    options.clone().open().await.unwrap().close().await;
    database.says("INSERT INTO migrations VALUES (99, '00', 0)");
    let refused = options.open().await.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let database = Database::new();
    let clock = World::new(Database::new()).await.clock;
    let options = database.options(policy(), clock);
    options.clone().open().await.unwrap().close().await;
    database.says("UPDATE migrations SET checksum = '00'");
    let refused = options.open().await.unwrap_err();
    assert!(
        matches!(refused, OpenError::Changed { number: 1 }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_database_that_does_not_hold_all_characters_is_refused_and_left_as_it_is() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let options =
            format!("ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        let database = Database::made(&options);
        let refused = database.options(policy(), clock()).open().await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, OpenError::Encoding { found } if found == encoding),
            "{refused:?}"
        );
        assert_eq!(database.says("SELECT to_regclass('migrations')"), "\n");
    }
}

#[tokio::test]
async fn an_empty_database_is_refused_where_migrations_are_not_allowed() {
    let database = Database::new();
    let clock = World::new(Database::new()).await.clock;
    let mut options = database.options(policy(), clock);
    options.migrate = false;
    let refused = options.open().await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NotMigrated { found: 0, .. }),
        "{refused:?}"
    );
}

impl Drop for Database {
    fn drop(&mut self) {
        let gone = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        self.cluster.psql("postgres", &gone);
    }
}
