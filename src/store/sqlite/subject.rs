//! The conversation that a step is about: its row, read, turned over and written back.

use rusqlite::{OptionalExtension, Row, params};

use super::{
    columns::integer,
    effects,
    fault::Fault,
    memory::Change,
    tally::{self, Before},
    work::Work,
};
use crate::domain::{
    conversation::{Conversation, ConversationKey, Profile},
    effect::Effect,
    event::Event,
    handover::{Context, Echo, Outcome, decide},
    ids::{BotName, ConversationId, DeskName, ExternalId, HandoverId},
    policy::Conditions,
    time::Timestamp,
};
use crate::store::Applied;

#[derive(Debug)]
pub(super) struct Subject {
    /// None: nothing has been kept of this conversation yet.
    pub(super) row: Option<i64>,
    pub(super) state: Conversation,
    stored_version: u64,
    observed_since: Option<Timestamp>,
    handed_over: bool,
    /// Loaded when an event first needs them.
    echoes: Option<Vec<Echo>>,
    conditions: Conditions,
}

/// What one event did.
#[derive(Debug)]
pub(super) struct Turned {
    pub(super) effects: Vec<Effect>,
    pub(super) outcome: Outcome,
}

impl Subject {
    /// The conversation of this name, new if there is none.
    pub(super) fn by_key(work: &Work<'_>, key: &ConversationKey) -> Result<Self, Fault> {
        let found = work
            .prepare(
                "SELECT row, state, observed_since, handed_over FROM conversations \
                 WHERE bot = ?1 AND realm = ?2 AND user = ?3",
            )?
            .query_row(params![key.bot, key.realm, key.user], Stored::read)
            .optional()?;
        match found {
            Some(stored) => stored.into_subject(work),
            None => Ok(Self {
                row: None,
                state: Conversation::new(ConversationId::from_uuid(work.new_id()), key.clone()),
                stored_version: 0,
                observed_since: None,
                handed_over: false,
                echoes: None,
                conditions: work.memory.conditions(work.now),
            }),
        }
    }

    /// The conversation of this handover, if this desk has or had a leg of it.
    pub(super) fn by_handover(
        work: &Work<'_>,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<Self>, Fault> {
        work.prepare(
            "SELECT c.row, c.state, c.observed_since, c.handed_over \
             FROM handovers h JOIN conversations c ON c.row = h.conversation \
             WHERE h.id = ?1 AND EXISTS (SELECT 1 FROM legs l WHERE l.handover = ?1 AND l.desk = ?2)",
        )?
        .query_row(params![id, desk], Stored::read)
        .optional()?
        .map(|stored| stored.into_subject(work))
        .transpose()
    }

    /// The conversation of this user of the bot, if there is one in all its realms. There are few realms, and each is
    /// looked into by the index that names conversations.
    pub(super) fn by_user(
        work: &Work<'_>,
        (bot, user): (&BotName, &ExternalId),
    ) -> Result<Result<Self, Applied>, Fault> {
        let mut statement = work.prepare(
            "WITH RECURSIVE realms (realm) AS (SELECT min(realm) FROM conversations WHERE bot = ?1 UNION ALL \
             SELECT (SELECT min(realm) FROM conversations WHERE bot = ?1 AND realm > realms.realm) FROM realms \
             WHERE realm IS NOT NULL) \
             SELECT c.row, c.state, c.observed_since, c.handed_over FROM realms JOIN conversations c \
             ON c.bot = ?1 AND c.realm = realms.realm AND c.user = ?2 LIMIT 2",
        )?;
        let found = statement.query_map(params![bot, user], Stored::read)?;
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        Ok(match (found.pop(), found.is_empty()) {
            (Some(stored), true) => Ok(stored.into_subject(work)?),
            (None, _) => Err(Applied::NoSuchUser),
            (Some(_), false) => Err(Applied::SeveralUsers),
        })
    }

    pub(super) fn by_row(work: &Work<'_>, row: i64) -> Result<Self, Fault> {
        work.prepare(
            "SELECT row, state, observed_since, handed_over FROM conversations WHERE row = ?1",
        )?
        .query_row([row], Stored::read)
        .optional()?
        .ok_or(Fault::Missing)?
        .into_subject(work)
    }

    /// Takes over what the platform said about the user; written with the next turn or by [`Self::save`].
    pub(super) fn learn(&mut self, profile: &Profile) {
        let mut known = self.state.profile.clone();
        known.merge(profile);
        if known != self.state.profile {
            self.state.profile = known;
            self.state.version += 1;
        }
    }

