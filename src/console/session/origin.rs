//! What changes something is taken from our own pages alone: a page elsewhere can have a browser send a form with the
//! cookie of whoever is signed in. The cookie's `SameSite` keeps it back, and this does so again.
//!
//! A browser says with everything but a plain read where it comes from. A call that does not say is no browser's, and
//! nobody but its own sender has put the cookie there.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::console::texts::sign_in as texts;

pub(in crate::console) async fn only_from_here(request: Request, next: Next) -> Response {
    if is_taken(request.method(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, texts::FROM_ELSEWHERE).into_response()
}

/// Whether the cookie of this call may be believed: whatever it does, no page elsewhere has it done.
pub(in crate::console) fn is_believed(call: &Parts) -> bool {
    is_taken(&call.method, &call.headers)
}

fn is_taken(method: &Method, headers: &HeaderMap) -> bool {
    matches!(*method, Method::GET | Method::HEAD) || !is_from_elsewhere(headers)
}

fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(site) = text("sec-fetch-site") {
        return site != "same-origin";
    }
    let host = text(header::HOST.as_str());
    text(header::ORIGIN.as_str()).is_some_and(|origin| {
        let origin = origin.split_once("://").map(|(_, host)| host);
        origin.is_none() || origin != host
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(headers: &[(&'static str, &'static str)]) -> bool {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_from_elsewhere(&pairs.collect())
    }

    #[test]
    fn a_form_comes_from_our_own_page_or_is_refused() {
        assert!(!from(&[("sec-fetch-site", "same-origin")]));
        assert!(!from(&[
            ("host", "a.example"),
            ("origin", "https://a.example")
        ]));
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("host", "a.example"), ("origin", "https://b.example")],
            &[("host", "a.example"), ("origin", "https://a.example:444")],
            &[("host", "a.example"), ("origin", "null")],
            &[("host", "a.example"), ("origin", "\u{80}")],
            &[("origin", "https://a.example")],
        ] {
            assert!(from(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn a_program_says_nothing_of_where_it_comes_from() {
        assert!(!from(&[]) && !from(&[("host", "a.example")]));
    }
}
