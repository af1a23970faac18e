//! What platforms say and what comes of calls, as it comes: many steps, one transaction.
//!
//! There is no timer. A step that comes alone is written alone; what comes while one is under way waits for its end and
//! goes together then, or begins another batch as soon as it is many. No two batches have the same conversation, so they do not
//! race each other. Of a conversation a batch has what was said, or one settlement: what the one cancels is as the other
//! has read it.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    apply::Apply,
    batch::{Batch, Came, Part},
    fault::Fault,
    settle::{Landing, Settle},
    work::Ground,
};
use crate::{
    domain::{
        conversation::ConversationKey,
        event::{Event, Step, Target},
    },
    store::{Applied, Error, keyed::Keyed},
    telemetry::traces,
};

/// More in one transaction would not make it quicker, and a step that fails has its neighbours decided again.
const MOST_STEPS: usize = 128;
/// While one batch waits for the disk the next is decided. More at once would only make them smaller.
const MOST_BATCHES: usize = 2;
/// So does another one that has fewer steps: until then they wait for the end of the one that is under way.
const ANOTHER_FROM: usize = 32;
/// So often a batch is tried before its steps are done one by one, which costs each of them as much as a batch.
const MOST_TRIES: usize = 4;
/// As many steps may wait: a good second of work.
const QUEUE: usize = 8192;

#[derive(Debug, Default)]
pub(super) struct Intake(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Conversations of the batches that are under way.
    busy: HashSet<ConversationKey>,
    batches: usize,
}

/// A step, and whoever waits for what comes of it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) part: Part,
    pub(super) tell: oneshot::Sender<Result<Came, Error>>,
}

/// The conversation of a step in which something is only said. Everything else goes by itself.
pub(super) fn is_only_said(step: &Step) -> Option<ConversationKey> {
    let Target::Conversation(key) = &step.target else {
        return None;
    };
    let only_said = step
        .events
        .iter()
        .all(|incoming| matches!(incoming.event, Event::UserSaid(_) | Event::BotSaid(_)));
    only_said.then(|| key.clone())
}

pub(super) async fn apply(
    ground: &Arc<Ground>,
    key: ConversationKey,
    step: Step,
) -> Result<Applied, Error> {
    let apply = Apply {
        step: Keyed::new(step, &ground.hasher),
        trace: traces::current(),
    };
    match wait(ground, Part::Said(key, Box::new(apply))).await? {
        Came::Applied(applied) => Ok(applied),
        Came::Landed(_) => Err(Fault::Missing.into()),
    }
}

pub(super) async fn settle(ground: &Arc<Ground>, settle: Settle) -> Result<Landing, Error> {
    match wait(ground, Part::Settled(settle)).await? {
        Came::Landed(landing) => Ok(landing),
        Came::Applied(_) => Err(Fault::Missing.into()),
    }
}

/// Queues a step, and gives what came of it.
async fn wait(ground: &Arc<Ground>, part: Part) -> Result<Came, Error> {
    if ground.steps.is_closed() {
        return Err(Error::Closed);
    }
    let (tell, told) = oneshot::channel();
    let begins = {
        let mut queue = ground.intake.lock();
        // What has been done cannot be refused any more.
        if matches!(part, Part::Said(..)) && queue.waiting.len() >= QUEUE {
            return Err(Error::Busy);
        }
        queue.waiting.push_back(Waiting { part, tell });
        let begins = queue.may_begin(queue.batches);
        queue.batches += usize::from(begins);
        begins
    };
    if begins {
        go_on(ground);
    }
    told.await.unwrap_or_else(|_| Err(Fault::Panicked.into()))
}

/// As one of the batches that are counted.
fn go_on(ground: &Arc<Ground>) {
    let ground = Arc::clone(ground);
    let steps = ground.steps.clone();
    steps.spawn(async move { write_all(&ground).await });
}

/// Writes one batch after another for as long as something waits that no other batch stands in the way of.
async fn write_all(ground: &Arc<Ground>) {
    loop {
        let_in(ground).await;
        let running = Running::begin(ground);
        let Some((running, batch)) = running else {
            return;
        };
        write(ground, batch).await;
        drop(running);
    }
}

/// Lets in what comes for as long as more comes whenever all that could run has run: the more go in one batch, the less each
/// costs.
async fn let_in(ground: &Ground) {
    let mut waiting = 0;
    loop {
        tokio::task::yield_now().await;
        let now = ground.intake.lock().waiting.len();
        if now <= waiting || now >= MOST_STEPS {
            return;
        }
        waiting = now;
    }
}

