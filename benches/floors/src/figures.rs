//! Latencies, and the processor time of a process.

use std::{fs, time::Duration};

use crate::Result;

#[derive(Debug, Default)]
pub struct Latencies {
    nanos: Vec<u64>,
}

#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Spread {
    pub count: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Latencies {
    pub fn add(&mut self, took: Duration) {
        self.nanos
            .push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub fn spread(mut self) -> Spread {
        self.nanos.sort_unstable();
        let at = |per_cent: usize| {
            let place = (self.nanos.len() * per_cent).div_ceil(100).max(1) - 1;
            let nanos = self.nanos.get(place).copied().unwrap_or_default();
            Duration::from_nanos(nanos).as_secs_f64() * 1000.0
        };
        Spread {
            count: self.nanos.len(),
            p50_ms: at(50),
            p95_ms: at(95),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

/// User and system time of all threads of a process, of the living and the dead.
pub fn processor_time(pid: u32) -> Result<Duration> {
    first_times(pid, 2)
}

/// With that of the processes that it has started and that have ended.
pub fn processor_time_with_ended(pid: u32) -> Result<Duration> {
    first_times(pid, 4)
}

/// The sum of so many of: user and system time of the process, of its ended children.
fn first_times(pid: u32, count: usize) -> Result<Duration> {
    // Of Linux on every machine: the unit of /proc is not that of the kernel's clock.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/PID/stat has no name")?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(count)
        .map(str::parse::<u32>)
        .sum::<std::result::Result<u32, _>>()?;
    Ok(TICK * ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_each_is_taken_at_its_place() {
        let mut latencies = Latencies::default();
        for millis in (1..=100).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        let spread = latencies.spread();
        assert_eq!(spread.count, 100);
        assert_eq!(
            (spread.p50_ms, spread.p95_ms, spread.p99_ms, spread.max_ms),
            (50.0, 95.0, 99.0, 100.0)
        );
    }
}
