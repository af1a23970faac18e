//! The page of an agent who asked for what only an admin may do.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use maud::html;

use super::{
    layout::{self, NavItem},
    session::SignedIn,
    state::State,
    texts,
};
use crate::config::Role;

pub(super) fn is_admin(who: &SignedIn) -> bool {
    who.role == Role::Admin
}

pub(super) async fn only(state: &State, who: &SignedIn, here: NavItem) -> Response {
    let frame = state.frame(who, here).await;
    let [title, advice] = texts::ONLY_ADMINS;
    let body = html! {
        div.empty {
            h1 { (title) }
            p { (advice) }
            p { a.btn href=(here.path()) { (texts::BACK) } }
        }
    };
    (StatusCode::FORBIDDEN, layout::page(&frame, title, &body)).into_response()
}
