//! One delivery is due at once.

use axum::{
    extract::State as Shared,
    response::{IntoResponse as _, Redirect},
};
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Answer,
    one::{Action, Asked, Origin, told},
    question::{Button, late},
};
use crate::{
    console::{
        deliveries::params::Done,
        extract::{Form, Path, Query},
        session::SignedIn,
        state::State,
        texts::{calls, deliveries as texts},
    },
    domain::ids::DeliveryId,
    store::{Changed, DeliveryState, OneDelivery},
};

pub(super) async fn ask(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Query(from): Query<Origin>,
) -> Answer {
    let retry = Action {
        name: "retry",
        title: texts::TRY_THIS_ONE,
        consequence,
        button: Button {
            class: "btn btn--main",
            word: texts::RETRY_NOW,
        },
    };
    let id = DeliveryId::from_uuid(id);
    retry.ask(&state, &who, Asked { id, from }).await
}

pub(super) async fn submit(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(from): Form<Origin>,
) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().retry_delivery(delivery, by).await?;
    if changed == Changed::Yes
        && let Some(back) = from.back()
    {
        return Ok(Redirect::to(back).into_response());
    }
    Ok(told(&state, &who, changed, Done::Retried).await)
}

fn consequence(delivery: &OneDelivery) -> Markup {
    let (_, kind) = calls::destination(&delivery.view.destination);
    html! {
        p { (texts::SAME_KEY) }
        @if delivery.view.state == DeliveryState::Dead { p { (late(kind)) } }
    }
}
