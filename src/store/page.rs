//! A part of a list.

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
    rows(limit).saturating_add(1)
}

/// A number of rows as a statement takes it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
