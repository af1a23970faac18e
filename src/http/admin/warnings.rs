//! What an operator should look at.

use axum::{Json, extract};

use super::{operator::Operator, shape};
use crate::{
    http::{State, openapi::refusals::AdminRead, problem::Result},
    store::WarningView,
};

/// What an operator should look at.
#[utoipa::path(
    get,
    path = "/api/admin/warnings",
    operation_id = "listWarnings",
    tag = "admin",
    responses((status = 200, description = "All of them.", body = shape::Warnings), AdminRead),
    security(("adminToken" = [])),
)]
pub(super) async fn list(
    _: Operator,
    extract::State(state): extract::State<State>,
) -> Result<Json<shape::Warnings>> {
    let warnings = state.ask(state.store().warnings()).await?;
    Ok(Json(shape::Warnings {
        warnings: warnings.into_iter().map(shape).collect(),
    }))
}

fn shape(view: WarningView) -> shape::Warning {
    let WarningView {
        kind,
        subject,
        count,
        first_at,
        last_at,
    } = view;
    shape::Warning {
        kind,
        subject,
        count,
        first_at,
        last_at,
    }
}
