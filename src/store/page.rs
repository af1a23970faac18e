//! A part of a list.

use super::columns::number;

/// So many bytes of contents are read from a transcript at once, or one message that is longer: hundreds of ordinary ones
/// take less, and how much a few may hold is up to others.
pub(super) const AT_ONCE: usize = 1 << 20;
/// So many messages are read at once for who reads all of them.
pub(super) const PART: usize = 200;

#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub more: bool,
}

impl<T> Page<T> {
    /// Of what was found when [`one_more`] was asked for.
    pub(super) fn of(mut items: Vec<T>, limit: usize) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}

/// One row more than is shown tells whether there are more.
pub(super) fn one_more(limit: usize) -> i64 {
    number(limit).saturating_add(1)
}
