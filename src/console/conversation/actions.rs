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
    response::{IntoResponse as _, Redirect, Response},
    routing::{MethodRouter, post},
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
    let act = |act: MethodRouter<State>| act.get(back);
    Router::new()
        .route(&at("claim"), act(post(claim::submit)))
        .route(&at("reply"), act(post(reply::submit)))
        .route(&at("note"), act(post(note::submit)))
        .route(&at("assign"), act(post(assign::submit)))
        .route(&at("transfer"), act(post(transfer::submit)))
        .route(&at("close"), act(post(close::submit)))
        .route(&at("take-over"), act(post(take_over::submit)))
}

/// The address that a browser shows after an act was refused, looked up again.
async fn back(visit: Visit) -> Redirect {
    visit.way_back()
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
        let (status, refused) = match outcome {
            Some(Outcome::Refused(refusal)) => (
                status(&refusal),
                draft.refused(&refusal, &self.state.accounts().everybody()),
            ),
            Some(Outcome::KeyReused) => (StatusCode::CONFLICT, draft.faulty(texts::SENT_ALREADY)),
            _ => return Ok(self.done()),
        };
        self.page_after(status, &refused).await
    }

    fn done(&self) -> Response {
        if self.is_unseen {
            StatusCode::NO_CONTENT.into_response()
        } else {
            self.way_back().into_response()
        }
    }

    fn way_back(&self) -> Redirect {
        Redirect::to(&format!("/console/conversations/{}", self.id))
    }

    async fn refuse(self, draft: Draft) -> Answer {
        self.page_after(StatusCode::UNPROCESSABLE_ENTITY, &draft)
            .await
    }
}

/// How things stand may be another the next time. What can never be sent as it is goes back to whoever wrote it.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Unshowable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fallback::Unshowable;

    #[test]
    fn what_can_never_be_shown_is_told_apart_from_what_others_have_changed() {
        let never = Refusal::Unshowable(Unshowable::TooLong);
        assert_eq!(status(&never), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status(&Refusal::Over), StatusCode::CONFLICT);
    }
}
