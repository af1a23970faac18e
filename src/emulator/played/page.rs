//! The agent's page and what it calls: the development desk's, with faults.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::{Value, json};

use super::{Played, Refused};
use crate::emulator::{
    assets,
    desk::{board::Handover, page::Away},
    faults::Faults,
    stream::{self, Feed},
};

pub(in crate::emulator) fn router<P: Played>(played: Arc<P>) -> Router {
    Router::new()
        .route("/", get(async || assets::DESK))
        .route("/assets/{name}", get(assets::serve))
        .route("/desk", get(about::<P>))
        .route("/desk/away", put(set_away::<P>))
        .route("/desk/events", get(events::<P>))
        .route("/desk/handovers", get(list::<P>))
        .route("/desk/handovers/{id}", get(find::<P>))
        .route("/desk/handovers/{id}/events", post(act::<P>))
        .route("/emulator/faults", get(faults::<P>).put(set_faults::<P>))
        .layer(middleware::map_response(assets::guard))
        .with_state(played)
}

struct Changes<P>(Arc<P>);

impl<P: Played> Feed for Changes<P> {
    type Item = Handover;

    fn next(&self, after: usize) -> Option<(usize, Handover)> {
        self.0.stage().board().next(after)
    }
}

async fn about<P: Played>(State(played): State<Arc<P>>) -> Json<Value> {
    let stage = played.stage();
    let away = stage.board().refusal().is_some();
    let every = [("chat_url", json!(stage.chat_url)), ("away", json!(away))];
    let every = every.map(|(name, value)| (name.to_owned(), value));
    Json(played.about().into_iter().chain(every).collect())
}

async fn set_away<P: Played>(
    State(played): State<Arc<P>>,
    Json(Away { away }): Json<Away>,
) -> StatusCode {
    played.stage().board().set_away(away);
    StatusCode::NO_CONTENT
}

/// Every conversation once, and again whenever it changes.
async fn events<P: Played>(State(played): State<Arc<P>>) -> Response {
    let stage = played.stage();
    let (seen, closing) = (stage.board().watch(), stage.closing.clone());
    stream::tell(Changes(played), 0, seen, closing)
}

/// For tests and scripts: what the stream tells, at once. Then `POST …/{id}/events` plays the agent.
async fn list<P: Played>(State(played): State<Arc<P>>) -> Json<Vec<Handover>> {
    Json(played.stage().board().all())
}

async fn find<P: Played>(State(played): State<Arc<P>>, Path(id): Path<String>) -> StatusCode {
    if played.stage().board().has(&id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn act<P: Played>(
    State(played): State<Arc<P>>,
    Path(id): Path<String>,
    Json(act): Json<P::Act>,
) -> Result<StatusCode, Refused> {
    played.act(&id, act).map(|()| StatusCode::ACCEPTED)
}

async fn faults<P: Played>(State(played): State<Arc<P>>) -> Json<Faults> {
    Json(played.stage().injector().faults().clone())
}

async fn set_faults<P: Played>(
    State(played): State<Arc<P>>,
    Json(faults): Json<Faults>,
) -> Json<Faults> {
    played.stage().injector().set(faults.clone());
    Json(faults)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status(), Json(self.body())).into_response()
    }
}
