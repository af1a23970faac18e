//! The calls that the bridge owes: list them, try one again, give one up.

use axum::{Json, extract};
use serde::Deserialize;
use utoipa::{
    IntoParams,
    openapi::{ObjectBuilder, OneOfBuilder, Schema, Type},
};

use super::{Filter, operator::Operator, page_size, shape, unknown_filter};
use crate::{
    domain::{delivery::Destination, ids::DeliveryId},
    http::{
        State,
        openapi::refusals::{AdminChange, AdminList},
        path::InPath,
        problem::{Kind, Problem, Result},
    },
    store::{Changed, DeliveryFilter, DeliveryState, DeliveryView},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    #[param(value_type = Option<shape::State>, inline, nullable = false)]
    state: Option<String>,
    /// `bot:NAME` or `desk:NAME`.
    #[param(schema_with = described_destination)]
    destination: Option<String>,
    /// The `next` of the page before.
    #[param(value_type = Option<Uuid>, nullable = false)]
    after: Option<DeliveryId>,
    #[param(minimum = 1, maximum = 1000, default = 100, nullable = false)]
    limit: Option<usize>,
}

/// What the bridge owes, or owed, oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/deliveries",
    operation_id = "listDeliveries",
    tag = "admin",
    params(Params),
    responses((status = 200, description = "One page.", body = shape::Deliveries), AdminList),
    security(("adminToken" = [])),
)]
pub(super) async fn list(
    _: Operator,
    extract::State(state): extract::State<State>,
    Filter(params): Filter<Params>,
) -> Result<Json<shape::Deliveries>> {
    let filter = DeliveryFilter {
        state: params.state.as_deref().map(named).transpose()?,
        destination: params.destination.as_deref().map(destination).transpose()?,
        error_class: None,
        created_before: None,
        after: params.after,
        limit: page_size(params.limit)?,
    };
    let page = state.ask(state.store().deliveries(filter)).await?;
    let next = page.items.last().map(|last| last.id).filter(|_| page.more);
    Ok(Json(shape::Deliveries {
        deliveries: page.items.into_iter().map(shape).collect(),
        next,
    }))
}

/// Makes a delivery due at once that was given up or waits for its next attempt.
#[utoipa::path(
    post,
    path = "/api/admin/deliveries/{id}/retry",
    operation_id = "retryDelivery",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The delivery's `id`.")),
    responses((status = 200, description = "It is due.", body = shape::Changed), AdminChange),
    security(("adminToken" = [])),
)]
pub(super) async fn retry(
    operator: Operator,
    extract::State(state): extract::State<State>,
    path: InPath,
) -> Result<Json<shape::Changed>> {
    let id = id(&path)?;
    let change = state.store().retry_delivery(id, operator.name());
    outcome(id, state.ask(change).await?)
}

/// Gives up a delivery that has not been delivered.
#[utoipa::path(
    post,
    path = "/api/admin/deliveries/{id}/skip",
    operation_id = "skipDelivery",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The delivery's `id`.")),
    responses((status = 200, description = "It is given up.", body = shape::Changed), AdminChange),
    security(("adminToken" = [])),
)]
pub(super) async fn skip(
    operator: Operator,
    extract::State(state): extract::State<State>,
    path: InPath,
) -> Result<Json<shape::Changed>> {
    let id = id(&path)?;
    let change = state.store().skip_delivery(id, operator.name());
    outcome(id, state.ask(change).await?)
}

fn outcome(id: DeliveryId, changed: Changed) -> Result<Json<shape::Changed>> {
    match changed {
        Changed::Yes => Ok(Json(shape::Changed { id })),
        Changed::NotNow => Err(Problem::from(Kind::Conflict)
            .detail("the delivery is delivered, cancelled or on its way")),
        Changed::Overtaken => Err(Problem::from(Kind::Conflict)
            .detail("the user has been promised an agent since, and the bot would speak as well")),
        Changed::NotFound => {
            Err(Problem::from(Kind::NotFound).detail("no delivery that is kept has this id"))
        }
    }
}

/// An id that is none belongs to no delivery.
fn id(path: &InPath) -> Result<DeliveryId> {
    let id = path.get("id").and_then(|id| id.parse().ok());
    id.ok_or_else(|| Kind::NotFound.into())
}

fn named(state: &str) -> Result<DeliveryState> {
    DeliveryState::from_label(state).ok_or_else(unknown_filter)
}

fn destination(text: &str) -> Result<Destination> {
    text.parse().map_err(|_| unknown_filter())
}

/// As [`destination`] reads it. No pattern says both how long a name is and that it has no double underscore.
fn described_destination() -> Schema {
    let named = |kind: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^{kind}:[a-z](_?[a-z0-9])*_?$")))
            .max_length(Some(kind.len() + 1 + 32))
    };
    let either = OneOfBuilder::new().item(named("bot")).item(named("desk"));
    Schema::OneOf(either.build())
}

pub(super) fn shape(view: DeliveryView) -> shape::Delivery {
    let DeliveryView {
        id,
        handover,
        destination,
        kind,
        state,
        attempts,
        error_class,
        created_at,
        next_at,
        message: _,
        settled_at: _,
    } = view;
    shape::Delivery {
        id,
        handover,
        destination: destination.to_string(),
        kind: kind.label().to_owned(),
        state: state.label().to_owned(),
        attempts,
        error_class: error_class.map(|class| class.label().to_owned()),
        created_at,
        next_at,
    }
}
