//! What goes wrong on purpose, in both directions. Set from the page, by `PUT /emulator/faults`, or from a test.
//!
//! Chances are rolled for each conversation by a generator of its own, so one seed gives one run,
//! however the conversations are scheduled against each other.

use std::{collections::HashMap, num::NonZeroU8, time::Duration};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// The longest delay that can be asked for: past every time-out of the bridge.
const MAX_DELAY_MS: u64 = 60_000;

/// Everything that can be made to go wrong. The default is that nothing does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Makes percentages repeatable. Without it the emulator's own seed counts.
    pub seed: Option<u64>,
    /// Each webhook waits so long before it is sent.
    pub webhook_delay_ms: u64,
    /// How often each webhook is sent, byte for byte the same.
    pub repeats: NonZeroU8,
    /// A webhook changes places with the one after it.
    pub webhook_swap: FaultRate,
    /// A webhook is never sent.
    pub webhook_drop: FaultRate,
    /// The bridge's answer to an offload is not heard: the bot speaks on.
    pub offload_answer_lost: FaultRate,
    /// Webhooks carry fields and messages that nobody has documented.
    pub unknown_fields: bool,
    /// Each call of the API waits so long before it is looked at.
    pub api_delay_ms: u64,
    /// A call is answered 503 and has no effect.
    pub api_5xx: FaultRate,
    /// A call is answered 429 with `Retry-After: 1` and has no effect.
    pub api_429: FaultRate,
    /// A call is answered 401 though its token is right.
    pub api_401: FaultRate,
    /// The line is cut before the call had an effect.
    pub api_cut_before: FaultRate,
    /// The call has its effect, and then the line is cut.
    pub api_cut_after: FaultRate,
    /// What the API was told to send comes back as a bot message. Whether Chatlayer does this is not known.
    pub echo: bool,
}

/// How often a fault strikes: the next so many times for certain, then with this chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultRate {
    pub next: u32,
    pub percent: u8,
}

/// The faults, and the chances that decide when they strike.
#[derive(Debug)]
pub(super) struct FaultInjector {
    faults: Faults,
    seed: u64,
    rolls: HashMap<u64, Rng>,
}

impl FaultRate {
    /// Strikes the next `times` times and then no more.
    pub const fn next(times: u32) -> Self {
        Self {
            next: times,
            percent: 0,
        }
    }

    /// Strikes `percent` times in a hundred.
    pub const fn percent(percent: u8) -> Self {
        Self { next: 0, percent }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: None,
            webhook_delay_ms: 0,
            repeats: NonZeroU8::MIN,
            webhook_swap: FaultRate::default(),
            webhook_drop: FaultRate::default(),
            offload_answer_lost: FaultRate::default(),
            unknown_fields: false,
            api_delay_ms: 0,
            api_5xx: FaultRate::default(),
            api_429: FaultRate::default(),
            api_401: FaultRate::default(),
            api_cut_before: FaultRate::default(),
            api_cut_after: FaultRate::default(),
            echo: false,
        }
    }
}

impl Faults {
    pub(super) fn webhook_delay(&self) -> Duration {
        Duration::from_millis(self.webhook_delay_ms.min(MAX_DELAY_MS))
    }

    pub(super) fn api_delay(&self) -> Duration {
        Duration::from_millis(self.api_delay_ms.min(MAX_DELAY_MS))
    }
}

impl FaultInjector {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            seed,
            rolls: HashMap::new(),
        }
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Begins anew, so that the same seed gives the same rolls again.
    pub(super) fn set(&mut self, faults: Faults) {
        self.faults = faults;
        self.rolls.clear();
    }

    /// Whether the fault strikes conversation number `session` now.
    pub(super) fn strikes(
        &mut self,
        session: u64,
        fault: fn(&mut Faults) -> &mut FaultRate,
    ) -> bool {
        let chance = fault(&mut self.faults);
        if chance.next > 0 {
            chance.next -= 1;
            return true;
        }
        if chance.percent == 0 {
            return false;
        }
        let percent = chance.percent;
        let seed = self.faults.seed.unwrap_or(self.seed);
        let rng = self
            .rolls
            .entry(session)
            .or_insert_with(|| Rng::with_seed(seed ^ session.rotate_left(32)));
        rng.u8(..100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolls(injector: &mut FaultInjector, session: u64) -> Vec<bool> {
        (0..64)
            .map(|_| injector.strikes(session, |f| &mut f.api_5xx))
            .collect()
    }

    #[test]
    fn a_seed_gives_the_same_faults_again_and_each_conversation_its_own() {
        let faults = Faults {
            seed: Some(7),
            api_5xx: FaultRate::percent(50),
            ..Faults::default()
        };
        let mut injector = FaultInjector::new(0);
        injector.set(faults.clone());
        let first = rolls(&mut injector, 1);
        let other = rolls(&mut injector, 2);
        injector.set(faults);
        assert_eq!(rolls(&mut injector, 2), other);
        assert_eq!(rolls(&mut injector, 1), first);
        assert_ne!(first, other);
        assert!(first.contains(&true) && first.contains(&false));
    }

    #[test]
    fn the_next_so_many_strike_and_then_none() {
        let mut injector = FaultInjector::new(0);
        injector.set(Faults {
            api_5xx: FaultRate::next(2),
            ..Faults::default()
        });
        assert_eq!(
            rolls(&mut injector, 1).iter().filter(|hit| **hit).count(),
            2
        );
        assert_eq!(injector.faults().api_5xx.next, 0);
    }
}
