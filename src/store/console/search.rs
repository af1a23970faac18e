//! What is searched for in the inbox: somebody's name or id, or an id of ours.

use uuid::Uuid;

use super::{InboxQuery, row::Listed};

/// As many rows are looked at for one page; what a filter or a search finds beyond is not found.
pub(in crate::store) const LOOKED_AT: usize = 20_000;

/// The id of a conversation, a handover or a message that the text of a query may be. A platform's users may be named
/// like that too.
pub(in crate::store) fn id(wanted: &InboxQuery) -> Option<Uuid> {
    text(wanted).parse().ok()
}

/// What a row must be to be shown.
pub(in crate::store) struct Sieve<'w> {
    wanted: &'w InboxQuery,
    /// In lower case. None: anything, or it was an id.
    text: Option<String>,
}

impl<'w> Sieve<'w> {
    /// `found`: the text is an id of ours, and the list is narrowed to whose it is.
    pub(in crate::store) fn new(wanted: &'w InboxQuery, found: bool) -> Self {
        let text = text(wanted);
        let is_name = !found && !text.is_empty();
        Self {
            wanted,
            text: is_name.then(|| text.to_lowercase()),
        }
    }

    pub(in crate::store) fn lets_all_through(&self) -> bool {
        self.wanted.bot.is_none() && self.wanted.desk.is_none() && self.text.is_none()
    }

    pub(in crate::store) fn lets_through(&self, listed: &Listed) -> bool {
        let bot = self.wanted.bot.as_ref();
        let desk = self.wanted.desk.as_ref();
        let handover = listed.handover.as_ref();
        let at = handover.and_then(|handover| handover.desk.as_ref());
        bot.is_none_or(|bot| *bot == listed.bot)
            && desk.is_none_or(|desk| at == Some(desk))
            && self.text.as_ref().is_none_or(|text| names(listed, text))
    }
}

fn text(wanted: &InboxQuery) -> &str {
    wanted.text.as_deref().map(str::trim).unwrap_or_default()
}

/// Whether the text, in lower case, is part of an id or of the name of the user.
fn names(listed: &Listed, text: &str) -> bool {
    let user = &listed.profile.user;
    let name = user.name();
    [
        Some(listed.user.as_str()),
        user.id.as_deref(),
        name.as_deref(),
    ]
    .into_iter()
    .flatten()
    .any(|part| part.to_lowercase().contains(text))
}
