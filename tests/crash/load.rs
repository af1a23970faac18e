//! The callers: users through the bot platform's hook, agents through the desk API.
//!
//! Every caller has its own connection and its own conversations, so that a lane is never in two hands. Within a lane
//! the next event is written only when the last was acknowledged; what got no answer is sent again, byte for byte, until
//! it is. A user says a number of texts; when the desk has heard them all, the agent closes, and another user comes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    ledger::{LaneId, Ledger, Side},
    script,
    wire::{Call, NoAnswer, Wire},
};

/// Callers that play users, and callers that play agents; each is one connection.
pub const USERS: usize = 64;
pub const AGENTS: usize = 32;

/// How many texts a user has.
const TEXTS: std::ops::RangeInclusive<u32> = 10..=60;

/// Between two tries of a call that got no 2xx, and before an agent without anybody looks again.
const PAUSE: Duration = Duration::from_millis(10);

/// What the callers and the round tell each other.
#[derive(Debug, Default)]
pub struct Signals {
    /// Requests that were sent and not yet answered.
    pub in_flight: AtomicUsize,
    /// Requests that broke after they were sent: each may have been taken or not.
    pub broken: AtomicU64,
    /// Callers finish what they have written and stop.
    pub stopping: AtomicBool,
}

/// Everything a caller needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Callers {
    pub bridge: SocketAddr,
    pub ledger: Arc<Ledger>,
    pub signals: Arc<Signals>,
    /// Whether there is a bridge to call.
    pub up: watch::Receiver<bool>,
}

/// This conversation goes no further: the bridge has declined it, or answered what it never should.
#[derive(Debug)]
struct Refused;

/// A user with texts left to say.
#[derive(Debug)]
struct User {
    lane: LaneId,
    left: u32,
}

impl Callers {
    /// Starts all callers, with so many conversations at a time; they run until `Signals::stopping`.
    pub fn start(&self, conversations: usize, rng: &mut fastrand::Rng) -> JoinSet<()> {
        let mut callers = JoinSet::new();
        for caller in 0..USERS {
            let share = (caller..conversations).step_by(USERS).len();
            callers.spawn(self.clone().users(share, rng.fork()));
        }
        for caller in 0..AGENTS {
            callers.spawn(self.clone().agents(caller, rng.fork()));
        }
        callers
    }

    async fn users(mut self, share: usize, mut rng: fastrand::Rng) {
        let mut wire = Wire::new(self.bridge);
        let mut users: Vec<_> = (0..share).map(|_| self.new_user(&mut rng)).collect();
        while !self.stopping() && !users.is_empty() {
            let pick = rng.usize(0..users.len());
            let lane = users[pick].lane;
            let call = script::user(lane, self.ledger.write(lane), &mut rng);
            let taken = self.until_acknowledged(&mut wire, lane, &call).await;
            if taken.is_ok() && users[pick].left > 0 {
                users[pick].left -= 1;
                continue;
            }
            if taken.is_ok() {
                self.ledger.finish(lane.conversation);
            }
            users[pick] = self.new_user(&mut rng);
        }
    }

    async fn agents(mut self, caller: usize, mut rng: fastrand::Rng) {
        let mut wire = Wire::new(self.bridge);
        let mut own = Vec::new();
        let mut seen = 0;
        while !self.stopping() {
            let conversations = self.ledger.conversations();
            own.extend(
                (seen..conversations).filter(|conversation| conversation % AGENTS == caller),
            );
            seen = conversations;
            // An agent speaks when the desk knows of the conversation and the bot is paused.
            let pick = rng.usize(0..own.len().max(1));
            let Some((&conversation, handover)) = own.get(pick).and_then(|conversation| {
                Some((conversation, self.ledger.handover(*conversation)?))
            }) else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let lane = LaneId {
                conversation,
                side: Side::Agent,
            };
            let close = self.ledger.close(conversation);
            let call = match close {
                Some(number) => script::close(lane, number, &handover),
                None => script::agent(lane, self.ledger.write(lane), &handover),
            };
            let refused = self
                .until_acknowledged(&mut wire, lane, &call)
                .await
                .is_err();
            if refused || close.is_some() {
                own.swap_remove(pick);
            }
        }
    }

    fn new_user(&self, rng: &mut fastrand::Rng) -> User {
        let lane = LaneId {
            conversation: self.ledger.begin(),
            side: Side::User,
        };
        User {
            lane,
            left: rng.u32(TEXTS),
        }
    }

    fn stopping(&self) -> bool {
        self.signals.stopping.load(Ordering::Relaxed)
    }

    /// Sends the call again and again, until it is acknowledged or refused for good.
    async fn until_acknowledged(
        &mut self,
        wire: &mut Wire,
        lane: LaneId,
        call: &Call,
    ) -> Result<(), Refused> {
        loop {
            // The round ends when its callers do, never before: the sender of this value outlives them.
            let _ = self.up.wait_for(|up| *up).await.map(drop);
            match self.once(wire, call).await {
                Ok((status, body)) if status.is_success() && script::is_taken(call, &body) => {
                    self.ledger.acknowledge(lane);
                    return Ok(());
                }
                Ok((status, body)) if status.is_success() && script::is_declined(call, &body) => {
                    self.ledger.decline(lane.conversation);
                    return Err(Refused);
                }
                Ok((StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _))
                | Err(NoAnswer::Connect(_)) => {}
                Ok((status, body)) => {
                    let body = String::from_utf8_lossy(&body);
                    self.ledger
                        .odd(format!("{lane} was answered {status}: {body}"));
                    return Err(Refused);
                }
                Err(NoAnswer::Broken(_) | NoAnswer::Late) => {
                    self.signals.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn once(&self, wire: &mut Wire, call: &Call) -> Result<(StatusCode, Bytes), NoAnswer> {
        wire.connect().await?;
        self.signals.in_flight.fetch_add(1, Ordering::Relaxed);
        let answer = wire.send(call).await;
        self.signals.in_flight.fetch_sub(1, Ordering::Relaxed);
        answer
    }
}
