//! The page of who asked for what the store could not give.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;

use super::{layout, texts};
use crate::store;

/// The store failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Fault(#[from] store::Error);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        tracing::warn!(
            error = self.0.told(),
            "the store failed a page of the console"
        );
        let status = match self.0 {
            store::Error::Corrupt(_) => StatusCode::INTERNAL_SERVER_ERROR,
            store::Error::Unavailable(_) | store::Error::Busy | store::Error::Closed => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let [title, advice] = texts::STORE_FAULT;
        let body = html! {
            div { h1 { (title) } p.quiet { (advice) } }
            // The empty address is the page's own.
            a.btn.btn--main href="" { (texts::TRY_AGAIN) }
        };
        (status, layout::bare(title, &body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_busy_is_told_apart_from_one_that_is_broken() {
        let status = |error| Fault::from(error).into_response().status();
        assert_eq!(status(store::Error::Busy), StatusCode::SERVICE_UNAVAILABLE);
        let broken = store::Error::Corrupt("no such column".into());
        assert_eq!(status(broken), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
