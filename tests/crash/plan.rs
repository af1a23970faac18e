//! The sizes of a campaign, and its seed.

use std::{env, path::PathBuf, str::FromStr};

use handover_bridge::{clock::SystemClock, domain::time::Clock};

use crate::{bridge, checker::Fault, mutant, power_loss::Survives, replicas, report};

/// A kill counts only if at least so many events were acknowledged since the kill before it …
pub const ACKED_AT_LEAST: u64 = 600;

/// … and at least so many requests were in flight.
pub const IN_FLIGHT_AT_LEAST: usize = 16;

/// On average so many events are acknowledged between two kills: 30 kills see more than 20,000.
pub const ACKED_PER_KILL: u64 = 680;

#[derive(Clone, Debug)]
pub struct Plan {
    /// What is done, as the report calls it.
    pub name: &'static str,
    pub class: Class,
    /// Every random choice comes from here.
    pub seed: u64,
    pub size: Size,
    pub binary: PathBuf,
    pub mutant: Option<&'static str>,
    /// The campaign ends with the first round that has found one of these.
    pub sought: fn(&Fault) -> bool,
    /// Where the report is kept, so that a campaign can be continued.
    pub state: Option<PathBuf>,
}

/// What is done, and to whom.
#[derive(Clone, Copy, Debug)]
pub enum Class {
    /// The one process of a store of its own is killed.
    Process(Survives),
    /// Something happens to several processes on one database.
    Replicas(replicas::Class),
}

#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// What is done counts so often, in all rounds together.
    pub strikes: u32,
    /// The same in one round: a store of its own, judged as a whole.
    pub strikes_per_round: u32,
    pub conversations: usize,
}

impl Plan {
    /// The size of the gate, or what the environment asks for (`scripts/campaign` does).
    pub fn from_environment(name: &'static str, class: Class, gate: Size) -> Self {
        let state: Option<PathBuf> = asked("STATE");
        let begun = state.as_deref().and_then(report::seed);
        let size = Size {
            strikes: asked("STRIKES").unwrap_or(gate.strikes),
            strikes_per_round: asked("STRIKES_PER_ROUND").unwrap_or(gate.strikes_per_round),
            conversations: asked("CONVERSATIONS").unwrap_or(gate.conversations),
        };
        Self {
            name,
            class,
            seed: asked("SEED").or(begun).unwrap_or_else(fresh_seed),
            size,
            binary: asked("BINARY").unwrap_or_else(|| bridge::binary().to_owned()),
            mutant: None,
            sought: |_| true,
            state,
        }
    }

    /// A broken binary, judged after every round until it has made a fault of its own kind.
    pub fn mutant(
        mutant: &'static str,
        class: Class,
        size: Size,
        sought: fn(&Fault) -> bool,
    ) -> Self {
        Self {
            name: mutant,
            class,
            seed: asked("SEED").unwrap_or_else(fresh_seed),
            size,
            binary: mutant::binary(),
            mutant: Some(mutant),
            sought,
            state: None,
        }
    }

    /// The random choices of one round, the same whether the campaign came to it in one go or was continued.
    pub fn choices_of(&self, round: u32) -> fastrand::Rng {
        let mut rounds = fastrand::Rng::with_seed(self.seed);
        for _ in 0..round {
            rounds.u64(..);
        }
        rounds.fork()
    }
}

fn asked<T: FromStr>(name: &str) -> Option<T> {
    let name = format!("HANDOVER_CRASH_{name}");
    let value = env::var(&name).ok()?;
    let Ok(value) = value.parse() else {
        panic!("{name} cannot be read")
    };
    Some(value)
}

/// Campaigns that begin at once choose differently, their ports too.
fn fresh_seed() -> u64 {
    let millis = u64::try_from(SystemClock.now().as_millis()).expect("it is after 1970");
    (millis << 16) | u64::from(std::process::id() & 0xffff)
}
