//! What the bridge calls its errors, calls and states, in words for people.

use crate::{
    domain::{
        delivery::{Destination, TaskKind},
        policy::{ClosedBecause, PausedBecause},
        retry::ErrorClass,
    },
    store::{DeliveryState, ListedClass, ListedKind},
};

pub(in crate::console) const fn class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::NotSent => "Not reached",
        ErrorClass::Certificate => "Certificate not valid",
        ErrorClass::Ambiguous => "No answer in time",
        ErrorClass::Busy => "Server error",
        ErrorClass::RateLimited => "Called too often",
        ErrorClass::Unauthorized => "Sign-in refused",
        ErrorClass::Gone => "Conversation is gone",
        ErrorClass::Duplicate => "Says it has this already",
        ErrorClass::Rejected => "Refused the content",
        ErrorClass::Redirected => "Sent us elsewhere",
        ErrorClass::Unreadable => "Unreadable answer",
        ErrorClass::Unsupported => "Unexpected answer",
    }
}

/// The store has classes of its own, beside those of calls.
pub(in crate::console) fn stored_class(class: &ListedClass) -> &str {
    match class {
        ListedClass::Call(class) => self::class(*class),
        ListedClass::UnreadableRow => "Cannot be read any more",
        ListedClass::Removed => "No longer in the configuration",
        ListedClass::Other(word) => word,
    }
}

/// What a call is to bring about.
pub(in crate::console) fn task(kind: &ListedKind) -> &str {
    match kind {
        ListedKind::Known(kind) => known_task(*kind),
        ListedKind::Other(word) => word,
    }
}

const fn known_task(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Say => "Message to the user",
        TaskKind::LookUp => "Look-up of the conversation",
        TaskKind::Pause => "Pause the bot",
        TaskKind::Resume => "Give back to the bot",
        TaskKind::Forget => "Delete the user's data",
        TaskKind::Open => "Open the handover",
        TaskKind::Message => "Message to the desk",
        TaskKind::Placeholder => "Line in place of a message",
        TaskKind::Failed => "Report of a failed message",
        TaskKind::Close => "Close the handover",
    }
}

/// The word, and the class of its tag.
pub(in crate::console) const fn state(state: DeliveryState) -> (&'static str, &'static str) {
    match state {
        DeliveryState::Pending => ("Waiting", "tag"),
        DeliveryState::Retrying => ("Retrying", "tag tag--warn"),
        DeliveryState::Delivered => ("Delivered", "tag tag--ok"),
        DeliveryState::Dead => ("Dead", "tag tag--bad"),
        DeliveryState::Cancelled => ("Given up", "tag"),
    }
}

/// Whether it is called, and how that looks: the class of a tag, and what stands behind `link--`.
pub(in crate::console) const fn closed(
    closed: Option<ClosedBecause>,
) -> (&'static str, &'static str, &'static str) {
    match closed {
        None => ("Working", "tag tag--ok", "up"),
        Some(ClosedBecause::BreakerOpen) => ("Does not answer", "tag tag--bad", "open"),
        Some(ClosedBecause::Paused(PausedBecause::RateLimited)) => {
            ("Paused, called too often", "tag tag--warn", "paused")
        }
        Some(ClosedBecause::Paused(PausedBecause::Refused)) => {
            ("Paused, refused", "tag tag--warn", "paused")
        }
        Some(ClosedBecause::NoAgent) => ("No agent signed in", "tag tag--warn", "paused"),
    }
}

/// Its name, and which of the two kinds it is.
pub(in crate::console) fn destination(destination: &Destination) -> (&str, &'static str) {
    match destination {
        Destination::Bot(name) => (name.as_str(), "bot"),
        Destination::Desk(name) => (name.as_str(), "desk"),
    }
}
