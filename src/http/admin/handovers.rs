//! The handovers that are open.

use axum::{Json, extract};
use serde::Deserialize;

use super::{Filter, Operator, page_size, shape};
use crate::{
    domain::ids::HandoverId,
    http::{State, problem::Result},
    store::HandoverSummary,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only open ones are listed; the filter says so for the day when others are.
    #[serde(default, rename = "state")]
    _state: Option<OpenOnly>,
    after: Option<HandoverId>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OpenOnly {
    Open,
}

pub(super) async fn list(
    _: Operator,
    extract::State(state): extract::State<State>,
    Filter(wanted): Filter<Wanted>,
) -> Result<Json<shape::Handovers>> {
    let page = state
        .ask(
            state
                .store()
                .open_handovers(wanted.after, page_size(wanted.limit)),
        )
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
