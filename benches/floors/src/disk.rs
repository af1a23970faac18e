//! What the machine's disk does now: appends of 4 KiB, each followed by fdatasync.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;

use crate::{Result, figures::Latencies};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file on the file system that the servers write to; it must not exist yet, and is removed.
    #[arg(long)]
    file: PathBuf,
    #[arg(long)]
    seconds: f64,
}

/// Short, so that the disk is as idle as it is for a bridge with little to do.
const PAUSE: Duration = Duration::from_millis(2);

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut file = File::create_new(&arguments.file)?;
    let until = Instant::now() + Duration::from_secs_f64(arguments.seconds);
    let page = [0x5a; 4096];
    let mut latencies = Latencies::default();
    while Instant::now() < until {
        let start = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        latencies.add(start.elapsed());
        std::thread::sleep(PAUSE);
    }
    std::fs::remove_file(&arguments.file)?;
    let spread = latencies.spread();
    println!(
        "{}",
        json!({"p50_ms": spread.p50_ms, "p99_ms": spread.p99_ms, "syncs": spread.count})
    );
    Ok(())
}
