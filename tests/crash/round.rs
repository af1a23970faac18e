//! One round: a fresh store, callers that never rest, kills at random times, and the verdict when all is quiet.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::Command,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    bridge::{self, Bridge, Site},
    campaign::{Order, Outcome},
    checker::{self, Fault},
    desk,
    ledger::{Damage, Ledger},
    load::{Callers, Crowd, Signals},
    plan::{ACKED_AT_LEAST, ACKED_PER_KILL, IN_FLIGHT_AT_LEAST},
    platform,
    power_loss::{Platter, Survives},
    stub,
};

/// Connections that play users, and connections that play agents.
const USERS: usize = 64;
const AGENTS: usize = 32;

/// Longer than any answer of the bridge may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two tries of a call that got no 2xx.
const PAUSE: Duration = Duration::from_millis(10);

/// The stubs' answers are late by up to this much.
const SLOWEST: Duration = Duration::from_millis(5);

/// A cycle that has not come to its kill by then is killed all the same, and does not count.
const CYCLE: Duration = Duration::from_mins(1);

/// The kill comes up to this long after enough was acknowledged.
const WAIT: Duration = Duration::from_millis(200);

/// When something is owed and nothing has arrived for so long, it never will: longer than a lane waits after some
/// failures in a row.
const QUIET: Duration = Duration::from_secs(20);

/// When nothing is owed and nothing has arrived for so long, nothing comes twice any more.
const SHORT_QUIET: Duration = Duration::from_millis(500);

/// From one kill to the next.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Cycle {
    /// Which run of the bridge it was.
    pub process: u32,
    /// Whether the kill came in the thick of it.
    pub counts: bool,
    /// Events acknowledged since the kill before.
    pub acked: u64,
    /// Requests in flight at the kill.
    pub in_flight: usize,
    /// Requests since the kill before that got no answer.
    pub broken: u64,
    #[serde(skip)]
    pub ready: Duration,
    pub ready_ms: u128,
    pub lived_ms: u128,
    /// What is wrong with the database after a power loss.
    pub integrity: Option<String>,
}

/// Runs one round; `seen` is told of every cycle as it ends.
pub async fn run(order: Order<'_>, survives: Survives, mut seen: impl FnMut(&Value)) -> Outcome {
    let mut round = Round::set_up(order, survives).await;
    let mut outcome = Outcome::default();
    let mut cycles = Vec::new();
    while outcome.strikes < order.strikes {
        let cycle = round.cycle().await;
        seen(&json!(cycle));
        outcome.strikes += u32::from(cycle.counts);
        cycles.push(cycle);
        let spoilt = cycles.iter().filter(|cycle| !cycle.counts).count();
        let few = 5 + cycles.len() / 3;
        assert!(spoilt <= few, "too many kills do not count: {cycles:#?}");
    }
    round.end(u64::from(order.strikes) * ACKED_PER_KILL).await;

    let verdict = checker::judge(&round.ledger);
    let integrity = cycles.iter().map(|cycle| cycle.integrity.clone());
    let unsound = integrity.chain([round.platter.integrity()]).flatten();
    outcome.cycles = cycles.len();
    for cycle in &cycles {
        outcome.took("start", cycle.ready);
    }
    outcome.faults = verdict
        .faults
        .into_iter()
        .chain(unsound.map(Fault::Odd))
        .collect();
    outcome.tally = verdict.tally;
    outcome
}

/// Everything that lives as long as the round.
struct Round {
    rng: fastrand::Rng,
    site: Site,
    platter: Platter,
    ledger: Arc<Ledger>,
    signals: Arc<Signals>,
    /// Whom the callers may call.
    up: watch::Sender<Vec<SocketAddr>>,
    callers: JoinSet<()>,
    /// How often the bridge was started.
    process: u32,
}

