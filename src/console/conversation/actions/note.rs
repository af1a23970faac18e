//! What colleagues read and the user does not.

use serde::Deserialize;
use uuid::Uuid;

use crate::{
    console::{
        conversation::{
            draft::Draft,
            reply::LONGEST,
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
    text: String,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let text = form.text.trim().to_owned();
    let draft = Draft {
        note: text.clone(),
        ..Draft::default()
    };
    if text.is_empty() {
        return visit.refuse(draft.faulty(texts::EMPTY)).await;
    }
    if text.chars().count() > LONGEST {
        return visit.refuse(draft.faulty(texts::TOO_LONG)).await;
    }
    let handover = form.handover;
    visit
        .act(form.form, Action::Note { handover, text }, draft)
        .await
}
