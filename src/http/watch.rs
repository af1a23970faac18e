//! The store's census as gauges. Every configured bot and desk shows from the first reading, with 0 where nothing is
//! the matter; what a name that is gone has left behind shows as `(removed)`.

use std::{collections::BTreeMap, hash::Hash};

use metrics::Gauge;

use crate::{
    domain::{
        conversation::Phase,
        delivery::Destination,
        ids::{BotName, DeskName},
    },
    store::Census,
    telemetry::{
        Family, NO_DESK, Names, Registry,
        catalog::{self, Metric},
    },
};

#[derive(Debug)]
pub(super) struct Watch {
    names: Names,
    readable: Gauge,
    unattended: Gauge,
    queued: Gauge,
    open: Gauges<(String, Phase)>,
    late_resumes: Gauges<String>,
    undelivered: Gauges<String>,
    oldest_to_desk: Gauges<String>,
    oldest_to_bot: Gauges<String>,
    dead_letters: Gauges<String>,
    paused: Gauges<String>,
}

/// One gauge for each key.
#[derive(Debug)]
struct Gauges<K>(Family<K, Gauge>);

const PHASES: [Phase; 4] = [
    Phase::Requested,
    Phase::Waiting,
    Phase::Attended,
    Phase::Closing,
];

impl Watch {
    pub(super) fn new(registry: &Registry, bots: &[BotName], desks: &[DeskName]) -> Self {
        let to_bots = bots.iter().cloned().map(Destination::Bot);
        let to_desks = desks.iter().cloned().map(Destination::Desk);
        let all = to_bots.chain(to_desks);
        let all: Vec<_> = all.map(|to| to.to_string()).collect();
        let names = Names::new(bots, desks);
        let bots: Vec<_> = bots.iter().map(ToString::to_string).collect();
        let desks: Vec<_> = desks.iter().map(ToString::to_string).collect();
        Self {
            names,
            readable: registry.gauge(&catalog::STORE_READABLE, &[]),
            unattended: registry.gauge(&catalog::UNATTENDED, &[]),
            queued: registry.gauge(&catalog::STORE_QUEUE, &[]),
            open: open(registry.clone(), &desks),
            late_resumes: Gauges::by_name(registry, catalog::LATE_RESUMES, &bots),
            undelivered: Gauges::by_name(registry, catalog::UNDELIVERED, &all),
            oldest_to_desk: Gauges::by_name(registry, catalog::OLDEST_TO_DESK, &desks),
            oldest_to_bot: Gauges::by_name(registry, catalog::OLDEST_TO_BOT, &bots),
            dead_letters: Gauges::by_name(registry, catalog::DEAD_LETTERS_KEPT, &all),
            paused: Gauges::by_name(registry, catalog::PAUSED, &all),
        }
    }

    /// None: the store could not be asked. Nothing old is shown then, and nothing that could pass for good news.
    pub(super) fn show(&self, census: Option<&Census>) {
        self.readable.set(f64::from(u8::from(census.is_some())));
        let Some(census) = census else {
            return self.show_nothing();
        };
        self.unattended.set(number(census.unattended));
        self.queued.set(number(census.queued));
        let phases = census.open.iter().map(|((desk, phase), count)| {
            let desk = self.names.asked(desk.as_ref()).to_owned();
            ((desk, *phase), number(*count))
        });
        self.open.show(phases);
        let late = census.late_resumes.iter();
        self.late_resumes
            .show(late.map(|(bot, count)| (self.bot(bot), number(*count))));
        let owed = census.owed.iter();
        self.undelivered
            .show(owed.map(|(to, owed)| (self.names.destination(to), number(owed.count))));
        let age = |to| {
            let since = census.owed.get(to).and_then(|owed| owed.since);
            since.map_or(0.0, |since| census.at.since(since).as_secs_f64())
        };
        let to_desks = census.owed.keys().filter_map(|to| match to {
            Destination::Desk(desk) => Some((self.desk(desk), age(to))),
            Destination::Bot(_) => None,
        });
        self.oldest_to_desk.show_highest(to_desks);
        let to_bots = census.owed.keys().filter_map(|to| match to {
            Destination::Bot(bot) => Some((self.bot(bot), age(to))),
            Destination::Desk(_) => None,
        });
        self.oldest_to_bot.show_highest(to_bots);
        let dead = census.dead_letters.iter();
        self.dead_letters
            .show(dead.map(|(to, count)| (self.names.destination(to), number(*count))));
        let paused = census.paused.keys();
        self.paused
            .show_highest(paused.map(|to| (self.names.destination(to), 1.0)));
    }

    fn show_nothing(&self) {
        for gauge in [&self.unattended, &self.queued] {
            gauge.set(f64::NAN);
        }
        self.open.0.each(|gauge| gauge.set(f64::NAN));
        for gauges in [
            &self.late_resumes,
            &self.undelivered,
            &self.oldest_to_desk,
            &self.oldest_to_bot,
            &self.dead_letters,
            &self.paused,
        ] {
            gauges.0.each(|gauge| gauge.set(f64::NAN));
        }
    }

    fn desk(&self, name: &DeskName) -> String {
        self.names.desk(name).to_owned()
    }

    fn bot(&self, name: &BotName) -> String {
        self.names.bot(name).to_owned()
    }
}

impl Gauges<String> {
    fn by_name(registry: &Registry, metric: Metric, names: &[String]) -> Self {
        let registry = registry.clone();
        let family = Family::new(move |name: &String| registry.gauge(&metric, &[name]));
        for name in names {
            family.expect(name);
        }
        Self(family)
    }
}

impl<K: Clone + Eq + Hash + Ord> Gauges<K> {
    /// Shows these, added up by key, and 0 for all others.
    fn show(&self, values: impl Iterator<Item = (K, f64)>) {
        self.set(values, |sum, value| sum + value);
    }

    fn show_highest(&self, values: impl Iterator<Item = (K, f64)>) {
        self.set(values, f64::max);
    }

    fn set(&self, values: impl Iterator<Item = (K, f64)>, join: impl Fn(f64, f64) -> f64) {
        let mut by_key = BTreeMap::<K, f64>::new();
        for (key, value) in values {
            let so_far = by_key.entry(key).or_default();
            *so_far = join(*so_far, value);
        }
        self.0.each(|gauge| gauge.set(0.0));
        for (key, value) in by_key {
            self.0.get(&key).set(value);
        }
    }
}

fn open(registry: Registry, desks: &[String]) -> Gauges<(String, Phase)> {
    let family = Family::new(move |(desk, phase): &(String, Phase)| {
        registry.gauge(&catalog::OPEN, &[desk, phase.label()])
    });
    for desk in desks {
        for phase in PHASES {
            family.expect(&(desk.clone(), phase));
        }
    }
    family.expect(&(NO_DESK.to_owned(), Phase::Requested));
    Gauges(family)
}

/// Exact up to 2^32, which is more of anything than there is.
fn number(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
