//! The conversation goes to a colleague, or back to all.

use serde::Deserialize;
use uuid::Uuid;

use crate::{
    console::{
        conversation::{
            actions::NOBODY,
            draft::Draft,
            visit::{Answer, Visit},
        },
        extract::Form,
        texts,
    },
    domain::{ids::HandoverId, operator::Action},
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
    #[serde(default)]
    to: String,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let to = form.to.trim();
    let draft = Draft {
        to: to.to_owned(),
        ..Draft::default()
    };
    let colleague = visit.state.accounts().colleague(to);
    if to.is_empty() {
        return visit.refuse(draft.faulty(texts::CHOOSE_FIRST)).await;
    }
    if to != NOBODY && colleague.is_none() {
        return visit.refuse(draft.faulty(texts::NO_SUCH_COLLEAGUE)).await;
    }
    let act = Action::Assign {
        handover: form.handover,
        to: colleague,
    };
    visit.act(form.form, act, draft).await
}
