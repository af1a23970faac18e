//! What the steps of a batch did to handovers, to be counted when it is certain.

use std::time::Duration;

use metrics::{Counter, Histogram};
use serde::Serialize;

use crate::{
    domain::{
        conversation::{Answer, Conversation, Phase},
        delivery::Destination,
        effect::{Cause, Effect, HandoverRow, WarningKind},
        ids::{BotName, DeliveryId, DeskName},
        policy::Policy,
        time::Timestamp,
    },
    store::turn::{Before, OpenBefore},
    telemetry::{Names, REMOVED, Registry, catalog},
};

/// One thing that is counted.
#[derive(Clone, Debug)]
pub(super) enum Tally {
    Transition {
        bot: BotName,
        /// None: no desk was there to be asked.
        desk: Option<DeskName>,
        cause: Cause,
    },
    Answered {
        bot: BotName,
        answer: Answer,
        after: Duration,
    },
    Joined {
        desk: DeskName,
        after: Duration,
    },
    Ended {
        desk: DeskName,
        after: Duration,
    },
    Warned(WarningKind),
}

/// A delivery that was given up for good, to be logged when that is certain.
#[derive(Debug)]
pub(super) struct DeadLetter {
    pub(super) id: DeliveryId,
    pub(super) destination: Destination,
    /// None: it did not fail, it was overtaken.
    pub(super) class: Option<&'static str>,
}

/// The writer's handles.
#[derive(Debug)]
pub(super) struct Meter {
    registry: Registry,
    names: Names,
    pub(super) batch: Histogram,
    pub(super) commit: Histogram,
    pub(super) failed: Counter,
}

const NO_DESK: &str = "(none)";
/// What every handover goes through, and what ends it.
const CAUSES: [Cause; 7] = [
    Cause::Requested,
    Cause::Accepted,
    Cause::Declined,
    Cause::Joined,
    Cause::Closed,
    Cause::TimedOut,
    Cause::Resumed,
];

/// What a turn did, by its effects.
pub(super) fn of_turn(
    before: &Before,
    after: &Conversation,
    effects: &[Effect],
    now: Timestamp,
) -> Vec<Tally> {
    let (bot, before) = (&after.key.bot, before.open.as_ref());
    let desk = after.handover.as_ref().map(|open| &open.leg.desk);
    let desk = desk.or(before.map(|before| &before.desk));
    let mut tallies = Vec::new();
    for effect in effects {
        match effect {
            Effect::Journal(entry) => tallies.push(Tally::Transition {
                bot: bot.clone(),
                desk: desk.cloned(),
                cause: entry.cause,
            }),
            Effect::Handover(row) => {
                let before = before.filter(|before| before.id == row.facts.id);
                tallies.extend(of_row(row, before, bot, now));
            }
            _ => {}
        }
    }
    tallies
}

fn of_row(
    row: &HandoverRow,
    before: Option<&OpenBefore>,
    bot: &BotName,
    now: Timestamp,
) -> Vec<Tally> {
    let mut tallies = Vec::new();
    let after = now.since(row.requested_at);
    let undecided = before.is_none_or(|before| before.answer == Answer::Pending);
    if undecided && row.answer != Answer::Pending {
        tallies.push(Tally::Answered {
            bot: bot.clone(),
            answer: row.answer,
            after,
        });
    }
    let unattended = before.is_none_or(|before| before.phase != Phase::Attended);
    if unattended && row.phase == Some(Phase::Attended) {
        tallies.push(Tally::Joined {
            desk: row.desk.clone(),
            after,
        });
    }
    if row.ended.is_some() && row.answer == Answer::Accepted {
        tallies.push(Tally::Ended {
            desk: row.desk.clone(),
            after,
        });
    }
    tallies
}

