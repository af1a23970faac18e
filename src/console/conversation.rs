//! One conversation: what was said, and what can be done now.

mod content;
mod forms;
mod panel;
mod reply;
mod transcript;
mod visit;
mod words;

use axum::{Router, extract::Query, http::StatusCode, routing::get};
use maud::{Markup, html};
use serde::Deserialize;

use self::{
    transcript::Names,
    visit::{Answer, Visit},
};
use super::{icons::icon, inbox, session::SignedIn, state::State, texts};
use crate::{
    domain::{operator::Refusal, time::Timestamp},
    store::ConversationView,
};

/// What somebody had typed when it was refused, and why.
#[derive(Clone, Debug, Default)]
struct Draft {
    text: String,
    replies: String,
    file: String,
    /// Apart from the text, so that it never stands where the user is written to.
    note: String,
    to: String,
    desk: String,
    dialog_state: String,
    refused: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Part {
    /// The oldest message that is not to be shown any more.
    before: Option<u64>,
    /// When it was said, in milliseconds.
    until: Option<i64>,
}

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console/conversations/{id}", get(show))
        .merge(forms::router())
}

async fn show(
    visit: Visit,
    Query(wanted): Query<inbox::Wanted>,
    Query(part): Query<Part>,
) -> Answer {
    visit
        .page((&wanted, part), (StatusCode::OK, &Draft::default()))
        .await
}

fn name(view: &ConversationView) -> String {
    let name = view.state.profile.user.name();
    name.unwrap_or_else(|| texts::GUEST.to_owned())
}

fn talk(
    view: &ConversationView,
    (name, part): (&str, Part),
    (who, draft): (&SignedIn, &Draft),
) -> Markup {
    let until = part.until.map(Timestamp::from_millis);
    let id = view.state.id;
    let bot = view.state.key.bot.as_str();
    let names = Names { user: name, bot };
    html! {
        section.talk #talk aria-label=(texts::CONVERSATION) {
            header.talk__head {
                a.btn.btn--bare.btn--icon.talk__back href="/console" aria-label=(texts::BACK_TO_THE_LIST) { (icon("back")) }
                div.talk__who {
                    h2.clip dir="auto" { (name) }
                    p.talk__sub.clip { span.clip dir="auto" { (panel::where_from(view)) } (panel::tag(view, who)) }
                }
                a.btn.btn--bare.btn--icon.talk__more href="#context" aria-label=(texts::ABOUT) { (icon("info")) }
            }
            div.talk__scroll.scroller tabindex="0" role="region" aria-label=(texts::TRANSCRIPT) {
                @if view.more && let Some(first) = view.messages.first() {
                    p.more { a.btn.btn--small href={ "/console/conversations/" (id) "?before=" (first.message.seq) "&until=" (first.message.at.as_millis()) } { (texts::OLDER) } }
                }
                (transcript::transcript(view, names, until))
            }
            (panel::doing(view, who, draft))
        }
    }
}

impl Draft {
    /// All of it, in an order that stays.
    fn typed(&self) -> [&str; 7] {
        let Self {
            text,
            replies,
            file,
            note,
            to,
            desk,
            dialog_state,
            refused: _,
        } = self;
        [text, replies, file, note, to, desk, dialog_state].map(String::as_str)
    }

    /// All that there is to keep where nobody may answer.
    fn as_note(&self) -> String {
        let parts = [&self.note, &self.text, &self.replies, &self.file];
        let parts = parts.map(|part| part.trim());
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn refused(mut self, refusal: &Refusal) -> Self {
        self.refused = Some(words::refused(refusal));
        self
    }

    fn faulty(mut self, words: &str) -> Self {
        self.refused = Some(words.to_owned());
        self
    }
}
