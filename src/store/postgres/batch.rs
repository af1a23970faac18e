//! What a batch is made of, and how it is decided: all of it is read at once, turned over one after the other, and
//! written at once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use async_trait::async_trait;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    apply::{self, Apply},
    arguments::{self, Argument, columns},
    columns::storable,
    database::Statement,
    fault::Fault,
    keys, pauses,
    settle::{Delivery, Landing, Settle},
    subject::Subject,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        conversation::ConversationKey,
        handover::{Echo, needs},
        ids::{ConversationId, DeliveryId},
        time::Timestamp,
    },
    store::{Applied, hashing::Hashed},
};

/// A step of a batch.
#[derive(Debug)]
pub(super) enum Part {
    /// In a conversation something is only said.
    Said(ConversationKey, Box<Apply>),
    Settled(Settle),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Came {
    Applied(Applied),
    Landed(Landing),
}

/// Steps of several conversations, or of one, decided in their order.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) parts: Vec<Part>,
    ground: Arc<Ground>,
    /// Before it was sent to be written.
    asked: Instant,
}

impl Part {
    pub(super) const fn key(&self) -> &ConversationKey {
        match self {
            Self::Said(key, _) => key,
            Self::Settled(settle) => &settle.key,
        }
    }
}

impl Batch {
    pub(super) fn of(parts: Vec<Part>, ground: &Arc<Ground>) -> Self {
        Self {
            parts,
            ground: Arc::clone(ground),
            asked: Instant::now(),
        }
    }
}

#[async_trait]
impl Attempt for Batch {
    type Done = Vec<Came>;

    async fn attempt(&mut self, work: &mut Work) -> Result<Vec<Came>, Fault> {
        let mut loaded = load(work, &self.parts).await?;
        let mut all = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            all.push(match part {
                Part::Said(key, apply) => Came::Applied(said(work, &mut loaded, key, apply).await?),
                Part::Settled(settle) => {
                    let delivery = loaded.deliveries.remove(&settle.delivery);
                    let subject = loaded.subjects.remove(&settle.key);
                    Came::Landed(Box::pin(settle.decide(work, delivery, subject)).await?)
                }
            });
        }
        self.asked = Instant::now();
        Ok(all)
    }

    fn told(&mut self, done: Vec<Came>, waiting: Vec<Row>) -> Result<Vec<Came>, Fault> {
        let mut lanes: HashMap<Uuid, Row> = HashMap::new();
        for row in waiting {
            lanes.insert(row.try_get(0)?, row);
        }
        let told = done.into_iter().zip(&self.parts).map(|(came, part)| {
            let Part::Settled(settle) = part else {
                return Ok(came);
            };
            match lanes.remove(&settle.lane()) {
                Some(row) => Ok(Came::Landed(settle.told(&self.ground, row, self.asked)?)),
                None => Ok(came),
            }
        });
        told.collect()
    }
}

async fn said(
    work: &mut Work,
    loaded: &mut Loaded,
    key: &ConversationKey,
    apply: &mut Apply,
) -> Result<Applied, Fault> {
    work.trace = apply.trace;
    let mut subject = match loaded.subjects.remove(key) {
        Some(subject) => subject,
        None => Subject::fresh(work, key).await?,
    };
    if let Some(profile) = &apply.step.profile {
        subject.learn(profile);
    }
    let (subject, applied) = apply::decide_all(work, subject, &mut apply.step.events).await?;
    loaded.subjects.insert(key.clone(), subject);
    Ok(applied)
}

/// Where in a row of `handover_read` a key stands, a pause or a destination, and a delivery; a conversation stands in front.
const KEY: usize = 6;
const PAUSE: usize = 9;
const DELIVERY: usize = 11;

/// What is to be read for a batch.
#[derive(Debug, Default)]
struct Wanted<'p> {
    named: HashSet<&'p ConversationKey>,
    /// Those that may be known.
    keys: Vec<Hashed>,
    settled: Vec<DeliveryId>,
    echoes: bool,
}

impl<'p> Wanted<'p> {
    fn by(parts: &'p [Part]) -> Self {
        let mut wanted = Self::default();
        for part in parts {
            wanted.named.insert(part.key());
            match part {
                Part::Said(_, apply) => {
                    let mut events = apply.step.events.iter();
                    wanted.keys.extend(apply::all_keys(&apply.step.events));
                    wanted.echoes |= events.any(|incoming| needs::echoes(&incoming.event));
                }
                Part::Settled(settle) => wanted.settled.push(settle.delivery),
            }
        }
        wanted
    }

