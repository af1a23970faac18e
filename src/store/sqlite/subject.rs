//! The conversation that a step is about: its row, read, turned over and written back.

mod row;

use rusqlite::{OptionalExtension, params};

use self::row::Columns;
pub(super) use self::row::Stored;
use super::{cancel, effects, fault::Fault, memory::Change, work::Work};
use crate::{
    domain::{
        conversation::{Changed, Conversation, ConversationKey, Handover, Profile},
        delivery::{Destination, Lane},
        effect::Effect,
        event::Event,
        handover::{Context, Echo, decide, needs::Needs},
        ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId, LegId, MessageId},
        policy::Conditions,
    },
    store::{
        Applied,
        observed::Observed,
        tally,
        turn::{Before, Gathered, Turned},
    },
};

#[derive(Debug)]
pub(super) struct Subject {
    /// None: nothing has been kept of this conversation yet.
    pub(super) row: Option<i64>,
    pub(super) state: Conversation,
    stored_version: u64,
    stored_columns: Columns,
    stored_length: usize,
    /// Since the row was read or written.
    changed: Changed,
    /// To be written with this message, which is not recorded yet.
    progress: Option<(MessageId, String)>,
    observed: Observed,
    /// Loaded when an event first needs them.
    echoes: Option<Vec<Echo>>,
    /// Whether anything was taken from the answers of this leg, or from the bot's in its handover. None: not known.
    taken: Option<(LegId, bool)>,
    conditions: Conditions,
}

impl Subject {
    /// The conversation of this name, new if there is none.
    pub(super) fn by_key(work: &mut Work<'_>, key: &ConversationKey) -> Result<Self, Fault> {
        if let Some(stored) = work.cache.take_by_key(key) {
            return Ok(stored.into_subject(work));
        }
        let found = work
            .prepare(
                "SELECT row, state, phase, wake_at, observed_since, handed_over FROM conversations_now \
                 WHERE bot = ?1 AND realm = ?2 AND user = ?3",
            )?
            .query_row(params![key.bot, key.realm, key.user], Stored::read)
            .optional()?;
        match found {
            Some(stored) => {
                // It may be there although its name has been forgotten.
                work.cache.forget(stored.row);
                Ok(stored.into_subject(work))
            }
            None => Ok(Self {
                row: None,
                state: Conversation::new(ConversationId::from_uuid(work.new_id()), key.clone()),
                stored_version: 0,
                stored_columns: Columns::default(),
                stored_length: 0,
                changed: Changed::Nothing,
                progress: None,
                observed: Observed::default(),
                echoes: None,
                taken: None,
                conditions: work.memory.conditions(work.now),
            }),
        }
    }

