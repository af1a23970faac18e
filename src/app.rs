//! Puts the parts together from the configuration and sees them through their life. Called by `cli` alone.
//!
//! [`App::build`] is total: every setting goes somewhere or does not compile. A stop has an order that loses nothing:
//! first the listeners (not ready, then nothing new, then what is under way is answered), then deliveries, which the
//! answers were waiting for, and last the store.

mod connections;
mod console;
mod demo;
mod error;
mod listeners;
mod offline;
mod policy;
mod probe;
mod rotation;
mod signals;
mod store;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    connections::{Connections, Parts},
    console::Access,
    policy::Sections,
    rotation::{Holders, Rotation},
    signals::Signals,
};
pub use self::{
    demo::{DemoBot, DemoDesk, Options as DemoOptions, demo},
    error::Error,
    listeners::Listeners,
    offline::{backup, check, copy, migrate, policy_of},
    probe::{Probed, probe},
};
use crate::{
    clock::SystemClock,
    config::{self, Bot, Config, Desk, Source},
    console::{Development, Presence},
    delivery::{self, Delivery},
    domain::{
        ids::{BotName, DeskName},
        policy::Limits,
        time::{Clock, Timestamp},
    },
    http::{
        self,
        server::{self, Server, Shutdown},
    },
    store::ConsoleStore,
    telemetry::{Instruments, Registry, Traces},
};

/// The bridge, ready to run.
#[derive(Debug)]
pub struct App {
    servers: Vec<Server>,
    delivery: Delivery,
    store: Arc<dyn ConsoleStore>,
    /// Cancelled when the store may have lost what it had taken.
    fatal: CancellationToken,
    requests: TaskTracker,
    shutdown: Shutdown,
    drain: Duration,
    secrets: Holders,
    instruments: Instruments,
    presence: Presence,
}

/// How long calls of ours that are under way may take after the last request was answered.
const DELIVERY_FINISH: Duration = Duration::from_secs(8);
/// Often enough that what a busy bridge records takes a few megabytes until it is in its buckets.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// Requests, deliveries and the store take their share of this; with the usual drain of 5 s all is over within 25 s.
const STOP_WITHIN: Duration = Duration::from_secs(19);

/// Runs the bridge until it is told to stop. `config` comes from `source`, which is pinned: SIGHUP has it loaded again.
pub async fn serve(config: Config, source: Source) -> Result<(), Error> {
    let signals = Signals::listen().map_err(Error::Signals)?;
    let listeners = Listeners::bind(&config)?;
    live(signals, source, Box::pin(App::build(config, listeners))).await
}

/// Starts a bridge and sees it through to its end. One that is told to stop before it has started has taken nothing yet.
async fn live(
    mut signals: Signals,
    source: Source,
    starting: impl Future<Output = Result<App, Error>>,
) -> Result<(), Error> {
    let Some(app) = signals.until_stopped(starting).await.transpose()? else {
        tracing::info!("stopped");
        return Ok(());
    };
    let obeying = signals.obey(app.shutdown(), app.patience(), app.rotation(source));
    let obeying = tokio::spawn(obeying);
    let ended = app.run().await;
    obeying.abort();
    ended
}

impl App {
    /// Opens the store and compiles what the configuration says; nothing runs yet.
    pub async fn build(config: Config, listeners: Listeners) -> Result<Self, Error> {
        Self::build_with(config, listeners, None).await
    }

