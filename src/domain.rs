//! What a handover is and how it goes on. Pure: values in, values out; no I/O, no async, no clock.
//!
//! [`handover::decide`] is the only place where a handover changes; the other modules are the words it speaks.

pub mod attention;
pub mod breaker;
pub mod conversation;
pub mod dedupe;
pub mod delivery;
pub mod effect;
pub mod event;
pub mod fallback;
pub mod guard;
pub mod handover;
pub mod hours;
pub mod ids;
pub mod json;
pub mod message;
pub mod operator;
pub mod pace;
pub mod policy;
pub mod reason;
pub mod retry;
pub mod routing;
pub mod taken;
pub mod time;
pub mod words;
