//! What is done to a conversation: one form each, answered with the way back to it.

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
    routing::post,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    draft::Draft,
    reply::{self, LONGEST},
    visit::{Answer, Visit},
};
use crate::{
    console::{extract::Form, state::State, texts},
    domain::{
        dedupe::DedupeKey,
        event::{Event, Incoming, Step, Target},
        handover::Outcome,
        ids::{DeskName, HandoverId},
        operator::{Act, Operated, Refusal},
    },
    store::Applied,
};

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
    /// Titles and where they lead, one a line.
    #[serde(default)]
    buttons: String,
    /// An address.
    #[serde(default)]
    file: String,
    #[serde(default)]
    file_name: String,
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

async fn claim(visit: Visit, Form(form): Form<Claim>) -> Answer {
    let handover = form.handover;
    visit
        .act(form.form, Act::Claim { handover }, Draft::default())
        .await
}

async fn reply(visit: Visit, Form(form): Form<Reply>) -> Answer {
    let Reply {
        handover,
        form,
        text,
        replies,
        buttons,
        file,
        file_name,
    } = form;
    let draft = Draft {
        text,
        replies,
        buttons,
        file,
        file_name,
        ..Draft::default()
    };
    let content = match reply::said(&draft) {
        Ok(content) => content,
        Err(words) => return visit.refuse(draft.faulty(words)).await,
    };
    visit.act(form, Act::Say { handover, content }, draft).await
}

async fn note(visit: Visit, Form(form): Form<Note>) -> Answer {
    let text = form.text.trim().to_owned();
    let draft = Draft {
        note: text.clone(),
        ..Draft::default()
    };
    if text.is_empty() || text.chars().count() > LONGEST {
        return visit.refuse(draft.faulty(texts::TOO_LONG_OR_EMPTY)).await;
    }
    let handover = form.handover;
    visit
        .act(form.form, Act::Note { handover, text }, draft)
        .await
}

async fn assign(visit: Visit, Form(form): Form<Assign>) -> Answer {
    let to = form.to.trim();
    let draft = Draft {
        to: to.to_owned(),
        ..Draft::default()
    };
    let colleague = visit.state.door().colleague(to);
    if !to.is_empty() && colleague.is_none() {
        return visit.refuse(draft.faulty(texts::NO_SUCH_COLLEAGUE)).await;
    }
    let act = Act::Assign {
        handover: form.handover,
        to: colleague,
    };
    visit.act(form.form, act, draft).await
}

async fn transfer(visit: Visit, Form(form): Form<Transfer>) -> Answer {
    let draft = Draft {
        desk: form.desk.clone(),
        ..Draft::default()
    };
    let Ok(desk) = DeskName::new(form.desk.trim()) else {
        return visit.refuse(draft.faulty(texts::NO_SUCH_DESK)).await;
    };
    let handover = form.handover;
    visit
        .act(form.form, Act::Transfer { handover, desk }, draft)
        .await
}

async fn close(visit: Visit, Form(form): Form<Close>) -> Answer {
    let known = texts::REASONS
        .iter()
        .any(|(value, _)| *value == form.reason);
    let dialog_state = form.dialog_state.trim();
    let draft = Draft {
        dialog_state: dialog_state.to_owned(),
        ..Draft::default()
    };
    if !known || dialog_state.chars().count() > 256 {
        return visit.refuse(draft.faulty(texts::NO_SUCH_REASON)).await;
    }
    let act = Act::Close {
        handover: form.handover,
        reason: form.reason,
        dialog_state: (!dialog_state.is_empty()).then(|| dialog_state.to_owned()),
    };
    visit.act(form.form, act, draft).await
}

async fn take_over(visit: Visit, Form(form): Form<TakeOver>) -> Answer {
    let Some(desk) = visit.state.ends().of_console.first().cloned() else {
        return visit
            .refuse(Draft::default().faulty(texts::NO_CONSOLE_DESK))
            .await;
    };
    visit
        .act(form.form, Act::TakeOver { desk }, Draft::default())
        .await
}

impl Visit {
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
                keys: vec![DedupeKey::form(self.id, form, &draft.typed())],
            }],
        };
        let outcome = match self.state.store().apply(step).await? {
            Applied::Done { outcomes, .. } => outcomes.into_iter().next(),
            _ => Some(Outcome::Refused(Refusal::Over)),
        };
        let refused = match outcome {
            Some(Outcome::Refused(refusal)) => {
                draft.refused(&refusal, &self.state.door().everybody())
            }
            Some(Outcome::KeyReused) => draft.faulty(texts::SENT_ALREADY),
            _ => {
                let back = format!("/console/conversations/{}", self.id);
                return Ok(Redirect::to(&back).into_response());
            }
        };
        self.page_after(StatusCode::CONFLICT, &refused).await
    }

    async fn refuse(self, draft: Draft) -> Answer {
        self.page_after(StatusCode::UNPROCESSABLE_ENTITY, &draft)
            .await
    }
}
