//! From a handover, as warnings and logs name it, to the conversation that it belongs to.

use axum::{
    Router,
    extract::State as Shared,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use uuid::Uuid;

use super::unknown;
use crate::{
    console::{
        extract::Path,
        faults::Fault,
        layout::{Frame, NavItem},
        session::SignedIn,
        state::State,
    },
    store::{self, InboxList, InboxQuery, InboxRow},
};

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/handovers/{id}", get(show))
}

async fn show(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
) -> Result<Response, Fault> {
    if let Some(row) = row_of(&state, &who, id).await? {
        let page = format!("/console/conversations/{}", row.conversation);
        return Ok(Redirect::to(&page).into_response());
    }
    let frame = Frame {
        who: &who,
        here: NavItem::Inbox,
        counts: state.counts(&who).await,
    };
    Ok(unknown(&frame))
}

/// The inbox finds a conversation by any id, in the list that it stands in.
pub(in crate::console) async fn row_of(
    state: &State,
    who: &SignedIn,
    id: Uuid,
) -> Result<Option<InboxRow>, store::Error> {
    for list in [InboxList::Open, InboxList::Closed] {
        let wanted = InboxQuery {
            list,
            operator: who.operator.clone(),
            bot: None,
            desk: None,
            text: Some(id.to_string()),
            after: None,
            limit: 1,
        };
        if let Some(row) = state.store().inbox(wanted).await?.items.pop() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
