//! The headers that every answer of the console carries.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// No script, style or form but our own, no frame around us. Pictures that users and bots send may come from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' https:; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; frame-ancestors";

/// `framed_by`: the origin of a page that may show ours within itself.
pub(super) fn policy(framed_by: Option<&str>) -> HeaderValue {
    let framed_by = framed_by.unwrap_or("'none'");
    HeaderValue::try_from(format!("{POLICY} {framed_by}"))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// In the extensions of a request that came over TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Https;

pub(super) async fn guard(
    State(policy): State<HeaderValue>,
    request: Request,
    next: Next,
) -> Response {
    let is_https = request.extensions().get::<Https>().is_some();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Only the embedded files say for themselves how long they may be kept.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use axum::{Extension, Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn headers_of(router: Router, path: &str) -> String {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let mut lines = String::new();
        for (name, value) in response.headers() {
            writeln!(lines, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        lines
    }

    fn router() -> Router {
        Router::new()
            .route("/console", get(async || "a page"))
            .route(
                "/kept",
                get(async || ([(header::CACHE_CONTROL, "public, max-age=1")], "a file")),
            )
            .layer(from_fn_with_state(policy(None), guard))
    }

    #[tokio::test]
    async fn every_answer_is_guarded() {
        insta::assert_snapshot!(headers_of(router(), "/console").await, @r"
        content-type: text/plain; charset=utf-8
        content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https:; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; frame-ancestors 'none'
        x-content-type-options: nosniff
        referrer-policy: no-referrer
        cross-origin-opener-policy: same-origin
        cache-control: no-store
        content-length: 6
        ");
    }

    #[tokio::test]
    async fn what_is_not_there_is_guarded_as_well() {
        let headers = headers_of(router(), "/nothing").await;
        assert!(headers.contains("content-security-policy: default-src 'none'"));
        assert!(headers.contains("cache-control: no-store"));
    }

    #[tokio::test]
    async fn a_file_keeps_its_own_cache_control() {
        let headers = headers_of(router(), "/kept").await;
        assert!(headers.contains("cache-control: public, max-age=1\n"));
        assert!(!headers.contains("no-store"));
    }

    #[tokio::test]
    async fn only_over_tls_is_tls_demanded_from_then_on() {
        let plain = headers_of(router(), "/console").await;
        assert!(!plain.contains("strict-transport-security"));
        let tls = headers_of(router().layer(Extension(Https)), "/console").await;
        assert!(tls.contains("strict-transport-security: max-age=31536000\n"));
    }
}
