//! An agent ends the handover, and the bot has the user again.

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
    domain::{ids::HandoverId, operator::Action, reason::ClosedAs},
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
    reason: String,
    #[serde(default)]
    dialog_state: String,
}

/// Of an id of a dialog state.
const LONGEST_ID: usize = 256;

pub(super) async fn submit(visit: Visit, Form(form): Form<Params>) -> Answer {
    let closed_as = ClosedAs::from_label(&form.reason);
    let dialog_state = form.dialog_state.trim();
    let draft = Draft {
        reason: form.reason,
        dialog_state: dialog_state.to_owned(),
        ..Draft::default()
    };
    let fits = dialog_state.chars().count() <= LONGEST_ID;
    let Some(closed_as) = closed_as.filter(|_| fits) else {
        return visit.refuse(draft.faulty(texts::NO_SUCH_REASON)).await;
    };
    let act = Action::Close {
        handover: form.handover,
        closed_as,
        dialog_state: (!dialog_state.is_empty()).then(|| dialog_state.to_owned()),
    };
    visit.act(form.form, act, draft).await
}
