//! The conversation goes to another desk.

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
    domain::{
        ids::{DeskName, HandoverId},
        operator::Action,
    },
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
    #[serde(default)]
    desk: String,
}

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let draft = Draft {
        desk: form.desk.clone(),
        ..Draft::default()
    };
    let Ok(desk) = DeskName::new(form.desk.trim()) else {
        return visit.refuse(draft.faulty(texts::NO_SUCH_DESK)).await;
    };
    let handover = form.handover;
    visit
        .act(form.form, Action::Transfer { handover, desk }, draft)
        .await
}
