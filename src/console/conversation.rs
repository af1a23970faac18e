//! One conversation: what was said, and what can be done now.

mod content;
mod forms;
mod panel;
mod transcript;
mod words;

use axum::{
    Router,
    extract::{Path, Query, State as Shared},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use self::transcript::Names;
use super::{
    faults::Fault,
    icons::icon,
    inbox,
    layout::{self, Frame, Place},
    session::SignedIn,
    state::State,
    texts,
};
use crate::{
    domain::{ids::ConversationId, operator::Refusal, time::Timestamp},
    store::ConversationView,
};

/// As many messages are shown at once.
const PAGE: usize = 100;

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
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<inbox::Wanted>,
    Query(part): Query<Part>,
) -> Result<Response, Fault> {
    let page = Page {
        state: &state,
        who: &who,
        id: ConversationId::from_uuid(id),
    };
    page.answer((&wanted, part), StatusCode::OK, &Draft::default())
        .await
}

/// Who looks at what.
struct Page<'a> {
    state: &'a State,
    who: &'a SignedIn,
    id: ConversationId,
}

impl Page<'_> {
    async fn answer(
        &self,
        (wanted, part): (&inbox::Wanted, Part),
        status: StatusCode,
        draft: &Draft,
    ) -> Result<Response, Fault> {
        let store = self.state.store();
        let frame = Frame {
            who: self.who,
            here: Place::Inbox,
            counts: self.state.counts(self.who).await,
        };
        let Some(view) = store.conversation(self.id, part.before, PAGE).await? else {
            let [title, advice] = texts::NO_CONVERSATION;
            let body = html! { div.empty { h1 { (title) } p { (advice) } } };
            let page = layout::page(&frame, title, &body);
            return Ok((StatusCode::NOT_FOUND, page).into_response());
        };
        if let Some(last) = view.messages.last().filter(|_| part.before.is_none()) {
            let seq = last.message.seq;
            store.mark_read(self.id, &self.who.operator, seq).await?;
        }
        if self.state.views(&self.who.operator, self.id) {
            let (by, id) = (self.who.operator.to_string(), self.id.to_string());
            self.state.audit(&by, "transcript.view", &id).await;
        }
        let list = inbox::list(self.state, &frame, wanted, Some(self.id)).await?;
        let name = name(&view);
        let body = html! {
            h1.sr dir="auto" { (name) }
            div.console__grid data-pane="talk" {
                (list)
                (talk(&view, (&name, part), (self.who, draft)))
                (panel::facts(&view))
            }
        };
        Ok((status, layout::page(&frame, &name, &body)).into_response())
    }
}

fn name(view: &ConversationView) -> String {
    let name = inbox::name(&view.state.profile);
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
