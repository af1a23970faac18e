//! All that waits for one destination is due at once, and what was given up comes back.

use axum::{
    extract::State as Shared,
    response::{IntoResponse as _, Redirect},
};
use maud::html;
use serde::Deserialize;

use super::{
    Answer,
    question::{Button, Question, late},
};
use crate::console::{
    admins,
    deliveries::params::{Done, Params, To},
    extract::{Form, Query},
    layout::NavItem,
    session::SignedIn,
    state::State,
    texts::{calls, deliveries as texts},
};

/// Which bot or desk is meant.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    destination: To,
}

pub(super) async fn ask(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(Target {
        destination: To(to),
    }): Query<Target>,
) -> Answer {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, NavItem::Deliveries).await);
    }
    let standings = state.store().standings().await?;
    let standing = standings.iter().find(|it| it.destination == to);
    let (owed, dead) = standing.map_or((0, 0), |it| (it.owed, it.dead));
    let (name, kind) = calls::destination(&to);
    let question = Question {
        title: &texts::retry_everything(kind, name),
        says: html! {
            p { (texts::all_that_is_retried(kind, name, owed, dead)) }
            p { (late(kind)) }
        },
        path: "/console/deliveries/retry-all".to_owned(),
        hidden: html! { input type="hidden" name="destination" value=(to); },
        button: Button {
            class: "btn btn--main",
            word: texts::RETRY_ALL,
        },
        back: None,
    };
    Ok(question.page(&state, &who).await)
}

pub(super) async fn submit(
    who: SignedIn,
    Shared(state): Shared<State>,
    Form(Target { destination }): Form<Target>,
) -> Answer {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, NavItem::Deliveries).await);
    }
    let (through, by, of) = (state.clone(), who.operator, destination.0.clone());
    let retried = async move { through.store().retry_all(&of, by.as_str()).await };
    state.see_through(retried).await?;
    let params = Params {
        destination: Some(destination),
        done: Some(Done::All),
        ..Params::default()
    };
    Ok(Redirect::to(&params.href()).into_response())
}
