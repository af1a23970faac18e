//! A part of a list.

use super::columns::number;

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
