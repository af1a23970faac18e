//! What the targets share: the bounds that every input is held to, and values with a structure.
//!
//! A target is one file in `targets/`, four lines in `Cargo.toml`, and seeds in `seeds/` if its input is text.

mod content;
mod json;

use std::time::Duration;

use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, Timespec, clock_gettime};

pub use self::{
    content::{Spoken, Words, messenger},
    json::Json,
};

/// Declares a target: `target!(|input: Type| body)`. Each input is held to [`TIME`] and [`MEMORY`].
#[macro_export]
macro_rules! target {
    (|$input:ident: $type:ty| $body:expr) => {
        ::libfuzzer_sys::fuzz_target!(|$input: $type| { $crate::bounded(|| $body) });
    };
}

/// Of the processor, so that a loaded machine makes nothing slow. A hypervisor may book on it what it gave to others, so
/// it is a multiple of what any input needs; one that grows faster than its length goes far beyond.
pub const TIME: Duration = Duration::from_secs(3);
/// Beyond what was in use before the input came.
pub const MEMORY: usize = 64 << 20;

#[global_allocator]
static MEMORY_IN_USE: PeakAlloc = PeakAlloc;

/// # Panics
/// The work took more than its time or its memory.
pub fn bounded<T>(work: impl FnOnce() -> T) -> T {
    let (began, before) = (processor_time(), MEMORY_IN_USE.current_usage());
    MEMORY_IN_USE.reset_peak_usage();
    let done = work();
    let taken = processor_time().saturating_sub(began);
    let grown = MEMORY_IN_USE.peak_usage().saturating_sub(before);
    assert!(taken <= TIME, "it took {taken:?} of the processor");
    assert!(grown <= MEMORY, "it took {grown} bytes of memory");
    done
}

/// Of all threads: some targets have more than one.
fn processor_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    let whole = Duration::from_secs(tv_sec.unsigned_abs());
    whole.saturating_add(Duration::from_nanos(tv_nsec.unsigned_abs()))
}
