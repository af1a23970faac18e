//! What a handover is and how it goes on. Pure: values in, values out; no I/O, no async, no clock.

pub mod breaker;
pub mod retry;
pub mod time;
