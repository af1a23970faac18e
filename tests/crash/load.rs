//! The callers: users through the bot platform's hook, agents through the desk API.
//!
//! Every caller has its own connections and its own conversations, so that a lane is never in two hands. Within a lane
//! the next event is written only when the last was acknowledged; what got no answer is sent again, byte for byte, until
//! it is, to whichever bridge may be called. A user says a number of texts; when the desk has heard them all, the agent
//! closes, and another user comes.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    journal::Journal,
    ledger::{LaneId, Ledger, Side},
    script,
    wire::{Call, NoAnswer, Wire},
};

/// How many texts a user has.
const TEXTS: std::ops::RangeInclusive<u32> = 10..=60;

/// Before an agent without anybody looks again.
const IDLE: Duration = Duration::from_millis(10);

/// How many callers there are, and how they behave.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Callers that play users, and callers that play agents; each makes one call at a time.
    pub users: usize,
    pub agents: usize,
    /// So many at a time.
    pub conversations: usize,
    /// How long an answer is waited for.
    pub patience: Duration,
    /// The same of requests for an agent: whoever gives up has been told nothing, and must not be told two things.
    pub patience_of_requests: Duration,
    /// Between two tries of a call that got no 2xx.
    pub pause: Duration,
    /// Between two events, on average.
    pub think: Duration,
}

/// What the callers and the round tell each other.
#[derive(Debug, Default)]
pub struct Signals {
    /// Requests that were sent and not yet answered.
    pub in_flight: AtomicUsize,
    /// Requests that broke after they were sent: each may have been taken or not.
    pub broken: AtomicU64,
    /// Callers finish what they have written and stop.
    pub stopping: AtomicBool,
    pub journal: Journal,
}

/// Everything a caller needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Callers {
    pub crowd: Crowd,
    pub ledger: Arc<Ledger>,
    pub signals: Arc<Signals>,
    /// The bridges that may be called. While there are none, callers wait.
    pub up: watch::Receiver<Vec<SocketAddr>>,
}

/// One of them.
struct Caller {
    shared: Callers,
    wires: HashMap<SocketAddr, Wire>,
    rng: fastrand::Rng,
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
    /// Starts all callers; they run until `Signals::stopping`.
    pub fn start(&self, rng: &mut fastrand::Rng) -> JoinSet<()> {
        let Crowd {
            users,
            agents,
            conversations,
            ..
        } = self.crowd;
        let mut callers = JoinSet::new();
        for caller in 0..users {
            let share = (caller..conversations).step_by(users).len();
            callers.spawn(self.caller(rng).plays_users(share));
        }
        for caller in 0..agents {
            callers.spawn(self.caller(rng).plays_agents(caller));
        }
        callers
    }

    fn caller(&self, rng: &mut fastrand::Rng) -> Caller {
        Caller {
            shared: self.clone(),
            wires: HashMap::new(),
            rng: rng.fork(),
        }
    }
}

impl Caller {
    async fn plays_users(mut self, share: usize) {
        let mut users: Vec<_> = (0..share).map(|_| self.new_user()).collect();
        while !self.stopping() && !users.is_empty() {
            let pick = self.rng.usize(0..users.len());
            let lane = users[pick].lane;
            let call = script::user(lane, self.shared.ledger.write(lane), &mut self.rng);
            let taken = self.until_acknowledged(lane, &call).await;
            self.think().await;
            if taken.is_ok() && users[pick].left > 0 {
                users[pick].left -= 1;
                continue;
            }
            if taken.is_ok() {
                self.shared.ledger.finish(lane.conversation);
            }
            users[pick] = self.new_user();
        }
    }

