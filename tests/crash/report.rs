//! The report of a campaign: one JSON line a cycle and a round, from which it goes on where it stopped.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use serde_json::{Value, json};

use crate::{campaign::Outcome, plan::Plan};

/// The file in the campaign's state folder.
const NAME: &str = "report.jsonl";

/// What earlier runs of the campaign have come to, and where this one writes.
#[derive(Debug, Default)]
pub struct Report {
    /// None: nobody wants to go on with this campaign.
    file: Option<File>,
    /// Rounds that were judged.
    pub rounds: u32,
    /// How often what was done in those rounds counts.
    pub strikes: u32,
    /// Faults that were found in them.
    pub faults: usize,
}

impl Report {
    /// Begins the plan's report, or goes on with it; a report of another campaign is not touched.
    pub fn open(plan: &Plan) -> Self {
        let Some(folder) = &plan.state else {
            return Self::default();
        };
        fs::create_dir_all(folder).expect("the state folder can be made");
        let path = folder.join(NAME);
        let mut lines = whole_lines(&path);
        // The cycles of a round that was not judged prove nothing: the round is run again.
        let judged = |line: &Value| line.get("faults").is_some();
        lines.truncate(lines.iter().rposition(judged).map_or(1, |last| last + 1));
        let head = json!({
            "campaign": plan.name,
            "seed": plan.seed,
            "strikes_per_round": plan.size.strikes_per_round,
            "conversations": plan.size.conversations,
        });
        assert!(
            lines.first().is_none_or(|first| *first == head),
            "{} is of another campaign",
            path.display()
        );
        let file = File::create(&path).expect("the report can be written");
        let mut report = Self {
            file: Some(file),
            ..Self::default()
        };
        if lines.is_empty() {
            report.line(&head);
        }
        for line in &lines {
            report.line(line);
            if judged(line) {
                let strikes = line["strikes"].as_u64();
                let strikes = strikes.and_then(|strikes| u32::try_from(strikes).ok());
                report.rounds += 1;
                report.strikes += strikes.unwrap_or(0);
                report.faults += line["faults"].as_array().map_or(0, Vec::len);
            }
        }
        report
    }

    pub fn cycle(&mut self, round: u32, cycle: &Value) {
        let mut line = json!({"round": round});
        extend(&mut line, cycle.clone());
        self.line(&line);
    }

    pub fn round(&mut self, round: u32, outcome: &Outcome) {
        let faults: Vec<_> = outcome.faults.iter().map(ToString::to_string).collect();
        let mut line = json!({"round": round, "strikes": outcome.strikes, "cycles": outcome.cycles, "slowest_ms": outcome.slowest});
        extend(&mut line, json!(outcome.tally));
        extend(&mut line, json!({"faults": faults}));
        self.line(&line);
    }

    fn line(&mut self, line: &Value) {
        if let Some(file) = &mut self.file {
            writeln!(file, "{line}").expect("the report can be written");
        }
    }
}

/// The seed of the campaign that was begun in a folder, if one was.
pub fn seed(folder: &Path) -> Option<u64> {
    whole_lines(&folder.join(NAME)).first()?["seed"].as_u64()
}

/// All but a last line that was cut off when the campaign was stopped.
fn whole_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map_while(|line| serde_json::from_str(line).ok())
        .collect()
}

fn extend(line: &mut Value, with: Value) {
    if let (Value::Object(line), Value::Object(with)) = (line, with) {
        line.extend(with);
    }
}
