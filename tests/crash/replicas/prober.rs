//! Calls one replica by itself, whatever a balancer would do: is it ready, and does it take what a user says?

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use hyper::StatusCode;
use tokio::time::sleep;

use crate::{
    ledger::{LaneId, Side},
    script,
    wire::{Call, Wire},
};

/// Nobody asked for an agent in this conversation, and nobody ever will: what is said in it is kept, and owed to nobody.
const NOBODYS: LaneId = LaneId {
    conversation: 999_999,
    side: Side::User,
};

/// A replica that has said nothing by then hangs.
const PATIENCE: Duration = Duration::from_secs(10);

const EACH: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct Prober {
    to: SocketAddr,
    wire: Wire,
    number: u32,
    rng: fastrand::Rng,
}

impl Prober {
    pub fn new(to: SocketAddr, rng: fastrand::Rng) -> Self {
        Self {
            to,
            wire: Wire::new(to),
            number: 0,
            rng,
        }
    }

    pub async fn is_ready(&mut self) -> bool {
        let ask = Call {
            path: "/readyz".to_owned(),
            headers: Vec::new(),
            body: None,
        };
        // On a connection of its own, as a balancer asks.
        let answer = Wire::new(self.to).send(&ask, PATIENCE).await;
        answer.is_ok_and(|(status, _)| status.is_success())
    }

    /// What a hook that brings a text is answered, and how soon.
    pub async fn text(&mut self) -> (Option<StatusCode>, Duration) {
        self.number += 1;
        let call = script::user(NOBODYS, self.number, &mut self.rng);
        let began = Instant::now();
        let answer = self.wire.send(&call, PATIENCE).await;
        (answer.ok().map(|(status, _)| status), began.elapsed())
    }

    /// How long it takes from then until the replica takes what a user says; the limit, if it takes longer.
    pub async fn takes(&mut self, then: Instant, limit: Duration) -> Duration {
        while then.elapsed() < limit {
            let (status, _) = self.text().await;
            if status.is_some_and(|status| status.is_success()) {
                break;
            }
            sleep(EACH).await;
        }
        then.elapsed()
    }

    /// How long it takes from then until the replica says so of itself.
    pub async fn says(&mut self, ready: bool, (then, limit): (Instant, Duration)) -> Duration {
        while then.elapsed() < limit && self.is_ready().await != ready {
            sleep(EACH).await;
        }
        then.elapsed()
    }
}