    pub(super) fn by_id(work: &mut Work<'_>, id: ConversationId) -> Result<Option<Self>, Fault> {
        let row = work
            .prepare("SELECT row FROM conversations WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        row.map(|row| Self::by_row(work, row)).transpose()
    }

    /// The conversation of this handover, if this desk has or had a leg of it.
    pub(super) fn by_handover(
        work: &mut Work<'_>,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<Self>, Fault> {
        let row = work
            .prepare(
                "SELECT conversation FROM handovers WHERE id = ?1 \
                 AND EXISTS (SELECT 1 FROM legs WHERE handover = ?1 AND desk = ?2)",
            )?
            .query_row(params![id, desk], |row| row.get(0))
            .optional()?;
        row.map(|row| Self::by_row(work, row)).transpose()
    }

    /// The conversation of this user of the bot, if there is one in all its realms. There are few realms, and each is
    /// looked into by the index that names conversations.
    pub(super) fn by_user(
        work: &mut Work<'_>,
        bot: &BotName,
        user: &ExternalId,
    ) -> Result<Result<Self, Applied>, Fault> {
        let mut statement = work.prepare(
            "WITH RECURSIVE realms (realm) AS (SELECT min(realm) FROM conversations WHERE bot = ?1 UNION ALL \
             SELECT (SELECT min(realm) FROM conversations WHERE bot = ?1 AND realm > realms.realm) FROM realms \
             WHERE realm IS NOT NULL) \
             SELECT c.row FROM realms JOIN conversations c \
             ON c.bot = ?1 AND c.realm = realms.realm AND c.user = ?2 LIMIT 2",
        )?;
        let found = statement.query_map(params![bot, user], |row| row.get(0))?;
        let found = found.collect::<Result<Vec<i64>, _>>()?;
        drop(statement);
        Ok(match found.as_slice() {
            [row] => Ok(Self::by_row(work, *row)?),
            [] => Err(Applied::NoSuchUser),
            _ => Err(Applied::SeveralUsers),
        })
    }

    pub(super) fn by_row(work: &mut Work<'_>, row: i64) -> Result<Self, Fault> {
        if let Some(stored) = work.cache.take(row) {
            return Ok(stored.into_subject(work));
        }
        let sql = "SELECT row, state, phase, wake_at, observed_since, handed_over FROM conversations_now WHERE row = ?1";
        let found = work
            .prepare(sql)?
            .query_row([row], Stored::read)
            .optional()?;
        Ok(found.ok_or(Fault::Missing)?.into_subject(work))
    }

    /// For the next step. All of it is kept.
    pub(super) fn put_back(self, work: &mut Work<'_>) {
        if let Some(row) = self.row {
            work.cache.put(Stored {
                row,
                state: self.state,
                length: self.stored_length,
                columns: self.stored_columns,
                taken: self.taken,
            });
        }
    }

    /// Takes over what the platform said about the user; written with the next turn or by [`Self::save`].
    pub(super) fn learn(&mut self, work: &mut Work<'_>, profile: &Profile) {
        if self.state.learn(profile) {
            self.changed = Changed::More;
            work.let_go([Some(Lane::Bot(self.state.id)), self.open_lane()]);
        }
    }

    /// Reads what the event needs, lets `decide` turn the state over, and writes what it says.
    pub(super) fn turn(
        mut self,
        work: &mut Work<'_>,
        event: &Event,
    ) -> Result<(Self, Turned), Fault> {
        let needs = Needs::of(event, &self.state, &work.settings.policy);
        let mut gathered = self.gather(work, &needs)?;
        let before = Before::of(&self.state);
        let mut new_id = work.settings.new_id;
        let decision = decide(
            self.state,
            event,
            Context {
                policy: &work.settings.policy,
                conditions: &self.conditions,
                now: work.now,
                new_id: &mut new_id,
                echoes: &mut gathered.echoes,
                unsaid: &gathered.unsaid,
                on_its_way: gathered.on_its_way,
            },
        );
        self.state = decision.state;
        self.changed = self.changed.max(decision.changed);
        if needs.echoes {
            self.echoes = Some(gathered.echoes);
        }
        self.write(work, before, &decision.effects)?;
        Ok((
            self,
            Turned {
                effects: decision.effects,
                outcome: decision.outcome,
            },
        ))
    }

    fn gather(&mut self, work: &mut Work<'_>, needs: &Needs) -> Result<Gathered, Fault> {
        let echoes = if needs.echoes {
            self.echoes(work)?
        } else {
            Vec::new()
        };
        let unsaid = match needs.unsaid {
            Some(handover) => cancel::unsaid(work, Lane::Bot(self.state.id), handover)?,
            None => Vec::new(),
        };
        let on_its_way = match needs.on_its_way {
            Some(leg) => cancel::told_now(work, Lane::Leg(leg))?,
            None => None,
        };
        if needs.open_at_desks {
            self.conditions.open = work.open_at_desks();
        }
        Ok(Gathered {
            echoes,
            unsaid,
            on_its_way,
        })
    }

    /// Writes the state as the turn has left it and what was asked for, and says what that changes for others.
    fn write(
        &mut self,
        work: &mut Work<'_>,
        before: Before,
        effects: &[Effect],
    ) -> Result<(), Fault> {
        if self.row.is_some() || self.state.version != before.version {
            self.observed.follow(&self.state, effects, work.now);
            self.keep(work, effects)?;
        }
        effects::perform(work, self, effects)?;
        if !effects.is_empty() {
            work.change(Change::Touched(self.state.id));
        }
        let was_handed_over = before.open.is_some();
        if self.state.handover.is_some() != was_handed_over {
            work.change(Change::HandedOver {
                key: self.state.key.clone(),
                until: was_handed_over.then_some(work.now),
            });
        }
        let tallies = tally::of_turn(&before, &self.state, effects, work.now);
        work.batch.tallies.extend(tallies);
        if self.state.desk() != before.desk.as_ref() {
            work.change(Change::Moved {
                from: before.desk,
                to: self.state.desk().cloned(),
            });
        }
        Ok(())
    }

    /// A text that was just given to the platform may come back within this very step.
    pub(super) fn expect_echo(&mut self, echo: Echo) {
        if let Some(echoes) = &mut self.echoes {
            echoes.push(echo);
        }
    }

    /// What is to be written with this message of how far the conversation has come, as JSON.
    pub(super) fn progress_with(&mut self, message: MessageId) -> Option<String> {
        let progress = self.progress.take_if(|(with, _)| *with == message);
        progress.map(|(_, progress)| progress)
    }

    /// Of the state as it was last read or written whole, as JSON.
    pub(super) fn length(&self) -> usize {
        self.stored_length
    }

    /// As far as is known when the step begins.
    pub(super) fn may_be_called(&self, destination: &Destination) -> bool {
        !self.conditions.closed.contains_key(destination)
    }

    /// Whether an answer gave anything that calls of this leg, or to the bot, need.
    pub(super) fn was_taken(&mut self, work: &Work<'_>) -> Result<bool, Fault> {
        let Some(open) = &self.state.handover else {
            return Ok(false);
        };
        let leg = open.leg().map(|leg| leg.id);
        match self.taken {
            Some((of, taken)) if Some(of) == leg => Ok(taken),
            _ => {
                let sql = "SELECT EXISTS (SELECT 1 FROM legs WHERE id = ?1 AND taken IS NOT NULL) \
                           OR EXISTS (SELECT 1 FROM handovers WHERE id = ?2 AND taken IS NOT NULL)";
                let taken = work
                    .prepare(sql)?
                    .query_row(params![leg, open.id], |row| row.get(0))?;
                self.taken = leg.map(|leg| (leg, taken));
                Ok(taken)
            }
        }
    }

    /// An answer in this lane gave something that later calls need.
    pub(super) fn take_of(&mut self, work: &mut Work<'_>, lane: Lane) {
        self.taken = None;
        let open = self.open_lane().filter(|open| *open != lane);
        work.let_go([Some(lane), open]);
    }

    /// Of the leg that has the handover.
    fn open_lane(&self) -> Option<Lane> {
        let open = self.state.handover.as_ref();
        open.and_then(Handover::leg).map(|leg| Lane::Leg(leg.id))
    }

    fn echoes(&mut self, work: &Work<'_>) -> Result<Vec<Echo>, Fault> {
        match (self.echoes.take(), self.row) {
            (Some(echoes), _) => Ok(echoes),
            (None, None) => Ok(Vec::new()),
            (None, Some(row)) => {
                let mut statement =
                    work.prepare("SELECT fingerprint, expires_at FROM echoes WHERE conversation = ?1 ORDER BY row")?;
                let found = statement.query_map([row], |row| {
                    Ok(Echo {
                        fingerprint: row.get(0)?,
                        until: row.get(1)?,
                    })
                })?;
                Ok(found.collect::<Result<_, _>>()?)
            }
        }
    }
}
