//! What platforms say, as it comes: many messages, one transaction.
//!
//! There is no timer. A message that comes alone is written alone; what comes while as many batches are under way as may
//! be waits for one of them to end, and goes together then. No two batches have the same conversation, so they do not
//! race each other.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{
    apply::{self, Apply},
    columns::values,
    database::Statement,
    fault::Fault,
    keys, pauses,
    subject::{self, Subject},
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        conversation::ConversationKey,
        event::{Event, Step, Target},
        handover::Echo,
        ids::ConversationId,
    },
    store::{Applied, Error, hashing::Hashed, keyed::Keyed},
    telemetry::traces,
};

/// More in one transaction would not make it quicker, and a step that fails has its neighbours decided again.
const MOST_STEPS: usize = 128;
/// While one batch waits for the disk the next is decided. More at once would only make them smaller.
const MOST_BATCHES: usize = 2;
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
struct Waiting {
    key: ConversationKey,
    apply: Apply,
    tell: oneshot::Sender<Result<Applied, Error>>,
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
    if ground.steps.is_closed() {
        return Err(Error::Closed);
    }
    let apply = Apply {
        step: Keyed::new(step, &ground.hasher),
        trace: traces::current(),
    };
    let (tell, told) = oneshot::channel();
    let begins = {
        let mut queue = ground.intake.lock();
        if queue.waiting.len() >= QUEUE {
            return Err(Error::Busy);
        }
        queue.waiting.push_back(Waiting { key, apply, tell });
        let begins = queue.batches < MOST_BATCHES;
        queue.batches += usize::from(begins);
        begins
    };
    if begins {
        let ground = Arc::clone(ground);
        let steps = ground.steps.clone();
        steps.spawn(async move { write_all(&ground).await });
    }
    told.await.unwrap_or_else(|_| Err(Fault::Panicked.into()))
}

/// Writes one batch after another for as long as something waits that no other batch stands in the way of.
async fn write_all(ground: &Arc<Ground>) {
    loop {
        // Whatever has come by now is let in first: the more go in one batch, the less each costs.
        tokio::task::yield_now().await;
        let running = Running::begin(ground);
        let Some((running, batch)) = running else {
            return;
        };
        write(ground, batch).await;
        drop(running);
    }
}

async fn write(ground: &Arc<Ground>, batch: Vec<Waiting>) {
    let (mut steps, mut callers) = (Vec::new(), Vec::new());
    for waiting in batch {
        steps.push(waiting.apply);
        callers.push(waiting.tell);
    }
    if let Ok(count) = u32::try_from(steps.len()) {
        ground.meter.batch.record(count);
    }
    let mut batch = Batch(steps);
    #[cfg(feature = "mutants")]
    if super::mutant::acks_before_commit() {
        let tell = |all: Vec<Applied>| {
            for (applied, tell) in all.into_iter().zip(callers) {
                drop(tell.send(Ok(applied)));
            }
        };
        return super::mutant::write_early(ground, batch, tell).await;
    }
    match ground.once(&mut batch).await {
        Ok(all) => {
            for (applied, tell) in all.into_iter().zip(callers) {
                // Whoever asked may have gone.
                drop(tell.send(Ok(applied)));
            }
        }
        // It may have been written: whoever asked has to come again, and is known again by the keys.
        Err(fault) if fault.breaks_connection() || matches!(fault, Fault::Closed) => {
            let shared = Arc::new(fault);
            for tell in callers {
                drop(
                    tell.send(Err(Error::Unavailable(Box::new(BatchFault(Arc::clone(
                        &shared,
                    )))))),
                );
            }
        }
        // One of them failed, or lost a race: each by itself, and only that one is told.
        Err(_) => {
            for (apply, tell) in batch.0.into_iter().zip(callers) {
                let applied = ground.run(apply).await;
                drop(tell.send(applied.map_err(Error::from)));
            }
        }
    }
}

/// A fault that every step of a batch is told of.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the batch was not written")]
struct BatchFault(#[source] Arc<Fault>);

/// A batch that is under way. Dropped, its conversations are free, also if it panicked.
struct Running<'g> {
    ground: &'g Ground,
    keys: Vec<ConversationKey>,
}

