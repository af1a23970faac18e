//! One delivery is given up.

use axum::extract::State as Shared;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Answer,
    one::{Action, Asked, Doing, Origin},
    question::Button,
};
use crate::{
    console::{
        deliveries::params::Done,
        extract::{Form, Path, Query},
        session::SignedIn,
        state::State,
        texts::deliveries as texts,
    },
    domain::ids::DeliveryId,
    store::OneDelivery,
};

pub(super) async fn ask(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Query(from): Query<Origin>,
) -> Answer {
    let skip = Action {
        name: "skip",
        title: texts::GIVE_THIS_ONE_UP,
        consequence,
        button: Button {
            class: "btn btn--bad",
            word: texts::SKIP_IT,
        },
    };
    let id = DeliveryId::from_uuid(id);
    skip.ask(&state, &who, Asked { id, from }).await
}

pub(super) async fn submit(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(from): Form<Origin>,
) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().skip_delivery(delivery, by).await?;
    let done = Done::Skipped;
    Ok(Doing { done, from }.told(&state, &who, changed).await)
}

fn consequence(delivery: &OneDelivery) -> Markup {
    let consequence = texts::consequence(&delivery.view.kind);
    html! { p { (consequence) (texts::BEHIND_GOES_OUT) } }
}
