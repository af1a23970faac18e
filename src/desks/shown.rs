//! What agents are shown of what a desk is told, the same for every desk: the parts of a message, and the bridge's own
//! words where a message does not get through.

use std::borrow::Cow;

use crate::domain::{
    delivery::{Failure, Said},
    fallback::Capabilities,
    ids::MessageId,
    message::Content,
    retry::ErrorClass,
};

/// How what an agent is told of a message of theirs begins.
pub(super) const NOT_DELIVERED: &str = "A message of yours did not reach the user";

/// The message, or this part of it, as agents can be shown it.
pub(super) fn parts<'j>(
    said: Said<'j>,
    able: &Capabilities,
) -> Result<Vec<Cow<'j, Content>>, Failure> {
    said.parts(able).map_err(|fault| {
        tracing::debug!(error = %fault, "a message cannot be told");
        Failure::of(ErrorClass::Rejected)
    })
}

/// What stands in the place of a message.
pub(super) fn not_shown(message: MessageId) -> String {
    format!("One message could not be shown here, reference {message}")
}

pub(super) fn not_delivered(reason: &str) -> String {
    format!("{NOT_DELIVERED}: {reason}")
}
