//! What the steps of a batch did to handovers, to be counted when it is certain.

use std::time::Duration;

use metrics::{Counter, Histogram};

use crate::{
    domain::{
        conversation::{Answer, Conversation, Handover, Phase},
        delivery::Destination,
        effect::{Cause, Effect, HandoverRow, WarningKind},
        ids::{BotName, DeliveryId, DeskName},
        policy::Policy,
        time::Timestamp,
    },
    store::turn::{Before, OpenBefore},
    telemetry::{NO_DESK, Names, REMOVED, Registry, catalog},
};

/// One thing that is counted, or told of.
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
    /// Is logged, since nothing else may tell of it: of a user of whom nothing is kept there is no journal.
    Declined {
        bot: BotName,
        /// None: none was asked.
        desk: Option<DeskName>,
        reason: &'static str,
    },
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

/// In the place of what a desk has said, which may be anything.
const DESKS_OWN: &str = "desk";
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
/// Of these, what becomes of a handover for which no desk has been asked.
const CAUSES_WITHOUT_DESK: [Cause; 2] = [Cause::Requested, Cause::Declined];

/// What a turn did, by its effects.
pub(super) fn of_turn(
    before: &Before,
    after: &Conversation,
    effects: &[Effect],
    now: Timestamp,
) -> Vec<Tally> {
    let (bot, before) = (&after.key.bot, before.open.as_ref());
    let desk = after.handover.as_ref().and_then(Handover::desk);
    let desk = desk.or(before.and_then(|before| before.desk.as_ref()));
    // Whom an operator takes from the bot has waited for nobody.
    let is_taken = |effect: &Effect| matches!(effect, Effect::Journal(entry) if entry.cause == Cause::TakenOver);
    let nobody_asked = effects.iter().any(is_taken);
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
                let of_row = of_row(row, before, bot, now).into_iter();
                tallies.extend(of_row.filter(|tally| !(nobody_asked && tally.is_of_a_wait())));
            }
            _ => {}
        }
    }
    tallies
}

impl Tally {
    /// How long it took until a request was answered, or the user had somebody.
    const fn is_of_a_wait(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Joined { .. })
    }
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
    // Nothing else ends a handover as declined.
    if let Some(ended) = row
        .ended
        .as_ref()
        .filter(|_| row.answer == Answer::Declined)
    {
        tallies.push(Tally::Declined {
            bot: bot.clone(),
            desk: row.desk.clone(),
            reason: ended.reason.of_decline().unwrap_or(DESKS_OWN),
        });
    }
    let unattended = before.is_none_or(|before| before.phase != Phase::Attended);
    let Some(desk) = &row.desk else {
        return tallies;
    };
    if unattended && row.phase == Some(Phase::Attended) {
        tallies.push(Tally::Joined {
            desk: desk.clone(),
            after,
        });
    }
    if row.ended.is_some() && row.answer == Answer::Accepted {
        tallies.push(Tally::Ended {
            desk: desk.clone(),
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
            drop(registry.counter(&catalog::WARNINGS, &[kind.label()]));
        }
        for desk in policy.desks.keys() {
            drop(registry.histogram(&catalog::JOIN_SECONDS, &[desk.as_str()]));
            drop(registry.histogram(&catalog::HANDOVER_SECONDS, &[desk.as_str()]));
        }
        for bot in policy.bots.keys() {
            for answer in [Answer::Accepted, Answer::Declined] {
                let values = [bot.as_str(), answer.label()];
                drop(registry.histogram(&catalog::ANSWER_SECONDS, &values));
            }
            let at_desks = policy.desks.keys().map(|desk| (desk.as_str(), &CAUSES[..]));
            for (desk, causes) in at_desks.chain([(NO_DESK, &CAUSES_WITHOUT_DESK[..])]) {
                for cause in causes {
                    let values = [bot.as_str(), desk, cause.label()];
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
                let values = [names.bot(bot), names.asked(desk.as_ref()), cause.label()];
                registry
                    .counter(&catalog::TRANSITIONS, &values)
                    .increment(1);
            }
            Tally::Answered { bot, answer, after } => registry
                .histogram(&catalog::ANSWER_SECONDS, &[names.bot(bot), answer.label()])
                .record(after.as_secs_f64()),
            Tally::Joined { desk, after } => registry
                .histogram(&catalog::JOIN_SECONDS, &[names.desk(desk)])
                .record(after.as_secs_f64()),
            Tally::Ended { desk, after } => registry
                .histogram(&catalog::HANDOVER_SECONDS, &[names.desk(desk)])
                .record(after.as_secs_f64()),
            Tally::Warned(kind) => registry
                .counter(&catalog::WARNINGS, &[kind.label()])
                .increment(1),
            Tally::Declined { bot, desk, reason } => tracing::info!(
                %bot,
                desk = desk.as_ref().map(DeskName::as_str),
                reason,
                "a request was declined"
            ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        conversation::ConversationKey,
        event::{Event, Request},
        handover::{Context, decide},
        ids::{ConversationId, ExternalId, OperatorName},
        operator::{Action, OperatorAction},
        policy::{BotPolicy, Conditions, DeskPolicy, LookUps},
        routing::Route,
    };

    fn tallied(policy: &Policy, event: &Event) -> Vec<Tally> {
        let key = ConversationKey {
            bot: BotName::new("webshop").unwrap(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("ann").unwrap(),
        };
        let id = ConversationId::from_uuid(uuid::Uuid::nil());
        let (state, now) = (Conversation::new(id, key), Timestamp::from_millis(0));
        let before = Before::of(&state);
        let context = Context {
            policy,
            conditions: &Conditions::default(),
            now,
            new_id: &mut uuid::Uuid::nil,
            echoes: &mut Vec::new(),
            unsaid: &[],
            on_its_way: None,
        };
        let decision = decide(state, event, context);
        of_turn(&before, &decision.state, &decision.effects, now)
    }

    fn policy(bot: BotPolicy, desk: DeskPolicy) -> Policy {
        let mut policy = Policy::default();
        policy.bots.insert(BotName::new("webshop").unwrap(), bot);
        let name = DeskName::new("live").unwrap();
        policy.desks.insert(name.clone(), desk);
        policy.routes.push(Route::to(name));
        policy
    }

    #[test]
    fn a_request_is_counted_for_no_desk_before_one_is_asked() {
        let bot = BotPolicy {
            look_ups: LookUps {
                history: true,
                session: false,
            },
            ..BotPolicy::default()
        };
        let request = Event::HandoverRequested(Request {
            payload: None,
            transcript: Vec::new(),
        });
        let tallies = tallied(&policy(bot, DeskPolicy::new()), &request);
        assert!(
            matches!(
                &tallies[..],
                [Tally::Transition {
                    desk: None,
                    cause: Cause::Requested,
                    ..
                }]
            ),
            "{tallies:?}"
        );
    }

    #[test]
    fn whom_an_operator_takes_over_has_waited_for_nobody() {
        let bot = BotPolicy {
            pause_steps: 1,
            ..BotPolicy::default()
        };
        let desk = DeskPolicy {
            takes_at_once: true,
            ..DeskPolicy::new()
        };
        let take_over = Event::OperatorActed(OperatorAction {
            by: OperatorName::new("ines").unwrap(),
            shown_as: None,
            overrules: false,
            action: Action::TakeOver,
        });
        let tallies = tallied(&policy(bot, desk), &take_over);
        let transitions = tallies
            .iter()
            .all(|it| matches!(it, Tally::Transition { .. }));
        assert!(transitions && !tallies.is_empty(), "{tallies:?}");
    }

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
