//! What users are called whom others name by an id.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::{conversation::row_of, session::SignedIn, state::State, texts};
use crate::{domain::ids::ConversationId, store::InboxRow};

/// Older ones keep their ids, as do those that cannot be read: each is looked up alone.
const MOST: usize = 20;

/// By the ids of their conversations, as far as these are still there.
pub(super) async fn of_conversations(
    state: &State,
    who: &SignedIn,
    ids: impl Iterator<Item = Uuid>,
) -> HashMap<Uuid, String> {
    let mut names = HashMap::new();
    for id in newest(ids) {
        let conversation = ConversationId::from_uuid(id);
        let row = state.store().inbox_row(conversation, &who.operator).await;
        names.extend(row.ok().flatten().map(|row| (id, name(&row))));
    }
    names
}

/// By the ids of their handovers.
pub(super) async fn of_handovers(
    state: &State,
    who: &SignedIn,
    ids: impl Iterator<Item = Uuid>,
) -> HashMap<Uuid, String> {
    let mut names = HashMap::new();
    for id in newest(ids) {
        let row = row_of(state, who, id).await;
        names.extend(row.ok().flatten().map(|row| (id, name(&row))));
    }
    names
}

/// Each once: ids are in the order of time.
fn newest(ids: impl Iterator<Item = Uuid>) -> impl Iterator<Item = Uuid> {
    let ids: BTreeSet<Uuid> = ids.collect();
    ids.into_iter().rev().take(MOST)
}

fn name(row: &InboxRow) -> String {
    let name = row.profile.user.name();
    name.unwrap_or_else(|| texts::GUEST.to_owned())
}
