//! A round's world: a database, replicas of the bridge on it, the stubs, and the callers.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    cluster::Cluster,
    lanes::Lanes,
    network::{Network, Others},
};
use crate::{
    bridge::{self, Bridge, Site},
    campaign::{Order, Outcome},
    checker::{self, Fault},
    desk,
    ledger::{Damage, Ledger},
    load::{Callers, Crowd, Signals},
    platform, stub,
};

/// Longer than a lane waits for its lease to be over, and than it waits after some failures in a row.
const QUIET: Duration = Duration::from_secs(30);

/// When nothing is owed and nothing has arrived for so long, nothing comes twice any more.
const SHORT_QUIET: Duration = Duration::from_millis(1500);

/// The callers end within this.
const END: Duration = Duration::from_mins(2);

/// Answers of the stubs are late by up to this much, so that a replica always has some calls under way.
const SLOWEST: Duration = Duration::from_millis(60);

/// Longer than an answer may take, whatever becomes of the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than a replica is frozen.
const PATIENCE_OF_REQUESTS: Duration = Duration::from_mins(1);

/// Between two tries of a call.
const PAUSE: Duration = Duration::from_millis(100);

/// What a round needs.
#[derive(Debug)]
pub struct Stage {
    pub replicas: usize,
    /// Where each of them lives, if not on loopback.
    pub network: Option<Network>,
    /// Between two events of a caller.
    pub think: Duration,
    /// Something stands before the replicas: callers know that alone, once they are told.
    pub is_proxied: bool,
    /// Where they listen.
    pub listeners: Option<Vec<SocketAddr>>,
    /// The database waits for its disk. Where nothing happens to it, that shows no more than how slow the disk is.
    pub syncs: bool,
}

impl Stage {
    /// On loopback, with nothing in between.
    pub fn of(replicas: usize) -> Self {
        Self {
            replicas,
            network: None,
            think: Duration::from_millis(150),
            is_proxied: false,
            listeners: None,
            syncs: false,
        }
    }
}

#[derive(Debug)]
pub struct World {
    pub rng: fastrand::Rng,
    pub replicas: Vec<Replica>,
    pub ledger: Arc<Ledger>,
    pub signals: Arc<Signals>,
    pub lanes: Arc<Lanes>,
    /// After the replicas, so that they are gone when it goes.
    pub cluster: Cluster,
    pub network: Option<Network>,
    up: watch::Sender<Vec<SocketAddr>>,
    is_proxied: bool,
    callers: JoinSet<()>,
    processes: AtomicU32,
}

#[derive(Debug)]
pub struct Replica {
    pub site: Site,
    /// Where it finds the database.
    pub database: SocketAddr,
    /// Which run of a bridge it is, counted over all replicas.
    pub process: u32,
    /// None: it is down.
    bridge: Option<Bridge>,
}

