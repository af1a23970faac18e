//! An agent takes a user whom the bot has.

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
    domain::operator::Action,
};

#[derive(Deserialize)]
pub(super) struct Params {
    form: Uuid,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    visit
        .act(form.form, Action::TakeOver, Draft::default())
        .await
}
