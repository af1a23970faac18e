//! Whose processor time is counted beside the generator's own.

use std::{
    fs,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::{
    Result,
    figures::{processor_time, processor_time_with_ended},
};

#[derive(Debug, Args)]
pub struct Processes {
    /// The servers' processes.
    #[arg(long = "pid", value_delimiter = ',', required = true)]
    servers: Vec<u32>,
    /// The database's first process, where it has processes of its own; with what it has started.
    #[arg(long)]
    database: Option<u32>,
}

/// What they have used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    servers: Duration,
    database: Option<Duration>,
}

impl Processes {
    pub fn used(&self) -> Result<Used> {
        let mut used = Used::default();
        for server in &self.servers {
            used.servers += processor_time(*server)?;
        }
        if let Some(database) = self.database {
            let mut all = processor_time_with_ended(database)?;
            for started in started_by(database)? {
                // One that has ended meanwhile does no more work.
                all += processor_time(started).unwrap_or_default();
            }
            used.database = Some(all);
        }
        Ok(used)
    }
}

impl Used {
    pub fn since(self, before: Self) -> Self {
        let database = self.database.zip(before.database);
        Self {
            servers: self.servers.saturating_sub(before.servers),
            database: database.map(|(now, before)| now.saturating_sub(before)),
        }
    }

    /// Adds to the figures of a measurement what its messages cost.
    pub fn tell(self, line: &mut Value, (count, seconds): (f64, f64)) {
        let all = self.servers + self.database.unwrap_or_default();
        let of_each = |used: Duration| json!(used.as_secs_f64() * 1_000_000.0 / count);
        line["cpu_ms_per_1000"] = of_each(all);
        line["server_busy"] = json!(all.as_secs_f64() / seconds);
        if let Some(database) = self.database {
            line["database_ms_per_1000"] = of_each(database);
        }
    }
}

/// What they use between two moments, and the generator itself.
pub async fn used(
    processes: &Processes,
    (from, until): (Instant, Instant),
) -> Result<(Used, Duration)> {
    let read = || Result::Ok((processes.used()?, processor_time(std::process::id())?));
    sleep_until(from.into()).await;
    let (before, own) = read()?;
    sleep_until(until.into()).await;
    let (now, own_now) = read()?;
    Ok((now.since(before), own_now.saturating_sub(own)))
}

/// The living children of a process, of all its threads.
fn started_by(process: u32) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let children = fs::read_to_string(thread?.path().join("children"))?;
        for child in children.split_whitespace() {
            all.push(child.parse()?);
        }
    }
    Ok(all)
}