async fn write(ground: &Arc<Ground>, batch: Vec<Waiting>) {
    #[cfg(feature = "mutants")]
    let batch = super::mutant::write_early(ground, batch).await;
    let (parts, callers): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|Waiting { part, tell }| (part, tell))
        .unzip();
    if let Ok(count) = u32::try_from(parts.len()) {
        ground.meter.batch.record(count);
    }
    let mut batch = Batch::of(parts, ground);
    match together(ground, &mut batch).await {
        Ok(all) => {
            for (came, tell) in all.into_iter().zip(callers) {
                // Whoever asked may have gone.
                drop(tell.send(Ok(came)));
            }
        }
        // It may have been written: whoever asked has to come again, and is known again by the keys.
        Err(fault) if fault.breaks_connection() || matches!(fault, Fault::Closed) => {
            ground.count(&fault);
            let shared = Arc::new(fault);
            for tell in callers {
                drop(
                    tell.send(Err(Error::Unavailable(Box::new(BatchFault(Arc::clone(
                        &shared,
                    )))))),
                );
            }
        }
        // One of them failed, or loses one race after another: each by itself, and only that one is told.
        Err(_) => {
            for (part, tell) in batch.parts.into_iter().zip(callers) {
                let one = ground.run(Batch::of(vec![part], ground)).await;
                let came = one.and_then(|mut one| one.pop().ok_or(Fault::Missing));
                drop(tell.send(came.map_err(Error::from)));
            }
        }
    }
}

/// All of it, decided again after a lost race: another replica has had one of its conversations, most often for a moment.
async fn together(ground: &Arc<Ground>, batch: &mut Batch) -> Result<Vec<Came>, Fault> {
    for _ in 1..MOST_TRIES {
        match ground.once(batch).await {
            Err(Fault::Raced) => {}
            done => return done,
        }
    }
    ground.once(batch).await
}

/// A fault that every step of a batch is told of.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the batch was not written")]
struct BatchFault(#[source] Arc<Fault>);

/// A batch that is under way. Dropped, its conversations are free, also if it panicked; what waits goes on then without
/// whoever wrote it.
struct Running<'g> {
    ground: &'g Arc<Ground>,
    keys: Vec<ConversationKey>,
}

impl<'g> Running<'g> {
    /// None: nothing waits that may go, or too little beside another batch, which takes it along later. There is one batch
    /// less then.
    fn begin(ground: &'g Arc<Ground>) -> Option<(Self, Vec<Waiting>)> {
        let mut queue = ground.intake.lock();
        if !queue.may_begin(queue.batches - 1) {
            queue.batches -= 1;
            return None;
        }
        let (mut batch, mut stay) = (Vec::new(), VecDeque::new());
        let mut keys: HashSet<ConversationKey> = HashSet::new();
        // Those of which nothing more goes with this batch.
        let mut over: HashSet<ConversationKey> = HashSet::new();
        while batch.len() < MOST_STEPS
            && let Some(waiting) = queue.waiting.pop_front()
        {
            let key = waiting.part.key();
            let settles = matches!(waiting.part, Part::Settled(_));
            let stays =
                queue.busy.contains(key) || over.contains(key) || (settles && keys.contains(key));
            if settles || stays {
                over.insert(key.clone());
            }
            if stays {
                stay.push_back(waiting);
            } else {
                keys.insert(key.clone());
                batch.push(waiting);
            }
        }
        stay.append(&mut queue.waiting);
        queue.waiting = stay;
        if batch.is_empty() {
            queue.batches -= 1;
            return None;
        }
        queue.busy.extend(keys.iter().cloned());
        drop(queue);
        let keys = keys.into_iter().collect();
        Some((Self { ground, keys }, batch))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut queue = self.ground.intake.lock();
        for key in &self.keys {
            queue.busy.remove(key);
        }
        drop(queue);
        if std::thread::panicking() {
            go_on(self.ground);
        }
    }
}

impl Queue {
    /// Whether a batch pays beside so many others.
    fn may_begin(&self, others: usize) -> bool {
        others == 0 || (others < MOST_BATCHES && self.waiting.len() >= ANOTHER_FROM)
    }
}

impl Intake {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
