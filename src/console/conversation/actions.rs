//! What is done to a conversation: one form each, answered with the way back to it.

mod assign;
mod claim;
mod close;
mod note;
mod reply;
mod take_over;
mod transfer;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
    routing::post,
};
use uuid::Uuid;

use super::{
    draft::Draft,
    visit::{Answer, Visit},
};
use crate::{
    console::{admins, state::State, texts},
    domain::{
        dedupe::DedupeKey,
        event::{Event, Incoming, Step, Target},
        handover::Outcome,
        operator::{Action, OperatorAction, Refusal},
    },
    store::Applied,
};

/// In the place of a colleague's name: it goes back to those who wait. No operator is called so.
pub(super) const NOBODY: &str = "-";

pub(super) fn router() -> Router<State> {
    let at = |act: &str| format!("/console/conversations/{{id}}/{act}");
    Router::new()
        .route(&at("claim"), post(claim::submit))
        .route(&at("reply"), post(reply::submit))
        .route(&at("note"), post(note::submit))
        .route(&at("assign"), post(assign::submit))
        .route(&at("transfer"), post(transfer::submit))
        .route(&at("close"), post(close::submit))
        .route(&at("take-over"), post(take_over::submit))
}

impl Visit {
    /// Does it once, however often the form is sent.
    async fn act(self, form: Uuid, act: Action, draft: Draft) -> Answer {
        let operated = OperatorAction {
            by: self.who.operator.clone(),
            shown_as: self.who.shown_as.clone(),
            overrules: admins::is_admin(&self.who),
            action: act,
        };
        let step = Step {
            target: Target::Id(self.id),
            profile: None,
            events: vec![Incoming {
                event: Event::OperatorActed(operated),
                keys: vec![DedupeKey::form(self.id, form, &draft.typed())],
            }],
        };
        let outcome = match self.state.store().apply(step).await? {
            Applied::Done { outcomes, .. } => outcomes.into_iter().next(),
            _ => Some(Outcome::Refused(Refusal::Over)),
        };
        let refused = match outcome {
            Some(Outcome::Refused(refusal)) => {
                draft.refused(&refusal, &self.state.accounts().everybody())
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
