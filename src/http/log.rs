//! The outer layers of every route: request id, one log line, its metrics, no request without a host, and a panic that
//! stays within its request.
//!
//! The line names the matched route, never the path or the query: a hook's path holds its key and its query the token.

use std::{
    any::Any,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, Version, header},
    response::{IntoResponse, Response},
};
use tower::{Service, layer::layer_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::{
    meter::{Meter, Status},
    problem::{Kind, Problem},
    request_id::{self, RequestId},
    source::{Peer, Sources},
};

const HOST_IS_NAMED_ONCE: &str = "A request has one Host header.";

/// Wraps a whole router, its fallbacks included. `sources` tells which peers may name a request.
pub(super) fn layers<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    sources: Sources,
    meter: Meter,
) -> Router<S> {
    let one_line = layer_fn(move |inner| OneLine {
        inner,
        sources: sources.clone(),
        meter: meter.clone(),
    });
    // Together: with each layer a router boxes every request once more.
    router.layer((one_line, CatchPanicLayer::custom(panicked)))
}

/// Names each request and leaves a line of it.
#[derive(Clone)]
struct OneLine<S> {
    inner: S,
    sources: Sources,
    meter: Meter,
}

/// Logs when dropped, so that a request whose client hung up leaves its line too.
struct Line {
    method: &'static str,
    route: Option<MatchedPath>,
    began: Instant,
    status: Option<u16>,
    problem: Option<Kind>,
    meter: Meter,
}

impl Drop for Line {
    fn drop(&mut self) {
        let route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str);
        let took = self.began.elapsed();
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (method, status) = (self.method, self.status);
        let class = status.map_or(Status::Abandoned, |status| Status::Class(status / 100));
        self.meter.request(route, class, took);
        if let Some(kind) = self.problem {
            self.meter.problem(kind);
        }
        if let Some(status) = status {
            tracing::info!(
                http.method = method,
                http.route = route,
                http.status = status,
                http.problem = self.problem.map(Kind::id),
                http.duration_ms = duration_ms,
                "request answered"
            );
        } else {
            tracing::info!(
                http.method = method,
                http.route = route,
                http.duration_ms = duration_ms,
                "request abandoned by its client"
            );
        }
    }
}

impl<S> Service<Request> for OneLine<S>
where
    S: Service<Request, Response: IntoResponse, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let peer: Option<Peer> = request.extensions().get().copied();
        let id = RequestId::of(&self.sources, peer, request.headers());
        let span = tracing::info_span!("request", request.id = id.as_str());
        let mut line = Line {
            method: known(request.method()),
            route: request.extensions().get().cloned(),
            began: Instant::now(),
            status: None,
            problem: None,
            meter: self.meter.clone(),
        };
        let answer = names_its_host(&request).then(|| span.in_scope(|| self.inner.call(request)));
        let answer = async move {
            let response = match answer {
                Some(answer) => answer.await?.into_response(),
                None => Problem::from(Kind::Malformed)
                    .detail(HOST_IS_NAMED_ONCE)
                    .into_response(),
            };
            line.status = Some(response.status().as_u16());
            line.problem = response.extensions().get().map(Problem::kind);
            drop(line);
            let mut response = Problem::name_request(response, &id);
            response
                .headers_mut()
                .insert(request_id::HEADER, id.header());
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

/// RFC 9112, 3.2: whoever reads the request before or behind us may go by its host, and by another of two. HTTP/1.0 knows
/// none.
fn names_its_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => true,
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// A method is free text to its sender; only those of RFC 9110 are repeated in the log.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The payload may quote the request, so it is not logged; the panic hook has said where it happened.
fn panicked(_payload: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::from(Kind::Internal).into_response()
}
