//! The conversation that a step is about: its row, read, turned over and written back.

use tokio_postgres::Row;

use super::{
    cancel,
    columns::{self, values},
    database::Statement,
    effects,
    fault::Fault,
    keys,
    memory::Change,
    pauses,
    work::Work,
    writes::{ConversationRow, Read},
};
use crate::{
    domain::{
        conversation::{Conversation, ConversationKey, Phase, Profile},
        delivery::Lane,
        effect::Effect,
        event::Event,
        handover::{Context, Echo, decide, needs::Needs},
        ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId},
        policy::Conditions,
        time::Timestamp,
    },
    store::{
        Applied,
        hashing::Hashed,
        observed::Observed,
        tally,
        turn::{Before, Gathered, Turned},
    },
};

#[derive(Debug)]
pub(super) struct Subject {
    /// Whether anything has been kept of this conversation.
    pub(super) is_stored: bool,
    pub(super) state: Conversation,
    stored_version: u64,
    /// A deadline that only moves away within a phase, as it does with every message, is not written: the timer looks too
    /// early once, and then when it is due.
    stored_wake_at: Option<Timestamp>,
    stored_phase: Option<Phase>,
    observed: Observed,
    /// Loaded when an event first needs them.
    echoes: Option<Vec<Echo>>,
    conditions: Conditions,
}

/// The columns that [`Subject::read`] reads, of `conversations c`.
macro_rules! subject {
    ($($rest:literal),+) => {
        concat!("SELECT c.id, c.revision, c.state, c.observed_since, c.handed_over, c.wake_at FROM ", $($rest),+)
    };
}

impl Subject {
    /// The conversation of this name, new if there is none.
    pub(super) async fn by_key(
        work: &mut Work,
        key: &ConversationKey,
        keys: &[Hashed],
    ) -> Result<Self, Fault> {
        let named = Statement::new(
            subject!("conversations c WHERE c.bot = $1 AND c.realm = $2 AND c.\"user\" = $3"),
            values![&key.bot, &key.realm, &key.user],
        );
        if let Some(subject) = Self::find(work, named, keys).await?.pop() {
            return Ok(subject);
        }
        Self::fresh(work, key).await
    }

    pub(super) async fn by_id(
        work: &mut Work,
        id: ConversationId,
        keys: &[Hashed],
    ) -> Result<Option<Self>, Fault> {
        let named = Statement::new(subject!("conversations c WHERE c.id = $1"), values![id]);
        Ok(Self::find(work, named, keys).await?.pop())
    }

    /// The conversation of this handover, if this desk has or had a leg of it.
    pub(super) async fn by_handover(
        work: &mut Work,
        id: HandoverId,
        desk: &DeskName,
        keys: &[Hashed],
    ) -> Result<Option<Self>, Fault> {
        let named = Statement::new(
            subject!(
                "handovers h JOIN conversations c ON c.id = h.conversation WHERE h.id = $1 ",
                "AND EXISTS (SELECT 1 FROM legs WHERE handover = $1 AND desk = $2)"
            ),
            values![id, desk],
        );
        Ok(Self::find(work, named, keys).await?.pop())
    }

    /// The conversation of this user of the bot, if there is one in all its realms. There are few realms, and each is
    /// looked into by the index that names conversations.
    pub(super) async fn by_user(
        work: &mut Work,
        bot: &BotName,
        user: &ExternalId,
        keys: &[Hashed],
    ) -> Result<Result<Self, Applied>, Fault> {
        let named = Statement::new(
            concat!(
                "WITH RECURSIVE realms (realm) AS (SELECT min(realm) FROM conversations WHERE bot = $1 UNION ALL ",
                "SELECT (SELECT min(realm) FROM conversations WHERE bot = $1 AND realm > realms.realm) FROM realms ",
                "WHERE realm IS NOT NULL) ",
                subject!(
                    "realms JOIN conversations c ON c.bot = $1 AND c.realm = realms.realm AND c.\"user\" = $2 LIMIT 2"
                )
            ),
            values![bot, user],
        );
        let mut found = Self::find(work, named, keys).await?;
        Ok(match (found.pop(), found.is_empty()) {
            (Some(subject), true) => Ok(subject),
            (None, _) => Err(Applied::NoSuchUser),
            _ => Err(Applied::SeveralUsers),
        })
    }

