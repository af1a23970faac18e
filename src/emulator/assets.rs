//! The static files of both pages, compiled in, and the headers under which they are served.

use axum::{
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use url::Url;

pub(super) const CHAT: Html<&str> = Html(include_str!("assets/chat.html"));
pub(super) const DESK: Html<&str> = Html(include_str!("assets/desk.html"));

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Its `{console}` is the address of the console.
const BOTH: &str = include_str!("assets/both.html");

const FILES: [(&str, &str, &[u8]); 17] = [
    ("tokens.css", CSS, include_bytes!("../assets/tokens.css")),
    ("base.css", CSS, include_bytes!("assets/base.css")),
    ("faults.css", CSS, include_bytes!("assets/faults.css")),
    ("both.css", CSS, include_bytes!("assets/both.css")),
    ("chat.css", CSS, include_bytes!("assets/chat.css")),
    ("desk.css", CSS, include_bytes!("assets/desk.css")),
    ("theme.js", JS, include_bytes!("../assets/theme.js")),
    ("draw.js", JS, include_bytes!("assets/draw.js")),
    ("faults.js", JS, include_bytes!("assets/faults.js")),
    ("chat.js", JS, include_bytes!("assets/chat.js")),
    ("content.js", JS, include_bytes!("assets/content.js")),
    ("desk.js", JS, include_bytes!("assets/desk.js")),
    ("mark.svg", SVG, include_bytes!("../assets/mark.svg")),
    (
        "workshop.png",
        "image/png",
        include_bytes!("assets/workshop.png"),
    ),
    ("city.svg", SVG, include_bytes!("assets/city.svg")),
    ("cargo.svg", SVG, include_bytes!("assets/cargo.svg")),
    ("gravel.svg", SVG, include_bytes!("assets/gravel.svg")),
];

/// Pictures come from anywhere, also from the emulator beside us; everything else from here. Nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' https: http://127.0.0.1:* http://localhost:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Chat and console on one page, and the headers under which it is served: it shows both, and nothing may frame it.
pub(super) fn both(console: &Url) -> impl IntoResponse + Clone + Send + 'static {
    let origin = console.origin().ascii_serialization();
    let policy = format!("{POLICY}; frame-src 'self' {origin}");
    let page = BOTH.replace("{console}", console.as_str());
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page))
}

/// The chat alone, as it stands within [`both`].
pub(super) fn framed_chat() -> impl IntoResponse + Clone + Send + 'static {
    let policy = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
    ([(header::CONTENT_SECURITY_POLICY, policy)], CHAT)
}

/// `GET /assets/{name}`
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, content_type, bytes)) => {
            ([(header::CONTENT_TYPE, *content_type)], *bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Puts the headers under which a page is served onto its answers, but for a policy of its own.
pub(super) async fn guard(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
