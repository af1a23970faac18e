//! What the kernel says about this process.

use std::fs;

use metrics::Gauge;

use super::{Registry, catalog};

/// The process as its metrics show it; read anew for each reading of the metrics.
#[derive(Debug)]
pub struct Process {
    resident: Gauge,
    files: Gauge,
}

impl Process {
    /// `started_at` in seconds since 1970.
    pub fn new(registry: &Registry, started_at: f64) -> Self {
        registry
            .gauge(&catalog::BUILD_INFO, &[env!("CARGO_PKG_VERSION")])
            .set(1.0);
        registry.gauge(&catalog::START_TIME, &[]).set(started_at);
        Self {
            resident: registry.gauge(&catalog::RESIDENT_BYTES, &[]),
            files: registry.gauge(&catalog::OPEN_FILES, &[]),
        }
    }

    /// Reads what the kernel tells; where it tells nothing the metric is NaN.
    pub fn read(&self) {
        self.resident.set(resident_bytes().unwrap_or(f64::NAN));
        self.files.set(open_files().unwrap_or(f64::NAN));
    }
}

fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .trim()
        .strip_suffix("kB")?;
    kib.trim().parse::<f64>().ok().map(|kib| kib * 1024.0)
}

/// Less the one that this needs to look.
fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    u32::try_from(count.saturating_sub(1)).ok().map(f64::from)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_memory_and_files() {
        assert!(resident_bytes().unwrap() > 100_000.0);
        let before = open_files().unwrap();
        assert!(before >= 3.0);
    }
}