    /// One whose row must be there.
    pub(super) async fn existing(work: &mut Work, id: ConversationId) -> Result<Self, Fault> {
        Self::by_id(work, id, &[]).await?.ok_or(Fault::Missing)
    }

    /// A conversation of which nothing has been kept.
    pub(super) async fn fresh(work: &mut Work, key: &ConversationKey) -> Result<Self, Fault> {
        let conditions = pauses::conditions(work).await?;
        let id = ConversationId::from_uuid(work.new_id());
        work.writes.read.insert(id, Read::New);
        Ok(Self {
            is_stored: false,
            state: Conversation::new(id, key.clone()),
            stored_version: 0,
            stored_wake_at: None,
            stored_phase: None,
            observed: Observed::default(),
            echoes: None,
            conditions,
        })
    }

    /// Reads the conversation together with the keys that may be known and with what is paused, all as of one moment.
    async fn find(work: &mut Work, named: Statement, keys: &[Hashed]) -> Result<Vec<Self>, Fault> {
        let mut statements = vec![named, pauses::statement(work.now)];
        if !keys.is_empty() {
            statements.push(keys::statement(keys));
        }
        let mut found = work.snapshot(&statements).await?.into_iter();
        let rows = found.next().unwrap_or_default();
        let conditions = pauses::read(work, &found.next().unwrap_or_default(), 0)?;
        if let Some(known) = found.next() {
            keys::read(work, keys, &known, 0)?;
        }
        work.conditions = Some(conditions.clone());
        rows.iter()
            .map(|row| Self::read(work, row, conditions.clone()))
            .collect()
    }

    /// From a row of `id, revision, state, observed_since, handed_over, wake_at`.
    pub(super) fn read(work: &mut Work, row: &Row, conditions: Conditions) -> Result<Self, Fault> {
        let state: Conversation = columns::json(row, 2)?;
        work.writes
            .read
            .insert(row.try_get(0)?, Read::Revision(row.try_get(1)?));
        Ok(Self {
            is_stored: true,
            stored_version: state.version,
            stored_wake_at: row.try_get(5)?,
            stored_phase: state.handover.as_ref().map(|open| open.phase),
            state,
            observed: Observed {
                since: row.try_get(3)?,
                handed_over: row.try_get(4)?,
            },
            echoes: None,
            conditions,
        })
    }

    /// When its timer is to look at it: before the state says, or later if it has been looked at in vain.
    pub(super) const fn wake_at(&self) -> Option<Timestamp> {
        self.stored_wake_at
    }

    /// Takes over what the platform said about the user; written with the next turn or by [`Self::save`].
    pub(super) fn learn(&mut self, profile: &Profile) {
        self.state.learn(profile);
    }

    /// Reads what the event needs, lets `decide` turn the state over, and writes what it says.
    pub(super) async fn turn(
        mut self,
        work: &mut Work,
        event: &Event,
    ) -> Result<(Self, Turned), Fault> {
        let needs = Needs::of(event, &self.state, &work.ground.policy);
        let mut gathered = self.gather(work, &needs).await?;
        let before = Before::of(&self.state);
        let decision = {
            let ground = &work.ground;
            let mut new_id = || ground.ids.draw();
            decide(
                self.state,
                event,
                Context {
                    policy: &ground.policy,
                    conditions: &self.conditions,
                    now: work.now,
                    new_id: &mut new_id,
                    echoes: &mut gathered.echoes,
                    unsaid: &gathered.unsaid,
                    on_its_way: gathered.on_its_way,
                },
            )
        };
        self.state = decision.state;
        if needs.echoes {
            self.echoes = Some(gathered.echoes);
        }
        self.write(work, &before, &decision.effects).await?;
        Ok((
            self,
            Turned {
                effects: decision.effects,
                outcome: decision.outcome,
            },
        ))
    }