    /// The same, and a developer finds the way to the console.
    async fn build_with(
        config: Config,
        listeners: Listeners,
        development: Option<Development>,
    ) -> Result<Self, Error> {
        let doubtful = console::doubtful(&config, development.as_ref());
        let Config {
            server,
            admin: operators,
            store: store_config,
            telemetry,
            outbound: config::Outbound { allow_networks },
            bots,
            desks,
            hours,
            routes,
            handover: limits,
            texts,
            retention,
        } = config;
        let instruments = instruments(&telemetry)?;
        let connections = Connections::build(&bots, &desks, allow_networks, Arc::new(SystemClock))?;
        let sections = Sections {
            limits,
            hours,
            routes,
            texts,
            observed: retention.observed,
        };
        let policy = policy::policy(&bots, &desks, &connections, sections);
        let transcript_limits = policy::transcript_limits(&connections);
        let endpoints = console::endpoints(&server, &bots, &desks, &policy);
        let opened = store::open(store_config, policy, transcript_limits, &instruments).await?;
        let (store, clock, fatal) = (opened.store, opened.clock, opened.fatal);
        let (shutdown, requests) = (Shutdown::default(), TaskTracker::new());
        let presence = console::presence(&desks, &store, &clock);
        let config::Server {
            listen: _,
            public_url: _,
            trusted_proxies,
            max_connections,
            keep_alive,
            drain,
        } = server;
        let Parts {
            to_bots,
            to_desks,
            from_bots,
            from_desks,
            mut secrets,
        } = connections.take_apart();
        let proxies = trusted_proxies.clone();
        let access = Access::new(operators, proxies, development, &mut secrets);
        let admin = access.token.clone();
        let console = access.build(console::Parts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            endpoints,
            doubtful,
            limits,
            stopping: shutdown.soft.clone(),
            tasks: requests.clone().into(),
            presence: presence.clone(),
        });
        let state = http::Options {
            store: store.clone(),
            bots: from_bots,
            desks: from_desks,
            admin,
            sessions: Arc::new(console.clone()),
            trusted_proxies,
            decide_within: limits.decide_within,
            body_within: http::body::SENT_WITHIN,
            capacity: http::shed::Capacity::default(),
            stopping: shutdown.soft.clone(),
            tasks: requests.clone().into(),
            clock: Arc::new(SystemClock),
            watched: watched(&bots, &desks, SystemClock.now()),
            instruments: instruments.clone(),
        };
        let options = serving(keep_alive, max_connections, drain);
        let metrics = &instruments.metrics;
        let servers = listeners.serve(options, state.build(), console.router(), metrics);
        let parts = delivery::Parts {
            store: store.clone(),
            clock,
            jitter: fastrand::f64,
            bots: to_bots,
            desks: to_desks,
            instruments: instruments.clone(),
        };
        Ok(Self {
            servers,
            delivery: delivering(&retention, &limits).build(parts),
            store,
            fatal,
            requests,
            shutdown,
            drain,
            secrets,
            instruments,
            presence,
        })
    }

    /// Cancel `soft` and the bridge stops; for those who do not wait for a signal.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// How long a soft stop may take.
    pub fn patience(&self) -> Duration {
        self.drain.saturating_add(STOP_WITHIN)
    }

    /// What exchanges the secrets of this bridge for those that their files hold.
    fn rotation(&self, source: Source) -> Rotation {
        Rotation::new(source, self.secrets.clone(), Arc::new(SystemClock))
    }

    /// Runs until it is told to stop and all is finished, or something that it cannot run without has failed.
    pub async fn run(self) -> Result<(), Error> {
        let Self {
            servers,
            delivery,
            store,
            fatal,
            requests,
            shutdown,
            drain: _,
            secrets: _,
            instruments,
            presence,
        } = self;
        let tidying = tokio::spawn(tidy(instruments.metrics));
        // No request may come before it is known whether anybody is there.
        presence.look().await;
        let mut presence = tokio::spawn(async move { presence.watch().await });
        let serving = TaskTracker::new();
        for server in servers {
            if let Ok(address) = server.local_addr() {
                tracing::info!(%address, "listening");
            }
            serving.spawn(server.run(shutdown.clone()));
        }
        serving.close();
        let stop_delivering = CancellationToken::new();
        let mut delivering = tokio::spawn(delivery.run(stop_delivering.clone()));
        tokio::select! {
            () = serving.wait() => {}
            () = fatal.cancelled() => return Err(Error::StoreFailed),
            _ = &mut delivering => return Err(Error::DeliveryEnded),
            // Requests would be refused, or taken, for want of agents who are there or gone.
            Err(_) = &mut presence => return Err(Error::PresenceEnded),
        }
        requests.close();
        shutdown.hard.run_until_cancelled(requests.wait()).await;
        stop_delivering.cancel();
        shutdown.hard.run_until_cancelled(&mut delivering).await;
        delivering.abort();
        presence.abort();
        store.close().await;
        tidying.abort();
        // Waits for the collector, some seconds at most, and not where nothing is waited for any more.
        let finishing = spawn_blocking(move || instruments.traces.finish());
        shutdown.hard.run_until_cancelled(finishing).await;
        tracing::info!("stopped");
        Ok(())
    }
}

fn serving(keep_alive: Duration, max_connections: usize, drain: Duration) -> server::Options {
    server::Options {
        keep_alive,
        max_connections,
        drain,
        ..server::Options::default()
    }
}

fn instruments(telemetry: &config::Telemetry) -> Result<Instruments, Error> {
    let config::Telemetry {
        log: _,
        format: _,
        otlp_endpoint,
    } = telemetry;
    let traces = otlp_endpoint.as_ref().map(Traces::to).transpose()?;
    Ok(Instruments {
        metrics: Registry::new()?,
        traces: traces.unwrap_or_default(),
    })
}

/// Whose figures are shown from the first moment on.
fn watched(
    bots: &BTreeMap<BotName, Bot>,
    desks: &BTreeMap<DeskName, Desk>,
    started_at: Timestamp,
) -> http::Watched {
    http::Watched {
        bots: bots.keys().cloned().collect(),
        desks: desks.keys().cloned().collect(),
        started_at,
    }
}

fn delivering(retention: &config::Retention, limits: &Limits) -> delivery::Options {
    delivery::Options {
        retention: policy::retention(retention),
        limit: limits.max_duration,
        finish: DELIVERY_FINISH,
    }
}

/// Nobody may ever read the metrics.
async fn tidy(metrics: Registry) {
    let mut turns = interval(TIDY_EVERY);
    loop {
        turns.tick().await;
        metrics.tidy();
    }
}
