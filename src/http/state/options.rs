//! What the state is made from.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::{Shared, State};
use crate::{
    domain::{
        ids::{BotName, DeskName},
        time::{Clock, Timestamp},
    },
    http::{
        admin::{metrics::Reading, operator::Sessions},
        failures::FailedCalls,
        hooks::{BotHook, DeskHook},
        meter::Meter,
        openapi,
        probes::{Probe, Readiness},
        secret::Accepted,
        shed::{Capacity, Gate, Shares, Strangers, Tenant, UNPROVED},
        source::Sources,
        tasks::Tasks,
        watch::Watch,
    },
    store::{OperatorStore, Store},
    telemetry::{Instruments, Process, catalog},
};

/// What `app` composes the routes from.
#[derive(Debug)]
pub struct Options {
    pub store: Arc<dyn OperatorStore>,
    pub bots: Vec<Bot>,
    pub desks: Vec<Desk>,
    /// Opens the admin API; none: only a session does.
    pub admin: Accepted,
    /// Who else gets in there.
    pub sessions: Arc<dyn Sessions>,
    pub trusted_proxies: Vec<IpNet>,
    /// `handover.decide_within`.
    pub decide_within: Duration,
    /// How long a sender may take over a body.
    pub body_within: Duration,
    /// How much the hooks let in at once, and the desk API beside them.
    pub capacity: Capacity,
    /// The soft stop: from then on not ready.
    pub stopping: CancellationToken,
    /// Accepted calls run here, so that they outlive a client that hangs up. To be waited for before the store closes.
    pub tasks: Tasks,
    /// The machine's, by which vendors date what they sign.
    pub clock: Arc<dyn Clock>,
    pub watched: Watched,
    pub instruments: Instruments,
}

/// What shows in the metrics from the start, and since when there is something to show.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    pub bots: Vec<BotName>,
    pub desks: Vec<DeskName>,
    pub started_at: Timestamp,
}

/// One bot, as its platform may call.
#[derive(Clone, Debug)]
pub struct Bot {
    pub name: BotName,
    pub hook: BotHook,
}

/// One desk, as it may call.
#[derive(Clone, Debug)]
pub struct Desk {
    pub name: DeskName,
    pub hook: DeskHook,
}

impl Options {
    pub fn build(self) -> State {
        let Self {
            store,
            bots,
            desks,
            admin,
            sessions,
            trusted_proxies,
            decide_within,
            body_within,
            capacity,
            stopping,
            tasks,
            clock,
            watched,
            instruments,
        } = self;
        let Watched {
            bots: all_bots,
            desks: all_desks,
            started_at,
        } = watched;
        let metrics = &instruments.metrics;
        let meter = Meter::new(metrics, &all_bots, &all_desks);
        let watch = Watch::new(metrics, &all_bots, &all_desks);
        let process = Process::new(metrics, seconds(started_at));
        let (hooks, desk_api) = gates(capacity, &bots, &desks);
        let unproved = Strangers::new(Gate::new(UNPROVED));
        let gates = [
            (hooks.all(), "hooks"),
            (unproved.all(), "unsigned"),
            (desk_api.all(), "desk_api"),
        ];
        let shed =
            gates.map(|(gate, name)| (gate.clone(), metrics.counter(&catalog::SHED, &[name])));
        let probe = Arc::new(WritePath(store.clone()));
        State(Arc::new(Shared {
            store,
            bots: bots
                .into_iter()
                .map(|bot| (bot.name.to_string(), bot))
                .collect(),
            desks,
            admin,
            sessions,
            sources: Sources::new(trusted_proxies),
            failures: FailedCalls::new(),
            readiness: Readiness::new(probe, stopping.clone()),
            stopping,
            decide_within,
            body_within,
            hooks,
            unproved,
            desk_api,
            tasks,
            clock,
            document: openapi::bytes(),
            instruments,
            meter,
            reading: Reading::new(watch, process, shed),
        }))
    }
}

/// Ready is what can write.
#[derive(Debug)]
struct WritePath(Arc<dyn Store>);

#[async_trait]
impl Probe for WritePath {
    async fn ready(&self) -> bool {
        match self.0.probe().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = error.told(), "the store does not take writes");
                false
            }
        }
    }
}

/// Of all hooks, and of the desk API.
fn gates(capacity: Capacity, bots: &[Bot], desks: &[Desk]) -> (Shares, Shares) {
    let of_desks = |has: fn(&DeskHook) -> bool| {
        let desks = desks.iter().filter(move |desk| has(&desk.hook));
        desks.map(|desk| Tenant::from(&desk.name))
    };
    let bots = bots.iter().map(|bot| Tenant::from(&bot.name));
    let hooks = bots.chain(of_desks(|hook| !matches!(hook, DeskHook::Api { .. })));
    let api = of_desks(|hook| hook.token().is_some_and(|token| !token.is_empty()));
    let desk_api = Capacity {
        // A desk's body is at most a quarter of a bot's.
        values: capacity.values / 4,
        ..capacity
    };
    (Shares::new(capacity, hooks), Shares::new(desk_api, api))
}

fn seconds(at: Timestamp) -> f64 {
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    Duration::from_millis(millis).as_secs_f64()
}