impl Meter {
    /// What will happen shows with 0 before it does, so that a rate over it is right from the start. What is owed to a
    /// bot or a desk that was removed becomes dead letters all at once: the alarm needs the 0 before them.
    pub(super) fn new(registry: Registry, policy: &Policy) -> Self {
        for kind in WarningKind::ALL {
            drop(registry.counter(&catalog::WARNINGS, &[&word(kind)]));
        }
        for desk in policy.desks.keys() {
            drop(registry.histogram(&catalog::JOIN_SECONDS, &[desk.as_str()]));
            drop(registry.histogram(&catalog::HANDOVER_SECONDS, &[desk.as_str()]));
        }
        for bot in policy.bots.keys() {
            for answer in [Answer::Accepted, Answer::Declined] {
                let values = [bot.as_str(), &word(answer)];
                drop(registry.histogram(&catalog::ANSWER_SECONDS, &values));
            }
            for desk in policy.desks.keys() {
                for cause in CAUSES {
                    let values = [bot.as_str(), desk.as_str(), &word(cause)];
                    drop(registry.counter(&catalog::TRANSITIONS, &values));
                }
            }
        }
        drop(registry.counter(&catalog::DEAD_LETTERS, &[REMOVED]));
        Self {
            names: Names::new(policy.bots.keys(), policy.desks.keys()),
            batch: registry.histogram(&catalog::STORE_BATCH, &[]),
            commit: registry.histogram(&catalog::STORE_COMMIT_SECONDS, &[]),
            failed: registry.counter(&catalog::STORE_FAILED_BATCHES, &[]),
            registry,
        }
    }

    /// Handovers change seldom enough for their handles to be looked up.
    pub(super) fn count(&self, tally: &Tally) {
        let Self {
            registry, names, ..
        } = self;
        match tally {
            Tally::Transition { bot, desk, cause } => {
                let desk = desk.as_ref().map_or(NO_DESK, |desk| names.desk(desk));
                let values = [names.bot(bot), desk, &word(cause)];
                registry
                    .counter(&catalog::TRANSITIONS, &values)
                    .increment(1);
            }
            Tally::Answered { bot, answer, after } => registry
                .histogram(&catalog::ANSWER_SECONDS, &[names.bot(bot), &word(answer)])
                .record(after.as_secs_f64()),
            Tally::Joined { desk, after } => registry
                .histogram(&catalog::JOIN_SECONDS, &[names.desk(desk)])
                .record(after.as_secs_f64()),
            Tally::Ended { desk, after } => registry
                .histogram(&catalog::HANDOVER_SECONDS, &[names.desk(desk)])
                .record(after.as_secs_f64()),
            Tally::Warned(kind) => registry
                .counter(&catalog::WARNINGS, &[&word(kind)])
                .increment(1),
        }
    }

    /// The store is an older one than before, for so many reasons.
    pub(super) fn count_restored(&self, reasons: usize) {
        for _ in 0..reasons {
            self.count(&Tally::Warned(WarningKind::Restored));
        }
    }

    pub(super) fn count_dead(&self, letter: &DeadLetter) {
        let destination = self.names.destination(&letter.destination);
        self.registry
            .counter(&catalog::DEAD_LETTERS, &[&destination])
            .increment(1);
    }
}

impl DeadLetter {
    pub(super) fn log(&self) {
        let Self {
            id,
            destination,
            class,
        } = self;
        tracing::warn!(
            %destination,
            delivery.id = %id,
            error.class = class,
            "a delivery is a dead letter"
        );
    }
}

/// The word by which a member of a closed list is stored.
fn word(of: impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{BotPolicy, DeskPolicy};

    #[test]
    fn what_a_removed_name_leaves_behind_is_counted_under_no_name_and_from_zero() {
        let bot = |name: &str| BotName::new(name).unwrap();
        let desk = |name: &str| DeskName::new(name).unwrap();
        let registry = Registry::new().unwrap();
        let mut policy = Policy::default();
        policy.bots.insert(bot("webshop"), BotPolicy::default());
        policy.desks.insert(desk("live"), DeskPolicy::new());
        let meter = Meter::new(registry.clone(), &policy);
        let dead = r#"handover_dead_letters_total{destination="(removed)"} "#;
        assert!(registry.render().contains(&format!("{dead}0")));

        for destination in [
            Destination::Desk(desk("gone")),
            Destination::Bot(bot("gone")),
        ] {
            meter.count_dead(&DeadLetter {
                id: DeliveryId::from_uuid(uuid::Uuid::nil()),
                destination,
                class: None,
            });
        }
        let (bot, desk, after) = (bot("gone"), desk("gone"), Duration::ZERO);
        for tally in [
            Tally::Transition {
                bot: bot.clone(),
                desk: Some(desk.clone()),
                cause: Cause::DeskRemoved,
            },
            Tally::Answered {
                bot,
                answer: Answer::Declined,
                after,
            },
            Tally::Joined {
                desk: desk.clone(),
                after,
            },
            Tally::Ended { desk, after },
        ] {
            meter.count(&tally);
        }
        let counted = registry.render();
        assert!(counted.contains(&format!("{dead}2")), "{counted}");
        assert!(!counted.contains("gone"), "{counted}");
    }
}