    async fn plays_agents(mut self, caller: usize) {
        let ledger = Arc::clone(&self.shared.ledger);
        let agents = self.shared.crowd.agents;
        let mut own = Vec::new();
        let mut seen = 0;
        while !self.stopping() {
            let conversations = ledger.conversations();
            own.extend(
                (seen..conversations).filter(|conversation| conversation % agents == caller),
            );
            seen = conversations;
            // An agent speaks when the desk knows of the conversation and the bot is paused.
            let pick = self.rng.usize(0..own.len().max(1));
            let Some((&conversation, handover)) = own
                .get(pick)
                .and_then(|conversation| Some((conversation, ledger.handover(*conversation)?)))
            else {
                sleep(IDLE).await;
                continue;
            };
            let lane = LaneId {
                conversation,
                side: Side::Agent,
            };
            let close = ledger.close(conversation);
            let call = match close {
                Some(number) => script::close(lane, number, &handover),
                None => script::agent(lane, ledger.write(lane), &handover),
            };
            let refused = self.until_acknowledged(lane, &call).await.is_err();
            if refused || close.is_some() {
                own.swap_remove(pick);
            }
            self.think().await;
        }
    }

    fn new_user(&mut self) -> User {
        let lane = LaneId {
            conversation: self.shared.ledger.begin(),
            side: Side::User,
        };
        User {
            lane,
            left: self.rng.u32(TEXTS),
        }
    }

    fn stopping(&self) -> bool {
        self.shared.signals.stopping.load(Ordering::Relaxed)
    }

    async fn think(&mut self) {
        let think = self.shared.crowd.think;
        if !think.is_zero() {
            sleep(think.mul_f64(2.0 * self.rng.f64())).await;
        }
    }

    /// Sends the call again and again, until it is acknowledged or refused for good.
    async fn until_acknowledged(&mut self, lane: LaneId, call: &Call) -> Result<(), Refused> {
        let (ledger, signals) = (
            Arc::clone(&self.shared.ledger),
            Arc::clone(&self.shared.signals),
        );
        let mut turn = self.rng.usize(..);
        loop {
            let to = self.bridge(turn).await;
            turn = turn.wrapping_add(1);
            match self.once(to, call).await {
                Ok((status, body)) if status.is_success() && script::is_taken(call, &body) => {
                    ledger.acknowledge(lane);
                    return Ok(());
                }
                Ok((status, body)) if status.is_success() && script::is_declined(call, &body) => {
                    ledger.decline(lane.conversation);
                    return Err(Refused);
                }
                Ok((StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _))
                | Err(NoAnswer::Connect(_)) => {}
                Ok((status, body)) => {
                    let body = String::from_utf8_lossy(&body);
                    ledger.odd(format!("{lane} was answered {status}: {body}"));
                    return Err(Refused);
                }
                Err(NoAnswer::Broken(_) | NoAnswer::Late) => {
                    signals.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
            sleep(self.shared.crowd.pause).await;
        }
    }

    /// One of those that may be called.
    async fn bridge(&mut self, turn: usize) -> SocketAddr {
        loop {
            // The round ends when its callers do, never before: the sender of this value outlives them.
            let up = self.shared.up.wait_for(|up| !up.is_empty()).await;
            if let Ok(up) = up {
                return up[turn % up.len()];
            }
        }
    }

    async fn once(&mut self, to: SocketAddr, call: &Call) -> Result<(StatusCode, Bytes), NoAnswer> {
        let signals = Arc::clone(&self.shared.signals);
        let crowd = &self.shared.crowd;
        let patience = if script::is_request(call) {
            crowd.patience_of_requests
        } else {
            crowd.patience
        };
        let wire = self.wires.entry(to).or_insert_with(|| Wire::new(to));
        let began = Instant::now();
        let answer = match wire.connect().await {
            Ok(()) => {
                signals.in_flight.fetch_add(1, Ordering::Relaxed);
                let answer = wire.send(call, patience).await;
                signals.in_flight.fetch_sub(1, Ordering::Relaxed);
                answer
            }
            Err(error) => Err(error),
        };
        let status = answer.as_ref().ok().map(|(status, _)| *status);
        signals.journal.note(call, (to, began), status);
        answer
    }
}