    /// Lets `decide` turn the state over for one event and writes what it says.
    pub(super) fn turn(
        mut self,
        work: &mut Work<'_>,
        event: &Event,
    ) -> Result<(Self, Turned), Fault> {
        let mut echoes = self.echoes(work, event)?;
        if may_ask_a_desk(event) && work.settings.policy.counts_open() {
            self.conditions.open = work.open_at_desks();
        }
        let desk = self.state.desk().cloned();
        let mut new_id = work.settings.new_id;
        let before = self.state.version;
        let open_before = Before::of(&self.state);
        let decision = decide(
            self.state,
            event,
            Context {
                policy: &work.settings.policy,
                conditions: &self.conditions,
                now: work.now,
                new_id: &mut new_id,
                echoes: &mut echoes,
            },
        );
        self.state = decision.state;
        if self.state.desk() != desk.as_ref() {
            work.change(Change::Moved {
                from: desk,
                to: self.state.desk().cloned(),
            });
        }
        if needs_echoes(event) {
            self.echoes = Some(echoes);
        }
        if self.row.is_some() || self.state.version != before {
            let observes = decision
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Record(_)));
            self.handed_over |= decision
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Handover(_)));
            if self.handed_over {
                self.observed_since = None;
            } else if observes {
                self.observed_since.get_or_insert(work.now);
            }
            self.save(work)?;
        }
        effects::perform(work, &mut self, (event, &decision.effects))?;
        let states = (open_before.as_ref(), &self.state);
        let tallies = tally::of_turn(states, &decision.effects, work.now);
        work.batch.tallies.extend(tallies);
        Ok((
            self,
            Turned {
                effects: decision.effects,
                outcome: decision.outcome,
            },
        ))
    }

    /// Writes the row if the state has changed since it was read or written.
    pub(super) fn save(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        if self.row.is_some() && self.state.version == self.stored_version {
            return Ok(());
        }
        let state = serde_json::to_string(&self.state)?;
        let phase = self.state.handover.as_ref().map(|handover| handover.phase);
        let wake_at = self.state.wake_at();
        let version = integer(self.state.version);
        if let Some(row) = self.row {
            work.execute(
                "UPDATE conversations SET version = ?2, state = ?3, phase = ?4, wake_at = ?5, updated_at = ?6, \
                 observed_since = ?7, handed_over = ?8 WHERE row = ?1",
                params![row, version, state, phase, wake_at, work.now, self.observed_since, self.handed_over],
            )?;
        } else {
            let key = &self.state.key;
            work.execute(
                "INSERT INTO conversations (id, bot, realm, user, version, state, phase, wake_at, updated_at, \
                 observed_since, handed_over) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    self.state.id,
                    key.bot,
                    key.realm,
                    key.user,
                    version,
                    state,
                    phase,
                    wake_at,
                    work.now,
                    self.observed_since,
                    self.handed_over
                ],
            )?;
            self.row = Some(work.connection.last_insert_rowid());
        }
        self.stored_version = self.state.version;
        if let Some(wake_at) = wake_at {
            work.change(Change::Wake(wake_at));
        }
        Ok(())
    }

    /// A text that was just given to the platform may come back within this very step.
    pub(super) fn expect_echo(&mut self, echo: Echo) {
        if let Some(echoes) = &mut self.echoes {
            echoes.push(echo);
        }
    }

    fn echoes(&mut self, work: &Work<'_>, event: &Event) -> Result<Vec<Echo>, Fault> {
        if !needs_echoes(event) {
            return Ok(Vec::new());
        }
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

/// What is only said asks no desk, and there is far more of it than of anything else.
fn may_ask_a_desk(event: &Event) -> bool {
    !matches!(event, Event::UserSaid(_) | Event::BotSaid(_))
}

fn needs_echoes(event: &Event) -> bool {
    matches!(event, Event::BotSaid(_) | Event::HandoverRequested(_))
}

struct Stored {
    row: i64,
    state: String,
    observed_since: Option<Timestamp>,
    handed_over: bool,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            state: row.get(1)?,
            observed_since: row.get(2)?,
            handed_over: row.get(3)?,
        })
    }

    fn into_subject(self, work: &Work<'_>) -> Result<Subject, Fault> {
        let state: Conversation = serde_json::from_str(&self.state)?;
        Ok(Subject {
            row: Some(self.row),
            stored_version: state.version,
            state,
            observed_since: self.observed_since,
            handed_over: self.handed_over,
            echoes: None,
            conditions: work.memory.conditions(work.now),
        })
    }
}
