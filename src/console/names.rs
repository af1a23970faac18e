//! What users are called whom others name by an id.

use std::collections::HashMap;

use uuid::Uuid;

use super::{state::State, texts};
use crate::store;

/// By the ids of their conversations or handovers, as far as these are still there.
pub(super) async fn of(
    state: &State,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, store::Error> {
    let users = state.store().users_of(ids.collect()).await?;
    let named = users.into_iter().map(|(id, user)| {
        let name = user.name.unwrap_or_else(|| texts::GUEST.to_owned());
        (id, name)
    });
    Ok(named.collect())
}
