//! The static files of both pages, compiled in, and the headers under which they are served.

use axum::{
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

pub(super) const CHAT: Html<&str> = Html(include_str!("assets/chat.html"));
pub(super) const DESK: Html<&str> = Html(include_str!("assets/desk.html"));

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const FILES: [(&str, &str, &str); 15] = [
    ("tokens.css", CSS, include_str!("assets/tokens.css")),
    ("base.css", CSS, include_str!("assets/base.css")),
    ("chat.css", CSS, include_str!("assets/chat.css")),
    ("desk.css", CSS, include_str!("assets/desk.css")),
    ("theme.js", JS, include_str!("assets/theme.js")),
    ("draw.js", JS, include_str!("assets/draw.js")),
    ("faults.js", JS, include_str!("assets/faults.js")),
    ("chat.js", JS, include_str!("assets/chat.js")),
    ("content.js", JS, include_str!("assets/content.js")),
    ("desk.js", JS, include_str!("assets/desk.js")),
    ("mark.svg", SVG, include_str!("assets/mark.svg")),
    ("workshop.svg", SVG, include_str!("assets/workshop.svg")),
    ("city.svg", SVG, include_str!("assets/city.svg")),
    ("cargo.svg", SVG, include_str!("assets/cargo.svg")),
    ("gravel.svg", SVG, include_str!("assets/gravel.svg")),
];

/// Pictures come from anywhere (an agent may send one), everything else from here; nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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

/// `GET /assets/{name}`
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, content_type, text)) => {
            ([(header::CONTENT_TYPE, *content_type)], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Puts the headers under which a page is served onto its answers.
pub(super) async fn guard(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}
