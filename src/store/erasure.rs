//! The words of erasure: whom it is about, and how far it has come.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::DeliveryView;
use crate::domain::{
    conversation::Profile,
    ids::{BotName, ErasureId},
    time::Timestamp,
};

/// As many conversations are erased side by side.
pub(super) const ERASED_AT_ONCE: usize = 50;
/// As many rows are looked through in one statement, where no index leads to those that are meant.
pub(super) const LOOKED_THROUGH_AT_ONCE: i64 = 20_000;
/// As much of what is still owed is shown.
pub(super) const SHOWN: usize = 20;

/// Whose conversations are erased. All that is said must hold, and of the names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    pub named: Vec<Named>,
    pub bot: Option<BotName>,
    /// `DRAFT` or `LIVE` where the platform has versions.
    pub version: Option<String>,
}

/// How a user is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// As the conversation's key names the user.
    Key(String),
    /// The same, with each of these bots otherwise.
    KeyWith(BTreeMap<BotName, String>),
    /// As the profile does, which may be the same in several conversations.
    Profile(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Erasure {
    pub id: ErasureId,
    pub requested_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// How many it is about, and how many of them are not gone yet.
    pub conversations: u64,
    pub left: u64,
    /// In how many of them the platform has deleted its part, and in how many it keeps it: it was asked in vain, or nobody
    /// could ask it.
    pub platform_deleted: u64,
    pub platform_kept: u64,
    /// What is still owed in them, a few of it.
    pub waits_for: Vec<DeliveryView>,
}

/// How a turn of [`super::Store::go_on_erasing`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is to be erased.
    All,
    /// There is more to do at once.
    More,
    /// It goes on when something is settled, when another replica has told a conversation, or when a reader of the file lets
    /// go of it.
    Waits,
}

impl Whose {
    /// What is owed is given up after so long. Longer than a platform that is away is asked, so that as a rule the
    /// delivery's own end comes first.
    pub const LIMIT: Duration = Duration::from_hours(25);

    /// Whether the columns of a conversation alone do not say whose it is.
    pub(super) const fn asks_the_state(&self, named: &Named) -> bool {
        matches!(named, Named::Profile(_)) || self.version.is_some()
    }

    /// Of a conversation that the columns speak for. None: its state cannot be read, so there is nobody who could still need
    /// it, while somebody wants it gone.
    pub(super) fn is_meant(&self, named: &Named, owner: Option<&Owner>) -> bool {
        let Some(Owner { profile }) = owner else {
            return true;
        };
        let id = match named {
            Named::Profile(id) => Some(id),
            Named::Key(_) | Named::KeyWith(_) => None,
        };
        (id.is_none() || profile.user.id.as_ref() == id)
            && (self.version.is_none() || profile.version == self.version)
    }
}

/// What a conversation's state says of whose it is; the rest need not be readable.
#[derive(Deserialize)]
pub(super) struct Owner {
    profile: Profile,
}
