//! Messages at a steady rate, and when each was sent.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    Result,
    figures::{Latencies, Spread},
    message::Template,
    target::Target,
    wire::Wire,
};

pub struct Traffic(Rc<Shared>);

struct Shared {
    template: Template,
    target: Target,
    conversations: u64,
    /// The conversation that somebody has before them.
    favoured: Cell<Option<u64>>,
    from: Instant,
    until: Instant,
    latencies: RefCell<Latencies>,
    sent: RefCell<Vec<Sent>>,
    idle: RefCell<Vec<Wire>>,
}

/// A message that counts.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub number: u64,
    pub conversation: u64,
    /// Milliseconds since 1970, when its call began.
    pub at: f64,
}

/// Each so many messages, the favoured conversation has one.
const FAVOUR: u64 = 100;
/// A multiplier that leads from one conversation to another far away, and to all of them in the end.
const FAR: u64 = 2_654_435_761;

impl Traffic {
    pub fn new(target: &Target, conversations: u64, (from, until): (Instant, Instant)) -> Self {
        Self(Rc::new(Shared {
            template: Template::messages(target),
            target: target.clone(),
            conversations,
            favoured: Cell::new(None),
            from,
            until,
            latencies: RefCell::default(),
            sent: RefCell::default(),
            idle: RefCell::default(),
        }))
    }

    /// What is sent within it counts.
    pub fn span(&self) -> (Instant, Instant) {
        (self.0.from, self.0.until)
    }

    pub fn favour(&self, conversation: u64) {
        self.0.favoured.set(Some(conversation));
    }

    /// Open loop. A timer that is late sends what it missed at once; each latency counts from its own call.
    pub async fn send(&self, rate: u32) -> Result<Spread> {
        let mut tasks = JoinSet::new();
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut number = 0;
        while Instant::now() < self.0.until {
            ticks.tick().await;
            tasks.spawn_local(Rc::clone(&self.0).send(number));
            number += 1;
            while let Some(done) = tasks.try_join_next() {
                done??;
            }
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(self.0.latencies.take().spread())
    }

    /// The messages that count, in order.
    pub fn sent(&self) -> Vec<Sent> {
        let mut sent = self.0.sent.borrow().clone();
        sent.sort_by_key(|sent| sent.number);
        sent
    }
}

impl Shared {
    async fn send(self: Rc<Self>, number: u64) -> Result<()> {
        let wire = self.idle.borrow_mut().pop();
        let mut wire = match wire {
            Some(wire) => wire,
            None => Wire::connect(self.target.address).await?,
        };
        let conversation = self.conversation(number);
        let mut template = self.template.clone();
        let request = template.fill(number, conversation);
        let (start, at) = (Instant::now(), SystemTime::now());
        let answer = wire.exchange(request).await?;
        if !answer.is_success() {
            return Err(format!("a message was refused: {}", answer.text()).into());
        }
        self.idle.borrow_mut().push(wire);
        if start < self.from || start >= self.until {
            return Ok(());
        }
        self.latencies.borrow_mut().add(start.elapsed());
        let at = at.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1000.0;
        self.sent.borrow_mut().push(Sent {
            number,
            conversation,
            at,
        });
        Ok(())
    }

    fn conversation(&self, number: u64) -> u64 {
        let far = number.wrapping_mul(FAR) % self.conversations;
        let favoured = self.favoured.get();
        favoured
            .filter(|_| number.is_multiple_of(FAVOUR))
            .unwrap_or(far)
    }
}
