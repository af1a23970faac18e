//! What failures mean that are the same for every platform.

use crate::{
    domain::{delivery::Failure, fallback::Unshowable, retry::ErrorClass},
    outbound::{CallError, url::SegmentError},
};

/// Of a call whose address names no conversation: it cannot say that the conversation is not there any more. A wrong path, one
/// that the platform has retired, or another host, is answered alike, and to take the conversation for lost would end a
/// handover whose bot is paused.
pub(super) fn of_unnamed(failure: Failure) -> Failure {
    match failure.class {
        ErrorClass::Gone => Failure {
            class: ErrorClass::Rejected,
            ..failure
        },
        _ => failure,
    }
}

/// What the vendor gave as an id cannot stand in an address.
pub(super) fn not_an_id(fault: SegmentError) -> Failure {
    CallError::Url(fault.into()).into()
}

pub(super) fn unshowable(fault: Unshowable) -> Failure {
    tracing::debug!(error = %fault, "a message cannot be said");
    Failure::of(ErrorClass::Rejected)
}
