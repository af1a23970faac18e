//! The sizes of a campaign, and its seed.

use std::{env, path::PathBuf, str::FromStr};

use handover_bridge::{clock::SystemClock, domain::time::Clock};

use crate::{bridge, checker::Fault, power_loss::Survives, report};

/// A kill counts only if at least so many events were acknowledged since the kill before it …
pub const ACKED_AT_LEAST: u64 = 600;

/// … and at least so many requests were in flight.
pub const IN_FLIGHT_AT_LEAST: usize = 16;

/// On average so many events are acknowledged between two kills: 30 kills see more than 20,000.
pub const ACKED_PER_KILL: u64 = 680;

#[derive(Clone, Debug)]
pub struct Plan {
    /// What is done to the bridge, as the report calls it.
    pub name: &'static str,
    /// Every random choice comes from here.
    pub seed: u64,
    /// Kills that count, in all rounds together.
    pub kills: u32,
    /// Kills that count in one round: a store of its own, judged as a whole.
    pub kills_per_round: u32,
    pub conversations: usize,
    pub survives: Survives,
    pub binary: PathBuf,
    pub mutant: Option<&'static str>,
    /// The campaign ends with the first round that has found one of these.
    pub sought: fn(&Fault) -> bool,
    /// Where the report is kept, so that a campaign can be continued.
    pub state: Option<PathBuf>,
}

impl Plan {
    /// The size of the gate, or what the environment asks for (`scripts/campaign` does).
    pub fn from_environment(name: &'static str, survives: Survives) -> Self {
        let state: Option<PathBuf> = asked("STATE");
        let begun = state.as_deref().and_then(report::seed);
        Self {
            name,
            seed: asked("SEED").or(begun).unwrap_or_else(fresh_seed),
            kills: asked("KILLS").unwrap_or(30),
            kills_per_round: asked("KILLS_PER_ROUND").unwrap_or(30),
            conversations: asked("CONVERSATIONS").unwrap_or(300),
            survives,
            binary: asked("BINARY").unwrap_or_else(|| bridge::binary().to_owned()),
            mutant: None,
            sought: |_| true,
            state,
        }
    }

    /// At most ten kills on a broken binary, judged after every second one, until it has made a fault of its own kind.
    pub fn mutant(
        mutant: &'static str,
        survives: Survives,
        binary: PathBuf,
        sought: fn(&Fault) -> bool,
    ) -> Self {
        Self {
            name: mutant,
            seed: asked("SEED").unwrap_or_else(fresh_seed),
            kills: 10,
            kills_per_round: 2,
            conversations: 200,
            survives,
            binary,
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

fn fresh_seed() -> u64 {
    u64::try_from(SystemClock.now().as_millis()).expect("it is after 1970")
}