    async fn gather(&mut self, work: &mut Work, needs: &Needs) -> Result<Gathered, Fault> {
        let echoes = if needs.echoes {
            self.echoes(work).await?
        } else {
            Vec::new()
        };
        let unsaid = match needs.unsaid {
            Some(handover) => cancel::unsaid(work, Lane::Bot(self.state.id), handover).await?,
            None => Vec::new(),
        };
        let on_its_way = match needs.on_its_way {
            Some(leg) => cancel::told_now(work, Lane::Leg(leg)).await?,
            None => None,
        };
        if needs.open_at_desks {
            self.conditions.open = work.open_at_desks().await?;
        }
        Ok(Gathered {
            echoes,
            unsaid,
            on_its_way,
        })
    }

    /// Writes the state as the turn has left it and what was asked for, and says what that changes for others.
    async fn write(
        &mut self,
        work: &mut Work,
        before: &Before,
        effects: &[Effect],
    ) -> Result<(), Fault> {
        if self.is_stored || self.state.version != before.version {
            self.observed.follow(&self.state, effects, work.now);
            self.save(work)?;
        }
        effects::perform(work, self, effects).await?;
        if !effects.is_empty() {
            work.touch(self.state.id);
        }
        let desk = self.state.desk();
        if desk != before.desk.as_ref() {
            work.moved(before.desk.as_ref(), desk);
        }
        let tallies = tally::of_turn(before, &self.state, effects, work.now);
        work.after.tallies.extend(tallies);
        Ok(())
    }

    /// Has the row written if the state has changed since it was read or written.
    pub(super) fn save(&mut self, work: &mut Work) -> Result<(), Fault> {
        if self.is_stored && self.state.version == self.stored_version {
            return Ok(());
        }
        let phase = self.state.handover.as_ref().map(|open| open.phase);
        let wake_at = match (self.stored_wake_at, self.state.wake_at()) {
            (Some(looks_at), Some(due)) if phase == self.stored_phase => Some(due.min(looks_at)),
            (_, due) => due,
        };
        let row = ConversationRow {
            key: self.state.key.clone(),
            version: self.state.version,
            state: serde_json::to_string(&self.state)?,
            phase,
            wake_at,
            observed: self.observed,
            at_desk: self.state.desk().cloned(),
        };
        work.writes.conversations.insert(self.state.id, row);
        if let Some(wake_at) = wake_at
            && Some(wake_at) != self.stored_wake_at
        {
            work.change(Change::Wake(wake_at));
        }
        work.touch(self.state.id);
        self.is_stored = true;
        self.stored_wake_at = wake_at;
        self.stored_phase = phase;
        self.stored_version = self.state.version;
        Ok(())
    }

    /// What may come back to it, read with it.
    pub(super) fn knows_echoes(&mut self, echoes: Vec<Echo>) {
        self.echoes = Some(echoes);
    }

    /// A text that was just given to the platform may come back within this very step.
    pub(super) fn expect_echo(&mut self, echo: Echo) {
        if let Some(echoes) = &mut self.echoes {
            echoes.push(echo);
        }
    }

    async fn echoes(&mut self, work: &mut Work) -> Result<Vec<Echo>, Fault> {
        if let Some(echoes) = self.echoes.take() {
            return Ok(echoes);
        }
        if !self.is_stored {
            return Ok(Vec::new());
        }
        let sql = "SELECT fingerprint, expires_at FROM echoes WHERE conversation = $1 ORDER BY row";
        let rows = work.rows(sql, values![self.state.id]).await?;
        let echoes = rows.iter().map(|row| {
            Ok(Echo {
                fingerprint: row.try_get(0)?,
                until: row.try_get(1)?,
            })
        });
        echoes.collect()
    }
}
