//! The routes on which vendors call: one file a vendor, whose words stay there and in its own folder.

mod chatlayer;

use axum::Router;

use super::State;

pub(super) fn router() -> Router<State> {
    chatlayer::router()
}
