//! What retrying and skipping of one delivery share.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Answer,
    question::{Button, Question, page},
};
use crate::{
    console::{
        deliveries::params::{Done, Params},
        inbox,
        layout::NavItem,
        session::{self, SignedIn},
        state::State,
        texts::{self as common, calls, deliveries as texts},
    },
    domain::ids::DeliveryId,
    store::{Changed, DeliveryState, OneDelivery},
};

/// Where whoever asks comes from.
#[derive(Debug, Deserialize)]
pub(super) struct Origin {
    #[serde(default)]
    to: String,
}

/// Which one is meant.
pub(super) struct Asked {
    pub(super) id: DeliveryId,
    pub(super) from: Origin,
}

/// One of the things that can be done about a delivery.
pub(super) struct Action {
    /// The last segment of its address.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) consequence: fn(&OneDelivery) -> Markup,
    pub(super) button: Button,
}

impl Origin {
    /// If it is a page of ours.
    pub(super) fn back(&self) -> Option<&str> {
        Some(self.to.as_str()).filter(|to| session::is_ours(to))
    }
}

impl Action {
    pub(super) async fn ask(self, state: &State, who: &SignedIn, asked: Asked) -> Answer {
        let Asked { id, from } = asked;
        let Some(delivery) = state.store().delivery(id).await? else {
            return Ok(refused(state, who, Changed::NotFound).await);
        };
        let settled = matches!(
            delivery.view.state,
            DeliveryState::Delivered | DeliveryState::Cancelled
        );
        if settled {
            return Ok(refused(state, who, Changed::NotNow).await);
        }
        let back = from.back();
        let question = Question {
            title: self.title,
            says: html! { (what(&delivery)) ((self.consequence)(&delivery)) },
            path: format!("/console/deliveries/{id}/{}", self.name),
            hidden: html! { @if let Some(to) = back { input type="hidden" name="to" value=(to); } },
            button: self.button,
            back,
        };
        Ok(question.page(state, who).await)
    }
}

/// What was done, and where whoever did it comes from.
pub(super) struct Doing {
    pub(super) done: Done,
    pub(super) from: Origin,
}

impl Doing {
    /// The list that it was chosen from, which says what was done, or another page of ours; or why it was not done.
    pub(super) async fn told(self, state: &State, who: &SignedIn, changed: Changed) -> Response {
        if changed != Changed::Yes {
            return refused(state, who, changed).await;
        }
        let list = match self.from.back() {
            None => Params::default(),
            Some(back) => match Params::of_address(back) {
                None => return Redirect::to(back).into_response(),
                Some(list) => list,
            },
        };
        let params = Params {
            done: Some(self.done),
            ..list
        };
        Redirect::to(&params.href()).into_response()
    }
}

/// The call, whose it is, and what it carries.
fn what(delivery: &OneDelivery) -> Markup {
    let user = delivery.user.as_deref().unwrap_or(common::GUEST);
    let (name, kind) = calls::destination(&delivery.view.destination);
    html! {
        p {
            b { (calls::task(&delivery.view.kind)) } " " (texts::TO_THE) (kind) " " b { (name) } (texts::FOR)
            a href={ "/console/conversations/" (delivery.conversation) } { bdi { (user) } }
        }
        @if let Some(message) = &delivery.message {
            p.quiet dir="auto" { (inbox::gist_of(message)) }
        }
    }
}

async fn refused(state: &State, who: &SignedIn, changed: Changed) -> Response {
    let (status, [title, advice]) = match changed {
        Changed::NotFound => (StatusCode::NOT_FOUND, texts::NO_SUCH),
        Changed::NotNow | Changed::Yes => (StatusCode::CONFLICT, texts::NOT_NOW),
        Changed::Overtaken => (StatusCode::CONFLICT, texts::OVERTAKEN),
    };
    let body = html! {
        div.empty {
            h1 { (title) } p { (advice) }
            p { a.btn href=(NavItem::Deliveries.path()) { (texts::BACK) } }
        }
    };
    (status, page(state, who, title, &body).await).into_response()
}