impl World {
    pub async fn set_up(order: Order<'_>, mut rng: fastrand::Rng, mut stage: Stage) -> Self {
        let ledger = Arc::new(Ledger::default());
        let home = stage.network.as_ref();
        let home = home.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), Network::home);
        let cluster = Cluster::start(home, stage.syncs).await;
        let mut setting = || stub::Setting {
            ledger: Arc::clone(&ledger),
            address: home,
            slowest: SLOWEST,
            rng: rng.fork(),
        };
        let (desk, platform) = (setting(), setting());
        let (desk, platform) = (desk::start(desk).await, platform::start(platform).await);
        let mut replicas = Vec::new();
        for number in 0..stage.replicas {
            let lives = stage
                .network
                .as_ref()
                .map(|network| network.machine(number));
            let mut free = || {
                let free = bridge::free_address();
                SocketAddr::new(lives.as_ref().map_or(free.ip(), |(ip, _)| *ip), free.port())
            };
            let others = Others {
                database: cluster.address,
                desk,
            };
            let found = match &mut stage.network {
                Some(network) => network.put_up(others).await,
                None => others,
            };
            let own = stage.listeners.as_ref().map(|listeners| listeners[number]);
            let folder = order.folder.join(format!("replica-{number}"));
            std::fs::create_dir(&folder).expect("the round's folder can be written");
            let site = Site {
                binary: order.plan.binary.clone(),
                mutant: order.plan.mutant,
                folder,
                listen: own.unwrap_or_else(&mut free),
                admin: free(),
                within: lives.map(|(_, within)| within).unwrap_or_default(),
                store: Cluster::url(found.database),
                desk: found.desk,
                platform,
            };
            replicas.push(Replica {
                site,
                database: found.database,
                process: 0,
                bridge: None,
            });
        }
        let (up, watching) = watch::channel(Vec::new());
        let signals = Arc::new(Signals::default());
        let callers = Callers {
            crowd: Crowd {
                users: 24,
                agents: 12,
                conversations: order.plan.size.conversations,
                patience: PATIENCE,
                patience_of_requests: PATIENCE_OF_REQUESTS,
                pause: PAUSE,
                think: stage.think,
            },
            ledger: Arc::clone(&ledger),
            signals: Arc::clone(&signals),
            up: watching,
        };
        let mut world = Self {
            replicas,
            ledger,
            signals,
            lanes: Arc::new(Lanes::of(&cluster)),
            cluster,
            network: stage.network,
            up,
            is_proxied: stage.is_proxied,
            callers: callers.start(&mut rng),
            processes: AtomicU32::new(0),
            rng,
        };
        // The first makes the tables.
        for number in 0..world.replicas.len() {
            world.start(number).await;
        }
        world.lanes.note_stale_settlements().await;
        world
    }

    /// Starts a replica and lets it be called once it is ready; says how long that took.
    pub async fn start(&mut self, number: usize) -> Duration {
        let process = self.processes.fetch_add(1, Ordering::Relaxed) + 1;
        let replica = &mut self.replicas[number];
        replica.process = process;
        let (bridge, took) = replica.site.start(process, |_| ()).await;
        replica.bridge = Some(bridge);
        self.call(number);
        took
    }

    /// SIGKILL. Callers find out by themselves, and are told soon.
    pub fn kill(&mut self, number: usize) {
        let replica = &mut self.replicas[number];
        let bridge = replica.bridge.take().expect("it is up");
        bridge.kill();
        self.ledger.strike(replica.process, Damage::Killed);
        self.spare(number);
    }

    /// SIGTERM; says how long it took to end, and whether it was content.
    pub async fn stop(&mut self, number: usize, within: Duration) -> (Duration, bool) {
        let bridge = self.replicas[number].bridge.take().expect("it is up");
        let asked = Instant::now();
        bridge.signal("TERM");
        let content = bridge.ended(within).await;
        (asked.elapsed(), content)
    }

    /// The replica may be called, as a balancer would have it.
    pub fn call(&self, number: usize) {
        let listen = self.replicas[number].site.listen;
        if !self.is_proxied {
            self.up.send_modify(|up| {
                if !up.contains(&listen) {
                    up.push(listen);
                }
            });
        }
    }

    /// What stands before the replicas may be called.
    pub fn open(&self, door: SocketAddr) {
        self.up.send_replace(vec![door]);
    }

    /// The replica is not to be called for now.
    pub fn spare(&self, number: usize) {
        let listen = self.replicas[number].site.listen;
        if !self.is_proxied {
            self.up.send_modify(|up| up.retain(|one| *one != listen));
        }
    }

    /// Waits until so many more events are acknowledged.
    pub async fn acknowledge(&self, more: u64, within: Duration) -> bool {
        let (before, began) = (self.ledger.acked(), Instant::now());
        while self.ledger.acked() < before + more && began.elapsed() < within {
            sleep(Duration::from_millis(10)).await;
        }
        self.ledger.acked() >= before + more
    }

    pub fn assert_alive(&mut self) {
        for replica in &mut self.replicas {
            if let Some(bridge) = &mut replica.bridge {
                bridge.assert_alive();
            }
        }
    }

    /// The callers finish, the replicas bring all that they owe, and the books are judged.
    pub async fn end(mut self, outcome: &mut Outcome) {
        self.signals.stopping.store(true, Ordering::Relaxed);
        let callers = std::mem::take(&mut self.callers);
        if timeout(END, callers.join_all()).await.is_err() {
            let never = "callers were never answered".to_owned();
            outcome.faults.push(Fault::Failed(never));
        }
        let (mut happened, mut since) = (self.ledger.happened(), Instant::now());
        while since.elapsed()
            < if self.ledger.owed() > 0 {
                QUIET
            } else {
                SHORT_QUIET
            }
        {
            self.assert_alive();
            sleep(Duration::from_millis(100)).await;
            if self.ledger.happened() > happened {
                (happened, since) = (self.ledger.happened(), Instant::now());
            }
        }
        let stale = self.lanes.stale_settlements().await;
        if stale > 0 {
            outcome.faults.push(Fault::Stale(stale));
        }
        for replica in &mut self.replicas {
            if let Some(bridge) = replica.bridge.take() {
                bridge.kill();
            }
        }
        let verdict = checker::judge(&self.ledger);
        outcome.faults.extend(verdict.faults);
        outcome.tally = verdict.tally;
    }
}

impl Replica {
    pub fn signal(&self, name: &str) {
        self.bridge.as_ref().expect("it is up").signal(name);
    }
}
