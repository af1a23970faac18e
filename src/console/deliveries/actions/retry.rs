//! One delivery is due at once.

use axum::extract::State as Shared;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Answer,
    one::{Action, Asked, Doing, Origin},
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
    store::{DeliveryState, OneDelivery},
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
    let done = Done::Retried;
    Ok(Doing { done, from }.told(&state, &who, changed).await)
}

fn consequence(delivery: &OneDelivery) -> Markup {
    let (_, kind) = calls::destination(&delivery.view.destination);
    html! {
        p { (texts::SAME_KEY) }
        @if delivery.view.state == DeliveryState::Dead { p { (late(kind)) } }
    }
}
