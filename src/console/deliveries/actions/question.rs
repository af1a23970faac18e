//! The page that asks whether something is to be done.

use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::console::{
    layout::{self, NavItem},
    session::SignedIn,
    state::State,
    texts::{self as common, deliveries as texts},
};

/// What is asked, and the form that does it.
pub(super) struct Question<'a> {
    pub(super) title: &'a str,
    pub(super) says: Markup,
    pub(super) path: String,
    /// What the form sends.
    pub(super) hidden: Markup,
    pub(super) button: Button,
    /// Where it leads who leaves it, unless that is the list.
    pub(super) back: Option<&'a str>,
}

/// How it looks, and what it says.
pub(super) struct Button {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl Question<'_> {
    pub(super) async fn page(self, state: &State, who: &SignedIn) -> Response {
        let Self {
            title,
            says,
            path,
            hidden,
            button,
            back,
        } = self;
        let body = html! {
            div.page__in { section.panel {
                div.dlg__body { h1 { (title) } (says) p { (common::IS_AUDITED) } }
                form.dlg__foot method="post" action=(path) {
                    (hidden)
                    a.btn href=(back.unwrap_or(NavItem::Deliveries.path())) { (common::LEAVE_IT) }
                    button class=(button.class) type="submit" { (button.word) }
                }
            } }
        };
        page(state, who, title, &body).await
    }
}

/// Of what is sent again after a long time.
pub(super) fn late(kind: &str) -> &'static str {
    if kind == "bot" {
        texts::USERS_READ_OLD
    } else {
        texts::AGENTS_READ_OLD
    }
}

pub(super) async fn page(state: &State, who: &SignedIn, title: &str, body: &Markup) -> Response {
    let frame = state.frame(who, NavItem::Deliveries).await;
    layout::page(&frame, title, body).into_response()
}
