//! One round: a fresh store, callers that never rest, kills at random times, and the verdict when all is quiet.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::{sync::watch, task::JoinSet};

use crate::{
    bridge::{self, Bridge, Site},
    checker::{self, Fault, Tally},
    desk,
    ledger::Ledger,
    load::{Callers, Signals},
    plan::{ACKED_AT_LEAST, ACKED_PER_KILL, IN_FLIGHT_AT_LEAST, Plan},
    platform,
    power_loss::Platter,
};

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
    pub ready_ms: u128,
    pub lived_ms: u128,
    /// What is wrong with the database after a power loss.
    pub integrity: Option<String>,
}

/// What one round is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub plan: &'a Plan,
    pub number: u32,
    /// Kills that must count.
    pub kills: u32,
    /// Where the bridge lives.
    pub folder: &'a Path,
}

#[derive(Debug, Default)]
pub struct Outcome {
    /// Kills that count.
    pub kills: u32,
    pub cycles: Vec<Cycle>,
    pub tally: Tally,
    pub faults: Vec<Fault>,
}

/// Runs one round; `seen` is told of every cycle as it ends.
pub async fn run(order: Order<'_>, mut seen: impl FnMut(&Cycle)) -> Outcome {
    let mut round = Round::set_up(order).await;
    let mut outcome = Outcome::default();
    while outcome.kills < order.kills {
        let cycle = round.cycle().await;
        seen(&cycle);
        outcome.kills += u32::from(cycle.counts);
        outcome.cycles.push(cycle);
        let spoilt = outcome.cycles.iter().filter(|cycle| !cycle.counts).count();
        let few = 5 + outcome.cycles.len() / 3;
        assert!(
            spoilt <= few,
            "too many kills do not count: {:#?}",
            outcome.cycles
        );
    }
    round.end(u64::from(order.kills) * ACKED_PER_KILL).await;

    let verdict = checker::judge(&round.ledger);
    let integrity = outcome.cycles.iter().map(|cycle| cycle.integrity.clone());
    let unsound = integrity.chain([round.site.platter.integrity()]).flatten();
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
    ledger: Arc<Ledger>,
    signals: Arc<Signals>,
    up: watch::Sender<bool>,
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
    ) -> Self {
        let mut rng = plan.choices_of(number);
        let ledger = Arc::new(Ledger::default());
        let site = Site {
            binary: plan.binary.clone(),
            mutant: plan.mutant,
            folder: folder.to_owned(),
            platter: Platter::new(folder, plan.survives),
            listen: bridge::free_address(&mut rng),
            admin: bridge::free_address(&mut rng),
            desk: desk::start(Arc::clone(&ledger), rng.fork()).await,
            platform: platform::start(Arc::clone(&ledger), rng.fork()).await,
        };
        let (up, watching) = watch::channel(false);
        let signals = Arc::new(Signals::default());
        let callers = Callers {
            bridge: site.listen,
            ledger: Arc::clone(&ledger),
            signals: Arc::clone(&signals),
            up: watching,
        };
        let callers = callers.start(plan.conversations, &mut rng);
        Self {
            rng,
            site,
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
        self.up.send_replace(false);
        let lived = born.elapsed();
        self.site.platter.cut();
        // What the kill has broken, and what its last words were, must have reached the callers.
        while self.signals.in_flight.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let acked = self.ledger.acked() - acked;
        let platter = &self.site.platter;
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
        self.site.platter.cut();
    }

    async fn start(&mut self) -> (Bridge, Duration) {
        self.process += 1;
        let started = self.site.start(self.process).await;
        self.up.send_replace(true);
        started
    }
}
