//! A span for each call of a vendor. The layer is there only while traces are on.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::Response,
};

use super::problem::Problem;
use crate::telemetry::traces::{Side, Span, Traces, within};

pub(super) fn layer<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    traces: Traces,
) -> Router<S> {
    if !traces.are_on() {
        return router;
    }
    let in_a_span = move |request, next| in_a_span(traces.clone(), request, next);
    router.layer(middleware::from_fn(in_a_span))
}

/// What is asked by operators and probes begins nothing that could be followed.
async fn in_a_span(traces: Traces, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(|route| route.as_str().to_owned());
    let Some(route) = route.filter(|route| is_of_a_vendor(route)) else {
        return next.run(request).await;
    };
    let mut span = traces.begin(|| route.clone(), Side::Called, None);
    let parent = span.as_ref().map(Span::parent);
    let response = within(parent, next.run(request)).await;
    if let Some(span) = &mut span {
        let status = response.status();
        span.set("http.route", route);
        span.set("http.response.status_code", i64::from(status.as_u16()));
        if let Some(problem) = response.extensions().get::<Problem>() {
            span.set("http.problem", problem.kind().id());
        }
        if status.is_server_error() {
            span.failed("server_error");
        }
    }
    response
}

fn is_of_a_vendor(route: &str) -> bool {
    route.starts_with("/hooks/") || route.starts_with("/api/v1/")
}