    fn names(&self) -> [Argument; 3] {
        columns!(key in &self.named => {
            bots: Texts = Some(key.bot.as_str().to_owned()),
            realms: Texts = Some(storable(&key.realm)),
            users: Texts = Some(storable(key.user.as_str())),
        })
    }

    /// Of [`READ`].
    fn arguments(&self, now: Timestamp) -> Vec<Argument> {
        let mut all = Vec::from(self.names());
        all.push(("hashes", keys::hashes(&self.keys)));
        all.extend(columns!(delivery in &self.settled => {
            settled: Ids = Some(delivery.as_uuid()),
        }));
        all.push(("now", now.into()));
        all
    }
}

/// Of each row the part that it is about.
const READ: &str = "SELECT * FROM handover_read($1, $2, $3, $4, $5, $6)";
const ECHOES: &str = "SELECT e.conversation, e.fingerprint, e.expires_at \
    FROM unnest($1, $2, $3) AS g (bot, realm, usr) \
    JOIN conversations c ON c.bot = g.bot AND c.realm = g.realm AND c.\"user\" = g.usr \
    JOIN echoes e ON e.conversation = c.id ORDER BY e.row";

#[derive(Debug, Default)]
struct Loaded {
    subjects: HashMap<ConversationKey, Subject>,
    deliveries: HashMap<DeliveryId, Delivery>,
}

/// Reads the conversations, their echoes, the keys that may be known, what is paused and what is to be settled, all as of
/// one moment.
async fn load(work: &mut Work, parts: &[Part]) -> Result<Loaded, Fault> {
    let wanted = Wanted::by(parts);
    let asked = arguments::values(wanted.arguments(work.now));
    let mut statements = vec![Statement::new(READ, asked)];
    if wanted.echoes {
        let names = arguments::values(wanted.names());
        statements.push(Statement::new(ECHOES, names));
    }
    let mut found = work.snapshot(&statements).await?.into_iter();
    let (mut rows, mut known, mut paused) = (Vec::new(), Vec::new(), Vec::new());
    let mut loaded = Loaded::default();
    for row in found.next().unwrap_or_default() {
        if row.try_get::<_, Option<ConversationId>>(0)?.is_some() {
            rows.push(row);
        } else if row.try_get::<_, Option<&[u8]>>(KEY)?.is_some() {
            known.push(row);
        } else if row.try_get::<_, Option<DeliveryId>>(DELIVERY)?.is_some() {
            let delivery = Delivery::read(&row, PAUSE, DELIVERY)?;
            loaded.deliveries.insert(delivery.id, delivery);
        } else {
            paused.push(row);
        }
    }
    let conditions = pauses::read(work, &paused, PAUSE)?;
    work.conditions = Some(conditions.clone());
    keys::read(work, &wanted.keys, &known, KEY)?;
    let mut echoes: HashMap<ConversationId, Vec<Echo>> = HashMap::new();
    for row in found.next().unwrap_or_default() {
        echoes.entry(row.try_get(0)?).or_default().push(Echo {
            fingerprint: row.try_get(1)?,
            until: row.try_get(2)?,
        });
    }
    for row in &rows {
        let mut subject = Subject::read(work, row, conditions.clone())?;
        if wanted.echoes {
            subject.knows_echoes(echoes.remove(&subject.state.id).unwrap_or_default());
        }
        let key = subject.state.key.clone();
        loaded.subjects.insert(key, subject);
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::{
        super::arguments::declared::{gives, of, takes},
        *,
    };

    #[test]
    fn every_value_is_what_the_function_takes_in_its_place() {
        let given = Wanted::default().arguments(Timestamp::default());
        assert_eq!(of(&given), takes("handover_read"));
    }

    #[test]
    fn what_is_read_stands_where_the_function_has_it() {
        let columns = gives("handover_read");
        let placed = [0, KEY, PAUSE, DELIVERY].map(|place| columns[place].as_str());
        let begin = ["id UUID", "hash BYTEA", "destination TEXT", "delivery UUID"];
        assert_eq!(placed, begin);
    }
}
