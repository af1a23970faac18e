//! A whole campaign: its rounds one after the other, up to the first that finds a fault.

use std::{fs::File, path::Path};

use crate::{
    checker::{Fault, Tally},
    load::{AGENTS, USERS},
    plan::Plan,
    report::Report,
    round::{self, Cycle, Order, Outcome},
};

/// So many faults are shown.
const SHOWN: usize = 20;

/// What a campaign has found.
#[derive(Debug, Default)]
pub struct Findings {
    faults: Vec<Fault>,
    /// Kills that count, of all.
    kills: u32,
    cycles: usize,
    tally: Tally,
    slowest_start_ms: u128,
}

/// Runs the plan. Only one campaign runs at a time on this machine: two would starve each other.
pub fn run(plan: &Plan) -> Findings {
    let alone =
        File::create(folder().join("crash.lock")).expect("the tests' folder can be written");
    alone.lock().expect("a file can be locked");
    println!("{}: seed {}", plan.name, plan.seed);
    let mut report = Report::open(plan);
    let mut findings = Findings::default();
    while !findings.faults.iter().any(plan.sought) && report.kills + findings.kills < plan.kills {
        let kills = plan
            .kills_per_round
            .min(plan.kills - report.kills - findings.kills);
        let outcome = run_round(plan, kills, &mut report);
        findings.add(outcome);
        report.rounds += 1;
    }
    findings.print(plan);
    assert_eq!(
        report.faults, 0,
        "earlier rounds have found faults; they are in the report"
    );
    findings
}

impl Findings {
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
                "not found out in {} kills; other faults:\n{}",
                self.kills,
                show(other.into_iter())
            );
        };
        println!(
            "found out {} times in {} kills, first: {first}",
            caught.len(),
            self.kills
        );
    }

    fn add(&mut self, outcome: Outcome) {
        self.kills += outcome.kills;
        self.cycles += outcome.cycles.len();
        self.tally.add(outcome.tally);
        let starts = outcome.cycles.iter().map(|cycle| cycle.ready_ms);
        self.slowest_start_ms = starts.fold(self.slowest_start_ms, u128::max);
        self.faults.extend(outcome.faults);
    }

    fn print(&self, plan: &Plan) {
        let Tally {
            acked,
            declined,
            contradicted,
            arrivals,
            repeats_after_kills,
            repeats_after_failures,
            ..
        } = self.tally;
        println!(
            "{}: seed {}: {} of {} kills count, {} connections, acknowledged {acked}, declined {declined} (and {contradicted} with the desk all the same), arrived {arrivals}, \
             repeated after kills {repeats_after_kills}, after failed answers {repeats_after_failures}, \
             slowest start {} ms, faults {}",
            plan.name,
            plan.seed,
            self.kills,
            self.cycles,
            USERS + AGENTS,
            self.slowest_start_ms,
            self.faults.len(),
        );
    }
}

fn run_round(plan: &Plan, kills: u32, report: &mut Report) -> Outcome {
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
        kills,
        folder: folder.path(),
    };
    let outcome = runtime.block_on(round::run(order, |cycle: &Cycle| {
        report.cycle(number, cycle);
    }));
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
