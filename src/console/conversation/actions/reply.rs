//! An agent answers the user.

use axum::{http::StatusCode, response::IntoResponse as _};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    console::{
        conversation::{
            draft::Draft,
            reply::said,
            visit::{Answer, Visit},
        },
        extract::Form,
    },
    domain::{
        ids::{HandoverId, OperatorName},
        operator::Action,
    },
};

#[derive(Deserialize)]
pub(super) struct Params {
    handover: HandoverId,
    form: Uuid,
    #[serde(default)]
    text: String,
    /// Titles, one a line.
    #[serde(default)]
    replies: String,
    /// Titles and where they lead, one a line.
    #[serde(default)]
    buttons: String,
    /// An address.
    #[serde(default)]
    file: String,
    #[serde(default)]
    file_name: String,
    /// Sent from another page, so nobody has read the conversation by that.
    #[serde(default)]
    elsewhere: bool,
    /// Whoever wrote it, where the page has kept it: somebody else may be signed in by now.
    by: Option<OperatorName>,
}

pub(super) async fn submit(mut visit: Visit, Form(form): Form<Params>) -> Answer {
    if form.by.as_ref().is_some_and(|by| *by != visit.who.operator) {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    visit.is_unseen = form.elsewhere;
    let (handover, id) = (form.handover, form.form);
    let draft = form.draft();
    let content = match said(&draft) {
        Ok(content) => content,
        Err(words) => return visit.refuse(draft.faulty(words)).await,
    };
    visit
        .act(id, Action::Say { handover, content }, draft)
        .await
}

impl Params {
    fn draft(self) -> Draft {
        Draft {
            text: self.text,
            replies: self.replies,
            buttons: self.buttons,
            file: self.file,
            file_name: self.file_name,
            ..Draft::default()
        }
    }
}
