//! The handovers that are open.

use axum::{Json, extract};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Filter, operator::Operator, page_size, shape};
use crate::{
    domain::ids::HandoverId,
    http::{State, openapi::refusals::AdminList, problem::Result},
    store::HandoverSummary,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Only open ones are listed; the filter says so for the day when others are.
    #[serde(default, rename = "state")]
    #[param(inline, nullable = false)]
    _state: Option<OpenOnly>,
    /// The `next` of the page before.
    #[param(value_type = Option<Uuid>, nullable = false)]
    after: Option<HandoverId>,
    #[param(minimum = 1, maximum = 1000, default = 100, nullable = false)]
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OpenOnly {
    Open,
}

/// The handovers that are open, oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/handovers",
    operation_id = "listHandovers",
    tag = "admin",
    params(Params),
    responses((status = 200, description = "One page.", body = shape::Handovers), AdminList),
    security(("adminToken" = [])),
)]
pub(super) async fn list(
    _: Operator,
    extract::State(state): extract::State<State>,
    Filter(params): Filter<Params>,
) -> Result<Json<shape::Handovers>> {
    let limit = page_size(params.limit)?;
    let page = state
        .ask(state.store().open_handovers(params.after, limit))
        .await?;
    let next = page.items.last().map(|last| last.id).filter(|_| page.more);
    Ok(Json(shape::Handovers {
        handovers: page.items.into_iter().map(shape).collect(),
        next,
    }))
}

fn shape(summary: HandoverSummary) -> shape::Handover {
    let HandoverSummary {
        id,
        bot,
        desk,
        phase,
        requested_at,
        phase_since,
        wake_at,
    } = summary;
    shape::Handover {
        id,
        bot,
        desk,
        phase,
        since: phase_since,
        requested_at,
        wake_at,
    }
}
