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
        texts,
    },
    domain::operator::Action,
};

#[derive(Deserialize)]
pub(super) struct Params {
    form: Uuid,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let Some(desk) = visit.state.endpoints().of_console.first().cloned() else {
        return visit
            .refuse(Draft::default().faulty(texts::NO_CONSOLE_DESK))
            .await;
    };
    visit
        .act(form.form, Action::TakeOver { desk }, Draft::default())
        .await
}
