//! A whole campaign: its rounds one after the other, up to the first that finds a fault.

use std::{collections::BTreeMap, fmt::Write, fs::File, path::Path, time::Duration};

use serde_json::Value;

use crate::{
    checker::{Fault, Tally},
    plan::{Class, Plan},
    replicas,
    report::Report,
    round,
};

/// So many faults are shown.
const SHOWN: usize = 20;

/// What one round is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub plan: &'a Plan,
    pub number: u32,
    /// So often what is done must count.
    pub strikes: u32,
    /// Where the bridge lives.
    pub folder: &'a Path,
}

/// What one round has come to, or all of them.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How often what was done counts …
    pub strikes: u32,
    /// … of all that was done.
    pub cycles: usize,
    pub tally: Tally,
    /// The longest of everything that is measured, in milliseconds.
    pub slowest: BTreeMap<&'static str, u128>,
    pub faults: Vec<Fault>,
}

/// Runs the plan. Two bridges that are killed in the thick of it would starve each other, so such a campaign has the
/// machine for itself; those of replicas wait most of the time.
pub fn run(plan: &Plan) -> Outcome {
    let door = File::create(folder().join("crash.lock")).expect("the tests' folder can be written");
    match plan.class {
        Class::Process(_) => door.lock(),
        Class::Replicas(_) => door.lock_shared(),
    }
    .expect("a file can be locked");
    println!("{}: seed {}", plan.name, plan.seed);
    let mut report = Report::open(plan);
    let mut all = Outcome::default();
    while !all.faults.iter().any(plan.sought) && report.strikes + all.strikes < plan.size.strikes {
        let left = plan.size.strikes - report.strikes - all.strikes;
        let outcome = run_round(plan, plan.size.strikes_per_round.min(left), &mut report);
        all.add(outcome);
        report.rounds += 1;
    }
    all.print(plan);
    assert_eq!(
        report.faults, 0,
        "earlier rounds have found faults; they are in the report"
    );
    all
}

impl Outcome {
    /// Nothing was lost, reordered, renamed or invented.
    pub fn assert_clean(&self) {
        let shown = show(self.faults.iter());
        assert!(
            self.faults.is_empty(),
            "{} faults, the first of them:\n{shown}",
            self.faults.len()
        );
    }

    /// The broken binary was found out, by a fault of the kind that it must make.
    pub fn assert_caught(&self, plan: &Plan) {
        let (caught, other): (Vec<_>, Vec<_>) =
            self.faults.iter().partition(|fault| (plan.sought)(fault));
        let Some(first) = caught.first() else {
            panic!(
                "not found out in {} strikes; other faults:\n{}",
                self.strikes,
                show(other.into_iter())
            );
        };
        println!(
            "found out {} times in {} strikes, first: {first}",
            caught.len(),
            self.strikes
        );
    }

    /// Keeps the longest.
    pub fn took(&mut self, what: &'static str, time: Duration) {
        let slowest = self.slowest.entry(what).or_default();
        *slowest = time.as_millis().max(*slowest);
    }

    fn add(&mut self, outcome: Self) {
        self.strikes += outcome.strikes;
        self.cycles += outcome.cycles;
        self.tally.add(outcome.tally);
        for (what, time) in outcome.slowest {
            let slowest = self.slowest.entry(what).or_default();
            *slowest = time.max(*slowest);
        }
        self.faults.extend(outcome.faults);
    }

    fn print(&self, plan: &Plan) {
        let Tally {
            acked,
            declined,
            contradicted,
            arrivals,
            repeats_after_strikes,
            repeats_after_failures,
            ..
        } = self.tally;
        let mut slowest = String::new();
        for (what, time) in &self.slowest {
            write!(slowest, ", slowest {what} {time} ms").expect("a text takes more text");
        }
        println!(
            "{}: seed {}: {} of {} strikes count, acknowledged {acked}, declined {declined} (and {contradicted} with the desk all the same), arrived {arrivals}, \
             repeated after strikes {repeats_after_strikes}, after failed answers {repeats_after_failures}{slowest}, faults {}",
            plan.name,
            plan.seed,
            self.strikes,
            self.cycles,
            self.faults.len(),
        );
    }
}

fn run_round(plan: &Plan, strikes: u32, report: &mut Report) -> Outcome {
    let folder = tempfile::Builder::new()
        .prefix("crash-")
        .tempdir_in(folder())
        .expect("a folder can be made");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let number = report.rounds;
    let order = Order {
        plan,
        number,
        strikes,
        folder: folder.path(),
    };
    let seen = |cycle: &Value| report.cycle(number, cycle);
    let outcome = match plan.class {
        Class::Process(survives) => runtime.block_on(round::run(order, survives, seen)),
        Class::Replicas(class) => runtime.block_on(replicas::run(order, class, seen)),
    };
    drop(runtime);
    report.round(number, &outcome);
    if !outcome.faults.is_empty() && plan.mutant.is_none() {
        println!(
            "round {number}: what the bridge left is kept in {}",
            folder.keep().display()
        );
    }
    outcome
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn show<'a>(faults: impl Iterator<Item = &'a Fault>) -> String {
    let shown: Vec<_> = faults.take(SHOWN).map(ToString::to_string).collect();
    shown.join("\n")
}
