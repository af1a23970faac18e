//! A whole campaign: its rounds one after the other, up to the first that finds a fault.

use std::{env, fs::File, path::Path};

use crate::{
    checker::{Fault, Tally},
    plan::Plan,
    report::Report,
    round::{self, CONNECTIONS, Cycle, Outcome},
};

/// What a campaign has found.
pub struct Findings {
    pub faults: Vec<Fault>,
    /// Kills that count.
    pub kills: u32,
    pub tally: Tally,
}

/// Runs the plan. Only one campaign runs at a time on this machine: two would starve each other.
pub fn run(plan: &Plan) -> Findings {
    let alone =
        File::create(folder().join("crash.lock")).expect("the tests' folder can be written");
    alone.lock().expect("a file can be locked");
    println!("{}: seed {}", plan.name, plan.seed);
    let mut report = Report::open(plan);
    let mut findings = Findings {
        faults: Vec::new(),
        kills: 0,
        tally: Tally::default(),
    };
    let mut slowest = 0;
    let mut cycles = 0;
    for number in report.done..plan.rounds() {
        let outcome = run_round(plan, number, &mut report);
        cycles += outcome.cycles.len();
        slowest = outcome
            .cycles
            .iter()
            .map(|cycle| cycle.ready_ms)
            .fold(slowest, u128::max);
        findings.kills += plan.kills_of(number);
        add(&mut findings.tally, outcome.tally);
        findings.faults = outcome.faults;
        if !findings.faults.is_empty() {
            break;
        }
    }
    let Tally {
        acked,
        arrivals,
        repeats_after_kills,
        repeats_after_failures,
        ..
    } = findings.tally;
    println!(
        "{}: seed {}, {} kills of {cycles} count, {CONNECTIONS} connections, {acked} acknowledged, {arrivals} arrivals, \
         repeated after kills {repeats_after_kills} and after failures {repeats_after_failures}, slowest start {slowest} ms, \
         faults {}",
        plan.name,
        plan.seed,
        findings.kills,
        findings.faults.len(),
    );
    assert_eq!(
        report.faults, 0,
        "an earlier part of this campaign has found faults; they are in its report"
    );
    findings
}

impl Findings {
    /// Nothing was lost, reordered, renamed or invented.
    pub fn assert_clean(&self) {
        let shown: Vec<_> = self
            .faults
            .iter()
            .take(20)
            .map(ToString::to_string)
            .collect();
        assert!(
            self.faults.is_empty(),
            "{} faults, the first of them:\n{}",
            self.faults.len(),
            shown.join("\n")
        );
    }

    /// The broken binary was found out, by a fault of its own kind.
    pub fn assert_caught(&self, expected: impl Fn(&Fault) -> bool) {
        let shown: Vec<_> = self
            .faults
            .iter()
            .take(20)
            .map(ToString::to_string)
            .collect();
        let caught = self.faults.iter().filter(|fault| expected(fault)).count();
        println!(
            "caught by {caught} of {} faults, among them {}",
            self.faults.len(),
            shown[..shown.len().min(1)].join("")
        );
        assert!(
            caught > 0,
            "not found out in {} kills; other faults:\n{}",
            self.kills,
            shown.join("\n")
        );
    }
}

fn run_round(plan: &Plan, number: u32, report: &mut Report) -> Outcome {
    let folder = tempfile::Builder::new()
        .prefix("crash-")
        .tempdir_in(folder())
        .expect("a folder can be made");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let seen = |cycle: &Cycle| report.cycle(number, cycle);
    let outcome = runtime.block_on(round::run(plan, number, folder.path(), seen));
    drop(runtime);
    report.round(number, &outcome);
    if !outcome.faults.is_empty() && plan.mutant.is_none() {
        let kept = folder.keep();
        println!(
            "round {number}: the bridge's folder is kept: {}",
            kept.display()
        );
    }
    outcome
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn add(sum: &mut Tally, part: Tally) {
    sum.sent += part.sent;
    sum.acked += part.acked;
    sum.arrivals += part.arrivals;
    sum.repeats_after_kills += part.repeats_after_kills;
    sum.repeats_after_failures += part.repeats_after_failures;
}
