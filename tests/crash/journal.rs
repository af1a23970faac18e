//! What callers have been answered, by whom, and how long it took.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hyper::StatusCode;

use crate::{script, wire::Call};

#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Whom the call was made to.
    pub by: SocketAddr,
    pub began: Instant,
    pub took: Duration,
    /// A request for an agent, whose answer may have to wait for a desk.
    pub is_request: bool,
    /// None: the connection broke, or nothing was said in time.
    pub status: Option<StatusCode>,
}

#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Answered>>);

impl Journal {
    pub fn note(
        &self,
        call: &Call,
        (by, began): (SocketAddr, Instant),
        status: Option<StatusCode>,
    ) {
        let answered = Answered {
            by,
            began,
            took: began.elapsed(),
            is_request: script::is_request(call),
            status,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(answered);
    }

    /// Of the calls that were begun since then.
    pub fn since(&self, then: Instant) -> Vec<Answered> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = all.iter().filter(|answered| answered.began >= then);
        since.copied().collect()
    }
}
