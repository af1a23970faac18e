//! An agent takes whom nobody answers yet.

use serde::Deserialize;
use uuid::Uuid;

use crate::{
    console::{
        conversation::{
            draft::Draft,
            visit::{Answer, Visit},
        },
        extract::Form,
    },
    domain::{ids::HandoverId, operator::Action},
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let handover = form.handover;
    visit
        .act(form.form, Action::Claim { handover }, Draft::default())
        .await
}
