//! What is done to a conversation: one form each, answered with the way back to it.

use axum::{
    Form, Router,
    extract::{Path, State as Shared},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::{Draft, Page, Part};
use crate::{
    console::{faults::Fault, inbox, session::SignedIn, state::State, texts},
    domain::{
        dedupe::DedupeKey,
        event::{Event, Incoming, Step, Target},
        handover::Outcome,
        ids::{ConversationId, DeskName, HandoverId},
        message::{Content, MediaKind, QuickReply},
        operator::{Act, Operated, Refusal},
    },
    store::Applied,
};

/// In characters.
const LONGEST: usize = 4000;
const MOST_REPLIES: usize = 13;

pub(super) fn router() -> Router<State> {
    let at = |act: &str| format!("/console/conversations/{{id}}/{act}");
    Router::new()
        .route(&at("claim"), post(claim))
        .route(&at("reply"), post(reply))
        .route(&at("note"), post(note))
        .route(&at("assign"), post(assign))
        .route(&at("transfer"), post(transfer))
        .route(&at("close"), post(close))
        .route(&at("take-over"), post(take_over))
}

#[derive(Deserialize)]
struct Claim {
    handover: HandoverId,
    form: Uuid,
}

#[derive(Deserialize)]
struct Reply {
    handover: HandoverId,
    form: Uuid,
    #[serde(default)]
    text: String,
    /// Titles, one a line.
    #[serde(default)]
    replies: String,
    /// An address.
    #[serde(default)]
    file: String,
}

#[derive(Deserialize)]
struct Note {
    handover: HandoverId,
    form: Uuid,
    text: String,
}

#[derive(Deserialize)]
struct Assign {
    handover: HandoverId,
    form: Uuid,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
struct Transfer {
    handover: HandoverId,
    form: Uuid,
    desk: String,
}

#[derive(Deserialize)]
struct Close {
    handover: HandoverId,
    form: Uuid,
    reason: String,
    #[serde(default)]
    dialog_state: String,
}

#[derive(Deserialize)]
struct TakeOver {
    form: Uuid,
}

/// A call of somebody about a conversation.
struct Call {
    who: SignedIn,
    state: State,
    id: ConversationId,
}

type Answer = Result<Response, Fault>;

async fn claim(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Claim>,
) -> Answer {
    let handover = form.handover;
    let call = Call::new(who, state, id);
    call.act(form.form, Act::Claim { handover }, Draft::default())
        .await
}

async fn reply(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Reply>,
) -> Answer {
    let call = Call::new(who, state, id);
    let draft = Draft {
        text: form.text.clone(),
        replies: form.replies.clone(),
        file: form.file.clone(),
        ..Draft::default()
    };
    let content = match said(&form) {
        Ok(content) => content,
        Err(words) => return call.refuse(draft.faulty(words)).await,
    };
    let handover = form.handover;
    call.act(form.form, Act::Say { handover, content }, draft)
        .await
}

async fn note(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Note>,
) -> Answer {
    let call = Call::new(who, state, id);
    let text = form.text.trim().to_owned();
    let draft = Draft {
        note: text.clone(),
        ..Draft::default()
    };
    if text.is_empty() || text.chars().count() > LONGEST {
        return call.refuse(draft.faulty(texts::TOO_LONG_OR_EMPTY)).await;
    }
    let handover = form.handover;
    call.act(form.form, Act::Note { handover, text }, draft)
        .await
}

async fn assign(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Assign>,
) -> Answer {
    let to = form.to.trim();
    let draft = Draft {
        to: to.to_owned(),
        ..Draft::default()
    };
    let colleague = state.door().colleague(to);
    let call = Call::new(who, state, id);
    if !to.is_empty() && colleague.is_none() {
        return call.refuse(draft.faulty(texts::NO_SUCH_COLLEAGUE)).await;
    }
    let act = Act::Assign {
        handover: form.handover,
        to: colleague,
    };
    call.act(form.form, act, draft).await
}

async fn transfer(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Transfer>,
) -> Answer {
    let call = Call::new(who, state, id);
    let draft = Draft {
        desk: form.desk.clone(),
        ..Draft::default()
    };
    let Ok(desk) = DeskName::new(form.desk.trim()) else {
        return call.refuse(draft.faulty(texts::NO_SUCH_DESK)).await;
    };
    let handover = form.handover;
    call.act(form.form, Act::Transfer { handover, desk }, draft)
        .await
}

async fn close(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<Close>,
) -> Answer {
    let call = Call::new(who, state, id);
    let known = texts::REASONS
        .iter()
        .any(|(value, _)| *value == form.reason);
    let dialog_state = form.dialog_state.trim();
    let draft = Draft {
        dialog_state: dialog_state.to_owned(),
        ..Draft::default()
    };
    if !known || dialog_state.chars().count() > 256 {
        return call.refuse(draft.faulty(texts::NO_SUCH_REASON)).await;
    }
    let act = Act::Close {
        handover: form.handover,
        reason: form.reason,
        dialog_state: (!dialog_state.is_empty()).then(|| dialog_state.to_owned()),
    };
    call.act(form.form, act, draft).await
}

async fn take_over(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(form): Form<TakeOver>,
) -> Answer {
    let Some(desk) = state.desk().cloned() else {
        return Call::new(who, state, id)
            .refuse(Draft::default().faulty(texts::NO_CONSOLE_DESK))
            .await;
    };
    let call = Call::new(who, state, id);
    call.act(form.form, Act::TakeOver { desk }, Draft::default())
        .await
}

impl Call {
    fn new(who: SignedIn, state: State, id: Uuid) -> Self {
        let id = ConversationId::from_uuid(id);
        Self { who, state, id }
    }

    /// Does it once, however often the form is sent.
    async fn act(self, form: Uuid, act: Act, draft: Draft) -> Answer {
        let operated = Operated {
            by: self.who.operator.clone(),
            shown_as: self.who.shown_as.clone(),
            act,
        };
        let step = Step {
            target: Target::Id(self.id),
            profile: None,
            events: vec![Incoming {
                event: Event::Operated(operated),
                keys: vec![DedupeKey::form(self.id, form)],
            }],
        };
        let outcome = match self.state.store().apply(step).await? {
            Applied::Done { outcomes, .. } => outcomes.into_iter().next(),
            _ => Some(Outcome::Refused(Refusal::Over)),
        };
        if let Some(Outcome::Refused(refusal)) = outcome {
            let draft = draft.refused(&refusal);
            return self.page(StatusCode::CONFLICT, &draft).await;
        }
        let back = format!("/console/conversations/{}", self.id);
        Ok(Redirect::to(&back).into_response())
    }

    async fn refuse(self, draft: Draft) -> Answer {
        self.page(StatusCode::UNPROCESSABLE_ENTITY, &draft).await
    }

    async fn page(&self, status: StatusCode, draft: &Draft) -> Answer {
        let page = Page {
            state: &self.state,
            who: &self.who,
            id: self.id,
        };
        let wanted = inbox::Wanted::default();
        page.answer((&wanted, Part::default()), status, draft).await
    }
}

/// What is to be said, or what is wrong with it.
fn said(form: &Reply) -> Result<Content, &'static str> {
    let text = form.text.trim();
    let file = form.file.trim();
    if text.chars().count() > LONGEST {
        return Err(texts::TOO_LONG_OR_EMPTY);
    }
    if !file.is_empty() {
        return attachment(file, text);
    }
    if text.is_empty() {
        return Err(texts::TOO_LONG_OR_EMPTY);
    }
    let titles: Vec<&str> = form
        .replies
        .lines()
        .map(str::trim)
        .filter(|title| !title.is_empty())
        .collect();
    if titles.len() > MOST_REPLIES {
        return Err(texts::TOO_MANY_REPLIES);
    }
    let quick_replies = titles.into_iter().map(|title| QuickReply {
        title: title.to_owned(),
        payload: serde_json::Value::Null,
        image_url: None,
    });
    Ok(Content::Text {
        text: text.to_owned(),
        quick_replies: quick_replies.collect(),
    })
}

fn attachment(address: &str, caption: &str) -> Result<Content, &'static str> {
    let url = Url::parse(address).map_err(|_| texts::NOT_AN_ADDRESS)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(texts::NOT_AN_ADDRESS);
    }
    let name = url.path_segments().and_then(Iterator::last).unwrap_or("");
    let ends = |endings: &[&str]| {
        let name = name.to_ascii_lowercase();
        endings.iter().any(|ending| name.ends_with(ending))
    };
    let kind = if ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp"]) {
        MediaKind::Image
    } else {
        MediaKind::File
    };
    Ok(Content::Media {
        kind,
        name: (!name.is_empty()).then(|| name.to_owned()),
        caption: (!caption.is_empty()).then(|| caption.to_owned()),
        url: address.to_owned(),
    })
}
