//! The words of erasure: whom it is about, and how far it has come.

use std::time::Duration;

use super::DeliveryView;
use crate::domain::{
    ids::{BotName, ErasureId},
    time::Timestamp,
};

/// Whose conversations are erased. All that is said must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    pub user: Named,
    pub bot: Option<BotName>,
    /// `DRAFT` or `LIVE` where the platform has versions.
    pub version: Option<String>,
}

/// How a user is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// As the conversation's key names the user.
    Key(String),
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
    /// In how many of them the platform has deleted its part, and in how many it was asked in vain.
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
    /// It goes on when something is settled, or when a reader of the file lets go of it.
    Waits,
}

impl Whose {
    /// What is owed is given up after so long. Longer than a platform that is away is asked, so that as a rule the
    /// delivery's own end comes first.
    pub const LIMIT: Duration = Duration::from_hours(25);
}
