//! A conversation as it is kept: read, and written back where it has changed.

use rusqlite::{Row, params};

use super::{
    super::{
        columns::{self, integer, number},
        fault::Fault,
        memory::Change,
        work::Work,
    },
    Subject,
};
use crate::{
    domain::{
        conversation::{Changed, Conversation, Phase, Progress},
        effect::Effect,
        ids::LegId,
        time::Timestamp,
    },
    store::observed::Observed,
};

/// Of a message that carries progress, in bytes: it has its place on a page with others.
const LONGEST: usize = 2048;

/// A conversation as it is kept.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Stored {
    pub(in crate::store::sqlite) row: i64,
    pub(in crate::store::sqlite) state: Conversation,
    /// Of the state, as JSON.
    pub(in crate::store::sqlite) length: usize,
    pub(super) columns: Columns,
    pub(super) taken: Option<(LegId, bool)>,
}

/// What stands beside the state to be searched. It changes seldom, and each change is one of an index too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    phase: Option<Phase>,
    wake_at: Option<Timestamp>,
    observed: Observed,
}

impl Stored {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            state: columns::json(row, 1)?,
            length: row.get_ref(1)?.as_str()?.len(),
            columns: Columns {
                phase: row.get(2)?,
                wake_at: row.get(3)?,
                observed: Observed {
                    since: row.get(4)?,
                    handed_over: row.get(5)?,
                },
            },
            taken: None,
        })
    }

    pub(super) fn into_subject(self, work: &Work<'_>) -> Subject {
        Subject {
            row: Some(self.row),
            stored_version: self.state.version,
            stored_columns: self.columns,
            stored_length: self.length,
            changed: Changed::Nothing,
            progress: None,
            state: self.state,
            observed: self.columns.observed,
            echoes: None,
            taken: self.taken,
            conditions: work.memory.conditions(work.now),
        }
    }
}

impl Subject {
    /// Keeps what a turn has changed: the progress with a message if that is all, else the whole state.
    pub(super) fn keep(&mut self, work: &mut Work<'_>, effects: &[Effect]) -> Result<(), Fault> {
        if self.changed == Changed::Progress
            && self.columns() == self.stored_columns
            && self.keep_progress(work, effects)?
        {
            self.mark_kept(work);
            return Ok(());
        }
        self.save(work)
    }

    /// With the newest message: one that this turn records, or the one before. Says whether there is one, and not a long one:
    /// all of it would be written anew, and read with every look at the conversation.
    fn keep_progress(&mut self, work: &Work<'_>, effects: &[Effect]) -> Result<bool, Fault> {
        let Some(progress) = Progress::of(&self.state) else {
            return Ok(false);
        };
        let progress = serde_json::to_string(&progress)?;
        let newest = effects.iter().find_map(|effect| match effect {
            Effect::Record(message) if message.seq + 1 == self.state.next_seq => Some(message),
            _ => None,
        });
        if let Some(message) = newest {
            let is_long = message.raw.as_ref().is_some_and(|raw| raw.len() > LONGEST);
            self.progress = (!is_long).then_some((message.id, progress));
            return Ok(!is_long);
        }
        let sql = "UPDATE messages SET progress = ?2 WHERE conversation = ?1 \
                   AND seq = (SELECT max(seq) FROM messages WHERE conversation = ?1) \
                   AND octet_length(content) + coalesce(octet_length(raw), 0) <= ?3";
        let longest = number(LONGEST);
        Ok(work.execute(sql, params![self.row, progress, longest])? > 0)
    }

    /// Writes the whole state if it has changed since it was read or written.
    pub(in crate::store::sqlite) fn save(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        if self.row.is_some() && self.state.version == self.stored_version {
            return Ok(());
        }
        let state = serde_json::to_string(&self.state)?;
        let columns = self.columns();
        match self.row {
            Some(row) if columns == self.stored_columns => self.update(work, row, &state)?,
            Some(row) => self.update_all(work, row, &state, columns)?,
            None => self.insert(work, &state, columns)?,
        }
        if let Some(wake_at) = columns.wake_at
            && columns.wake_at != self.stored_columns.wake_at
        {
            work.change(Change::Wake(wake_at));
        }
        self.stored_columns = columns;
        self.stored_length = state.len();
        self.mark_kept(work);
        Ok(())
    }

    fn mark_kept(&mut self, work: &mut Work<'_>) {
        work.change(Change::Touched(self.state.id));
        self.stored_version = self.state.version;
        self.changed = Changed::Nothing;
    }

    fn columns(&self) -> Columns {
        Columns {
            phase: self.state.handover.as_ref().map(|open| open.phase),
            wake_at: self.state.wake_at(),
            observed: self.observed,
        }
    }

    fn update(&self, work: &Work<'_>, row: i64, state: &str) -> Result<(), Fault> {
        work.execute(
            "UPDATE conversations SET version = ?2, state = ?3, updated_at = ?4 WHERE row = ?1",
            params![row, integer(self.state.version), state, work.now],
        )?;
        Ok(())
    }

    fn update_all(
        &self,
        work: &Work<'_>,
        row: i64,
        state: &str,
        columns: Columns,
    ) -> Result<(), Fault> {
        work.execute(
            "UPDATE conversations SET version = ?2, state = ?3, updated_at = ?4, phase = ?5, wake_at = ?6, \
             observed_since = ?7, handed_over = ?8 WHERE row = ?1",
            params![
                row,
                integer(self.state.version),
                state,
                work.now,
                columns.phase,
                columns.wake_at,
                columns.observed.since,
                columns.observed.handed_over
            ],
        )?;
        Ok(())
    }

    fn insert(&mut self, work: &Work<'_>, state: &str, columns: Columns) -> Result<(), Fault> {
        let key = &self.state.key;
        work.execute(
            "INSERT INTO conversations (id, bot, realm, user, version, state, updated_at, phase, wake_at, \
             observed_since, handed_over) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.state.id,
                key.bot,
                key.realm,
                key.user,
                integer(self.state.version),
                state,
                work.now,
                columns.phase,
                columns.wake_at,
                columns.observed.since,
                columns.observed.handed_over
            ],
        )?;
        self.row = Some(work.connection.last_insert_rowid());
        Ok(())
    }
}
