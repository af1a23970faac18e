//! One conversation: what was said, and what can be done now.

mod actions;
mod by_handover;
mod content;
mod context;
mod draft;
mod facts;
mod foot;
mod head;
mod holder;
mod params;
mod ready;
mod reply;
mod taken;
mod transcript;
mod turn;
mod visit;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use maud::{Markup, html};

use self::{
    context::Context,
    draft::Draft,
    params::{Params, TranscriptParams},
    transcript::Names,
    visit::{Answer, Visit},
};
use super::{
    layout::{self, Frame},
    state::State,
    texts,
};
use crate::{
    domain::{
        conversation::{Handover, Phase},
        time::Timestamp,
    },
    store::ConversationView,
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console/conversations/{id}", get(show))
        .merge(actions::router())
        .merge(by_handover::router())
}

async fn show(visit: Visit, params: Params) -> Answer {
    visit.page(&params, StatusCode::OK, &Draft::default()).await
}

fn talk(
    view: &ConversationView,
    params: &TranscriptParams,
    context: &Context<'_>,
    draft: &Draft,
) -> Markup {
    let until = params.until.map(Timestamp::from_millis);
    let id = view.state.id;
    let names = Names {
        conversation: id,
        user: context.user_name(),
        bot: context.bot,
        reader: context.who.called(),
        people: &context.people,
        closed: context.closed,
        able: context.able(),
        now: context.now,
        language: Some(context.language).filter(|language| !language.is_empty()),
    };
    html! {
        section.talk #talk aria-label=(texts::CONVERSATION) {
            (head::head(view, context))
            div.talk__scroll.scroller tabindex="0" role="region" aria-label=(texts::TRANSCRIPT) {
                @if view.more && let Some(first) = view.messages.first() {
                    p.more { a.btn.btn--small href={ "/console/conversations/" (id) "?before=" (first.message.seq) "&until=" (first.message.at.as_millis()) } { (texts::OLDER) } }
                }
                (transcript::transcript(view, names, until))
            }
            @if params.before.is_some() { (foot::of_older(id)) } @else { (foot::foot(view, context, draft)) }
        }
    }
}

/// That there is nothing under this address.
fn unknown(frame: &Frame<'_>) -> Response {
    let [title, advice] = texts::NO_CONVERSATION;
    let body = html! { div.empty { h1 { (title) } p { (advice) } } };
    let page = layout::page(frame, title, &body);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// The handover that can still be acted on.
fn open_handover(view: &ConversationView) -> Option<&Handover> {
    let open = view.state.handover.as_ref();
    open.filter(|open| open.phase != Phase::Closing)
}
