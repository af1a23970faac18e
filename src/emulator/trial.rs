//! What the chosen faults make of one call of the bridge, and the answers that go with it.

use std::io;

use axum::{
    Json,
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{future, stream};
use serde_json::json;

use super::faults::{FaultInjector, FaultRate, Faults};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    Answer(StatusCode),
    CutBefore,
    CutAfter,
}

type Trial = (fn(&mut Faults) -> &mut FaultRate, Verdict, &'static str);

/// In the order of a real call's way: the token, the limit, the server, the line.
const TRIALS: [Trial; 5] = [
    (
        |faults| &mut faults.api_401,
        Verdict::Answer(StatusCode::UNAUTHORIZED),
        "refused on purpose",
    ),
    (
        |faults| &mut faults.api_429,
        Verdict::Answer(StatusCode::TOO_MANY_REQUESTS),
        "refused on purpose",
    ),
    (
        |faults| &mut faults.api_5xx,
        Verdict::Answer(StatusCode::SERVICE_UNAVAILABLE),
        "refused on purpose",
    ),
    (
        |faults| &mut faults.api_cut_before,
        Verdict::CutBefore,
        "cut on purpose, without effect",
    ),
    (
        |faults| &mut faults.api_cut_after,
        Verdict::CutAfter,
        "done, then cut on purpose",
    ),
];

impl Verdict {
    /// For conversation number `ordinal`, with what is said of it.
    pub(super) fn of(injector: &mut FaultInjector, ordinal: u64) -> (Self, Option<&'static str>) {
        for (pick, verdict, note) in TRIALS {
            if injector.strikes(ordinal, pick) {
                return (verdict, Some(note));
            }
        }
        (Self::Go, None)
    }

    pub(super) fn has_effect(self) -> bool {
        matches!(self, Self::Go | Self::CutAfter)
    }

    /// None: there is no answer.
    pub(super) fn status(self) -> Option<StatusCode> {
        match self {
            Self::Go => Some(StatusCode::OK),
            Self::Answer(status) => Some(status),
            Self::CutBefore | Self::CutAfter => None,
        }
    }
}

pub(super) fn fault(status: StatusCode) -> Response {
    let body = Json(json!({"error": status.canonical_reason()}));
    if status == StatusCode::TOO_MANY_REQUESTS {
        return (status, [(header::RETRY_AFTER, "1")], body).into_response();
    }
    (status, body).into_response()
}

/// An answer whose body fails before its first byte: the server drops the line and sends nothing.
pub(super) fn cut() -> Response {
    let failing = stream::once(future::ready(Err::<Bytes, _>(io::Error::from(
        io::ErrorKind::ConnectionReset,
    ))));
    Response::new(Body::from_stream(failing))
}