impl Round {
    /// The stubs and the callers run at once; the callers wait for the bridge.
    async fn set_up(
        Order {
            plan,
            number,
            folder,
            ..
        }: Order<'_>,
        survives: Survives,
    ) -> Self {
        let mut rng = plan.choices_of(number);
        let ledger = Arc::new(Ledger::default());
        let platter = Platter::new(folder, survives);
        let mut setting = || stub::Setting {
            ledger: Arc::clone(&ledger),
            address: Ipv4Addr::LOCALHOST.into(),
            slowest: SLOWEST,
            rng: rng.fork(),
        };
        let (desk, platform) = (setting(), setting());
        let site = Site {
            binary: plan.binary.clone(),
            mutant: plan.mutant,
            folder: folder.to_owned(),
            within: Vec::new(),
            store: format!("sqlite:{}", platter.disk().join("handover.db").display()),
            listen: bridge::free_address(),
            admin: bridge::free_address(),
            desk: desk::start(desk).await,
            platform: platform::start(platform).await,
        };
        let (up, watching) = watch::channel(Vec::new());
        let signals = Arc::new(Signals::default());
        let callers = Callers {
            crowd: Crowd {
                users: USERS,
                agents: AGENTS,
                conversations: plan.size.conversations,
                patience: PATIENCE,
                patience_of_requests: PATIENCE,
                pause: PAUSE,
                think: Duration::ZERO,
            },
            ledger: Arc::clone(&ledger),
            signals: Arc::clone(&signals),
            up: watching,
        };
        let callers = callers.start(&mut rng);
        Self {
            rng,
            site,
            platter,
            ledger,
            signals,
            up,
            callers,
            process: 0,
        }
    }

    /// Starts the bridge, lets it work under load, and kills it.
    async fn cycle(&mut self) -> Cycle {
        let (acked, broken) = (
            self.ledger.acked(),
            self.signals.broken.load(Ordering::Relaxed),
        );
        let (mut bridge, ready) = self.start().await;
        let born = Instant::now();
        let enough = self
            .rng
            .u64(ACKED_AT_LEAST + 10..2 * ACKED_PER_KILL - ACKED_AT_LEAST);
        while self.ledger.acked() - acked < enough && born.elapsed() < CYCLE {
            bridge.assert_alive();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(WAIT.mul_f64(self.rng.f64())).await;

        let in_flight = self.signals.in_flight.load(Ordering::Relaxed);
        bridge.kill();
        self.ledger.strike(self.process, Damage::Killed);
        self.up.send_replace(Vec::new());
        let lived = born.elapsed();
        self.platter.cut();
        // What the kill has broken, and what its last words were, must have reached the callers.
        while self.signals.in_flight.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let acked = self.ledger.acked() - acked;
        let platter = &self.platter;
        let integrity = if platter.loses() {
            platter.integrity()
        } else {
            None
        };
        Cycle {
            process: self.process,
            counts: acked >= ACKED_AT_LEAST && in_flight >= IN_FLIGHT_AT_LEAST,
            acked,
            in_flight,
            broken: self.signals.broken.load(Ordering::Relaxed) - broken,
            ready,
            ready_ms: ready.as_millis(),
            lived_ms: lived.as_millis(),
            integrity,
        }
    }

    /// One last start: the callers finish when enough is acknowledged, and the bridge brings all that it owes.
    async fn end(&mut self, enough: u64) {
        let (mut bridge, _) = self.start().await;
        let started = Instant::now();
        while self.ledger.acked() < enough && started.elapsed() < CYCLE {
            bridge.assert_alive();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(
            self.ledger.acked() >= enough,
            "the load is too slow to prove anything"
        );
        self.signals.stopping.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.expect("no caller panics");
        }
        let (mut happened, mut since) = (self.ledger.happened(), Instant::now());
        while since.elapsed()
            < if self.ledger.owed() > 0 {
                QUIET
            } else {
                SHORT_QUIET
            }
        {
            bridge.assert_alive();
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.ledger.happened() > happened {
                (happened, since) = (self.ledger.happened(), Instant::now());
            }
        }
        bridge.kill();
        self.platter.cut();
    }

    async fn start(&mut self) -> (Bridge, Duration) {
        self.process += 1;
        let prepare = |command: &mut Command| self.platter.prepare(command);
        let started = self.site.start(self.process, prepare).await;
        self.up.send_replace(vec![self.site.listen]);
        started
    }
}