impl<'g> Running<'g> {
    /// None: nothing waits that may go. There is one batch less then.
    fn begin(ground: &'g Ground) -> Option<(Self, Vec<Waiting>)> {
        let mut queue = ground.intake.lock();
        let (mut batch, mut stay) = (Vec::new(), VecDeque::new());
        let mut keys: HashSet<ConversationKey> = HashSet::new();
        while batch.len() < MOST_STEPS
            && let Some(waiting) = queue.waiting.pop_front()
        {
            if queue.busy.contains(&waiting.key) {
                stay.push_back(waiting);
            } else {
                keys.insert(waiting.key.clone());
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
        if std::thread::panicking() {
            queue.batches -= 1;
        }
    }
}

impl Intake {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Steps of several conversations, or of one, decided in their order.
#[derive(Debug)]
struct Batch(Vec<Apply>);

#[async_trait]
impl Attempt for Batch {
    type Done = Vec<Applied>;

    async fn attempt(&mut self, work: &mut Work) -> Result<Vec<Applied>, Fault> {
        let mut subjects = load(work, &self.0).await?;
        let mut all = Vec::with_capacity(self.0.len());
        for apply in &mut self.0 {
            work.trace = apply.trace;
            let Target::Conversation(key) = &apply.step.target else {
                return Err(Fault::Missing);
            };
            let mut subject = match subjects.remove(key) {
                Some(subject) => subject,
                None => Subject::fresh(work, key).await?,
            };
            if let Some(profile) = &apply.step.profile {
                subject.learn(profile);
            }
            let (subject, applied) =
                apply::decide_all(work, subject, &mut apply.step.events).await?;
            subjects.insert(key.clone(), subject);
            all.push(applied);
        }
        Ok(all)
    }
}

/// Where in a row of `handover_read` a key stands, and a pause; a conversation stands in front.
const KEY: usize = 6;
const PAUSE: usize = 9;

/// Reads the conversations, their echoes, the keys that may be known and what is paused, all as of one moment.
async fn load(
    work: &mut Work,
    applies: &[Apply],
) -> Result<HashMap<ConversationKey, Subject>, Fault> {
    let (mut bots, mut realms, mut users) = (Vec::new(), Vec::new(), Vec::new());
    let mut keys: Vec<Hashed> = Vec::new();
    let mut named = HashSet::new();
    for apply in applies {
        keys.extend(apply::all_keys(&apply.step.events));
        if let Target::Conversation(key) = &apply.step.target
            && named.insert(key)
        {
            bots.push(key.bot.as_str().to_owned());
            realms.push(key.realm.clone());
            users.push(key.user.as_str().to_owned());
        }
    }
    let wanted = values![bots, realms, users];
    let mut events = applies.iter().flat_map(|apply| &apply.step.events);
    let needs_echoes = events.any(|incoming| subject::needs_echoes(&incoming.event));
    let mut statements = vec![
        // Of each row the part that it is about; see `handover_read`, which is planned but once.
        Statement::new(
            "SELECT * FROM handover_read($1, $2, $3, $4, $5)",
            [wanted.clone(), values![keys::hashes(&keys), work.now]].concat(),
        ),
    ];
    if needs_echoes {
        statements.push(Statement::new(
            "SELECT e.conversation, e.fingerprint, e.expires_at FROM unnest($1, $2, $3) AS g (bot, realm, usr) \
             JOIN conversations c ON c.bot = g.bot AND c.realm = g.realm AND c.\"user\" = g.usr \
             JOIN echoes e ON e.conversation = c.id ORDER BY e.row",
            wanted,
        ));
    }
    let mut found = work.snapshot(&statements).await?.into_iter();
    let (mut rows, mut known, mut paused) = (Vec::new(), Vec::new(), Vec::new());
    for row in found.next().unwrap_or_default() {
        if row.try_get::<_, Option<ConversationId>>(0)?.is_some() {
            rows.push(row);
        } else if row.try_get::<_, Option<&[u8]>>(KEY)?.is_some() {
            known.push(row);
        } else {
            paused.push(row);
        }
    }
    let conditions = pauses::read(work, (&paused, PAUSE))?;
    work.conditions = Some(conditions.clone());
    keys::read(work, &keys, (&known, KEY))?;
    let mut echoes: HashMap<ConversationId, Vec<Echo>> = HashMap::new();
    for row in found.next().unwrap_or_default() {
        echoes.entry(row.try_get(0)?).or_default().push(Echo {
            fingerprint: row.try_get(1)?,
            until: row.try_get(2)?,
        });
    }
    let mut subjects = HashMap::new();
    for row in &rows {
        let mut subject = Subject::read(work, row, conditions.clone())?;
        if needs_echoes {
            subject.knows_echoes(echoes.remove(&subject.state.id).unwrap_or_default());
        }
        subjects.insert(subject.state.key.clone(), subject);
    }
    Ok(subjects)
}
