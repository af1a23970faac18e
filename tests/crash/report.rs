//! The report of a campaign: one JSON line a cycle and a round, from which it goes on where it stopped.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

use serde_json::{Value, json};

use crate::{
    plan::Plan,
    round::{Cycle, Outcome},
};

/// The file in the campaign's state folder.
const NAME: &str = "report.jsonl";

#[derive(Debug)]
pub struct Report {
    /// None: nobody wants to go on with this campaign.
    file: Option<File>,
    /// Rounds that an earlier run has judged.
    pub done: u32,
    /// Faults that an earlier run has found.
    pub faults: usize,
}

impl Report {
    /// Begins the plan's report, or goes on with it; a report of another plan is not touched.
    pub fn open(plan: &Plan) -> Self {
        let Some(folder) = &plan.state else {
            return Self {
                file: None,
                done: 0,
                faults: 0,
            };
        };
        fs::create_dir_all(folder).expect("the state folder can be made");
        let path = folder.join(NAME);
        let lines = lines(&path);
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .expect("the report can be written");
        let head = json!({"campaign": plan.name, "seed": plan.seed, "kills_per_round": plan.kills_per_round,
            "conversations": plan.conversations});
        match lines.first() {
            None => write(&mut file, &head),
            Some(first) => assert_eq!(first, &head, "{} is of another campaign", path.display()),
        }
        let judged = lines.iter().filter(|line| line.get("faults").is_some());
        let (mut done, mut faults) = (0, 0);
        for line in judged {
            done += 1;
            faults += line["faults"].as_array().map_or(0, Vec::len);
        }
        Self {
            file: Some(file),
            done,
            faults,
        }
    }

    pub fn cycle(&mut self, round: u32, cycle: &Cycle) {
        let mut line = json!({"round": round});
        extend(&mut line, json!(cycle));
        self.line(&line);
    }

    pub fn round(&mut self, round: u32, outcome: &Outcome) {
        let mut line = json!({"round": round, "cycles": outcome.cycles.len()});
        extend(&mut line, json!(outcome.tally));
        let faults: Vec<_> = outcome.faults.iter().map(ToString::to_string).collect();
        extend(&mut line, json!({"faults": faults}));
        self.line(&line);
    }

    fn line(&mut self, line: &Value) {
        if let Some(file) = &mut self.file {
            write(file, line);
        }
    }
}

/// The lines that were written whole; a campaign may have been stopped in the middle of its last.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map_while(|line| serde_json::from_str(line).ok())
        .collect()
}

fn write(file: &mut File, line: &Value) {
    writeln!(file, "{line}").expect("the report can be written");
}

fn extend(line: &mut Value, with: Value) {
    if let (Value::Object(line), Value::Object(with)) = (line, with) {
        line.extend(with);
    }
}
