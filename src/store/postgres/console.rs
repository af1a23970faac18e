//! What the operator's console asks of the store.

pub(super) mod conversation;
pub(super) mod inbox;
mod row;
pub(super) mod sessions;

