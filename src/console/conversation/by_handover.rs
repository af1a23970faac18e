//! From a handover, as warnings and logs name it, to the conversation that it belongs to.

use axum::{
    Router,
    extract::State as Shared,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use uuid::Uuid;

use super::unknown;
use crate::console::{
    extract::Path, faults::Fault, layout::NavItem, session::SignedIn, state::State,
};

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/handovers/{id}", get(show))
}

async fn show(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
) -> Result<Response, Fault> {
    if let Some(user) = state.store().users_of(vec![id]).await?.remove(&id) {
        let page = format!("/console/conversations/{}", user.conversation);
        return Ok(Redirect::to(&page).into_response());
    }
    Ok(unknown(&state.frame(&who, NavItem::Inbox).await))
}
