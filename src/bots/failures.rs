//! Failures of a call that is never made, the same for every platform.

use crate::{
    domain::{delivery::Failure, fallback::Unshowable, retry::ErrorClass},
    outbound::{CallError, url::SegmentError},
};

/// What the vendor gave as an id cannot stand in an address.
pub(super) fn not_an_id(fault: SegmentError) -> Failure {
    CallError::Url(fault.into()).into()
}

pub(super) fn unshowable(fault: Unshowable) -> Failure {
    tracing::debug!(error = %fault, "a message cannot be said");
    Failure::of(ErrorClass::Rejected)
}
