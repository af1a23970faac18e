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
    domain::{ids::HandoverId, operator::Act},
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let handover = form.handover;
    visit
        .act(form.form, Act::Claim { handover }, Draft::default())
        .await
}
