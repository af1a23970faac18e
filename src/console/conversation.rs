//! One conversation: what was said, and what can be done now.

mod actions;
mod content;
mod draft;
mod facts;
mod foot;
mod hands;
mod head;
mod means;
mod ready;
mod reply;
mod transcript;
mod visit;

use axum::{Router, http::StatusCode, routing::get};
use maud::{Markup, html};
use serde::Deserialize;

use self::{
    draft::Draft,
    means::Means,
    transcript::Names,
    visit::{Answer, Visit},
};
use super::{extract::Query, inbox, state::State, texts};
use crate::{
    domain::{
        conversation::{Handover, Phase},
        time::Timestamp,
    },
    store::ConversationView,
};

#[derive(Clone, Debug, Default, Deserialize)]
struct Part {
    /// The oldest message that is not to be shown any more.
    before: Option<u64>,
    /// When it was said, in milliseconds.
    until: Option<i64>,
    /// A ready answer that is to stand in the field.
    answer: Option<String>,
}

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console/conversations/{id}", get(show))
        .merge(actions::router())
}

async fn show(
    visit: Visit,
    Query(wanted): Query<inbox::Wanted>,
    Query(part): Query<Part>,
) -> Answer {
    visit
        .page((&wanted, &part), (StatusCode::OK, &Draft::default()))
        .await
}

fn talk(
    view: &ConversationView,
    (name, part): (&str, &Part),
    (means, draft): (&Means<'_>, &Draft),
) -> Markup {
    let until = part.until.map(Timestamp::from_millis);
    let id = view.state.id;
    let names = Names {
        conversation: id,
        user: name,
        bot: means.bot,
        reader: means.who.called(),
        people: &means.people,
        language: Some(means.language).filter(|language| !language.is_empty()),
    };
    html! {
        section.talk #talk aria-label=(texts::CONVERSATION) {
            (head::head(view, name, means))
            div.talk__scroll.scroller tabindex="0" role="region" aria-label=(texts::TRANSCRIPT) {
                @if view.more && let Some(first) = view.messages.first() {
                    p.more { a.btn.btn--small href={ "/console/conversations/" (id) "?before=" (first.message.seq) "&until=" (first.message.at.as_millis()) } { (texts::OLDER) } }
                }
                (transcript::transcript(view, names, until))
            }
            (foot::foot(view, means, draft))
        }
    }
}

/// The handover that can still be acted on.
fn open_handover(view: &ConversationView) -> Option<&Handover> {
    let open = view.state.handover.as_ref();
    open.filter(|open| open.phase != Phase::Closing)
}
