//! What is searched for in the inbox: somebody's name or id, or an id of ours.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::{super::columns::AnyId, super::fault::Fault, row::Found};
use crate::store::InboxQuery;

/// What a row must be to be shown.
pub(super) struct Sieve<'w> {
    wanted: &'w InboxQuery,
    /// In lower case. None: anything, or it was an id.
    text: Option<String>,
}

/// What the text of a query means.
pub(super) enum Meant {
    Anybody,
    /// The conversation that has this id, or whose handover or message has it.
    One(i64),
    Named(String),
}

impl Meant {
    pub(super) fn by(connection: &Connection, wanted: &InboxQuery) -> Result<Self, Fault> {
        let text = wanted.text.as_deref().map(str::trim).unwrap_or_default();
        if text.is_empty() {
            return Ok(Self::Anybody);
        }
        let Ok(id) = text.parse::<Uuid>() else {
            return Ok(Self::Named(text.to_lowercase()));
        };
        let sql = "SELECT row FROM conversations WHERE id = ?1 \
                   UNION ALL SELECT conversation FROM handovers WHERE id = ?1 \
                   UNION ALL SELECT conversation FROM messages WHERE id = ?1 LIMIT 1";
        let found = connection
            .prepare_cached(sql)?
            .query_row([AnyId(id)], |row| row.get(0))
            .optional()?;
        Ok(match found {
            Some(row) => Self::One(row),
            // A platform's users may be named like that too.
            None => Self::Named(text.to_lowercase()),
        })
    }
}

impl<'w> Sieve<'w> {
    pub(super) fn new(wanted: &'w InboxQuery, meant: Meant) -> Self {
        let text = match meant {
            Meant::Named(text) => Some(text),
            Meant::Anybody | Meant::One(_) => None,
        };
        Self { wanted, text }
    }

    pub(super) fn lets_through(&self, found: &Found) -> bool {
        let bot = self.wanted.bot.as_ref();
        let desk = self.wanted.desk.as_ref();
        let at = found.handover.as_ref().map(|handover| &handover.desk);
        bot.is_none_or(|bot| *bot == found.bot)
            && desk.is_none_or(|desk| at == Some(desk))
            && self.text.as_ref().is_none_or(|text| names(found, text))
    }
}

/// Whether the text, in lower case, is part of an id or of the name of the user.
fn names(found: &Found, text: &str) -> bool {
    let user = &found.profile.user;
    let name = user.name();
    [
        Some(found.user.as_str()),
        user.id.as_deref(),
        name.as_deref(),
    ]
    .into_iter()
    .flatten()
    .any(|part| part.to_lowercase().contains(text))
}
