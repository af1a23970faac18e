//! Bots and desks that answer as they are told, and a running delivery around them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::StatusCode;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    job::job,
    lanes::{Lanes, PausedClock},
};
use crate::{
    bots::{BotFacts, BotPlatform},
    delivery::{Options, Parts},
    desks::{Desk, DeskFacts},
    domain::{
        delivery::{About, BotJob, DeskJob, Destination, Done, Failure},
        ids::{BotName, DeliveryId, DeskName},
        time::Clock,
    },
    outbound::{CallError, Refusal, request::DryRunError},
    store::Retention,
    telemetry::Instruments,
};

/// The answer to the `n`th call (from 1) of all calls.
type Script = Box<dyn Fn(&About, usize) -> Result<Done, Failure> + Send + Sync>;

/// Answers as its script says, after a while.
pub(super) struct Scripted {
    clock: PausedClock,
    takes: Duration,
    script: Script,
    log: Mutex<Log>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// When each call began, in milliseconds, and for which delivery.
    pub(super) calls: Vec<(u128, DeliveryId)>,
    /// Those of the calls that may have been repeats, for all that was known.
    pub(super) again: Vec<DeliveryId>,
    pub(super) pings: Vec<u128>,
    pub(super) most_at_once: usize,
    under_way: usize,
}

impl Scripted {
    pub(super) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn call_times(&self) -> Vec<u128> {
        self.log().calls.into_iter().map(|(at, _)| at).collect()
    }

    async fn answer(&self, about: &About) -> Result<Done, Failure> {
        let number = {
            let mut log = self.log.lock().unwrap();
            log.calls.push((self.now(), about.delivery));
            log.under_way += 1;
            log.most_at_once = log.most_at_once.max(log.under_way);
            log.calls.len()
        };
        sleep(self.takes).await;
        self.log.lock().unwrap().under_way -= 1;
        (self.script)(about, number)
    }

    fn ping(&self) -> Result<Vec<String>, CallError> {
        let number = {
            let mut log = self.log.lock().unwrap();
            log.pings.push(self.now());
            log.calls.len() + log.pings.len()
        };
        let unwell = |_| Refusal {
            host: "desk.example".to_owned(),
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after: None,
            body: Bytes::new(),
        };
        (self.script)(&job(0, 0).about, number)
            .map(|_| Vec::new())
            .map_err(|failure| CallError::Refused(Box::new(unwell(failure))))
    }

    fn now(&self) -> u128 {
        self.clock.elapsed().as_millis()
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait]
impl BotPlatform for Scripted {
    fn facts(&self) -> BotFacts {
        unreachable!("delivery goes by its jobs")
    }

    async fn perform(&self, job: BotJob<'_>) -> Result<Done, Failure> {
        self.answer(job.about).await
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        self.ping()
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        unreachable!("delivery fills in no examples")
    }
}

#[async_trait]
impl Desk for Scripted {
    fn facts(&self) -> DeskFacts {
        unreachable!("delivery goes by its jobs")
    }

    async fn perform(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        self.answer(job.about).await
    }

    async fn perform_again(&self, job: DeskJob<'_>) -> Result<Done, Failure> {
        self.log.lock().unwrap().again.push(job.about.delivery);
        self.answer(job.about).await
    }

    async fn probe(&self) -> Result<Vec<String>, CallError> {
        self.ping()
    }

    fn dry_run(&self) -> Vec<DryRunError> {
        unreachable!("delivery fills in no examples")
    }
}

/// A running delivery with those whom it calls.
pub(super) struct World {
    pub(super) lanes: Arc<Lanes>,
    pub(super) stop: CancellationToken,
    clock: PausedClock,
    vendors: BTreeMap<Destination, Arc<Scripted>>,
}

impl World {
    pub(super) fn new() -> Self {
        let clock = PausedClock::start();
        Self {
            lanes: Arc::new(Lanes::new(clock)),
            stop: CancellationToken::new(),
            clock,
            vendors: BTreeMap::new(),
        }
    }

    pub(super) fn desk(
        &mut self,
        name: &str,
        takes: Duration,
        script: impl Fn(&About, usize) -> Result<Done, Failure> + Send + Sync + 'static,
    ) -> (Destination, Arc<Scripted>) {
        let desk = Destination::Desk(DeskName::new(name).unwrap());
        (desk.clone(), self.vendor(desk, takes, Box::new(script)))
    }

    pub(super) fn bot(
        &mut self,
        name: &str,
        takes: Duration,
        script: impl Fn(&About, usize) -> Result<Done, Failure> + Send + Sync + 'static,
    ) -> (Destination, Arc<Scripted>) {
        let bot = Destination::Bot(BotName::new(name).unwrap());
        (bot.clone(), self.vendor(bot, takes, Box::new(script)))
    }

    pub(super) fn start(&self) -> JoinHandle<()> {
        self.start_by(Arc::new(self.clock))
    }

    pub(super) fn start_by(&self, clock: Arc<dyn Clock>) -> JoinHandle<()> {
        let day = Duration::from_hours(24);
        let retention = Retention {
            observed: day,
            transcripts: day,
            delivered: day,
            dead_letters: day,
            keys: day,
            audit: day,
        };
        let options = Options {
            retention,
            limit: Duration::from_hours(4),
            finish: Duration::from_secs(10),
        };
        let mut bots: BTreeMap<BotName, Arc<dyn BotPlatform>> = BTreeMap::new();
        let mut desks: BTreeMap<DeskName, Arc<dyn Desk>> = BTreeMap::new();
        for (destination, vendor) in &self.vendors {
            match destination {
                Destination::Bot(name) => drop(bots.insert(name.clone(), vendor.clone())),
                Destination::Desk(name) => drop(desks.insert(name.clone(), vendor.clone())),
            }
        }
        let parts = Parts {
            store: self.lanes.clone(),
            clock,
            jitter: || 1.0,
            bots,
            desks,
            instruments: Instruments::default(),
        };
        tokio::spawn(options.build(parts).run(self.stop.clone()))
    }

    /// Lets time go by, in small steps, until it is so.
    pub(super) async fn until(&self, mut so: impl FnMut() -> bool) {
        let limit = Instant::now() + Duration::from_mins(10);
        while !so() {
            assert!(Instant::now() < limit, "it never came");
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn vendor(&mut self, of: Destination, takes: Duration, script: Script) -> Arc<Scripted> {
        let vendor = Arc::new(Scripted {
            clock: self.clock,
            takes,
            script,
            log: Mutex::default(),
        });
        self.vendors.insert(of, Arc::clone(&vendor));
        vendor
    }
}
