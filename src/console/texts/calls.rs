//! What the bridge calls its errors, calls and states, in words for people.

use crate::{
    domain::{
        delivery::Destination,
        policy::{ClosedBecause, PausedBecause},
        retry::ErrorClass,
    },
    store::DeliveryState,
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
pub(in crate::console) fn stored_class(label: &str) -> &str {
    match (ErrorClass::from_label(label), label) {
        (Some(known), _) => class(known),
        (None, "removed") => "No longer in the configuration",
        (None, "unreadable_row") => "Cannot be read any more",
        (None, other) => other,
    }
}

/// What a call is to bring about, by its kind.
pub(in crate::console) fn task(kind: &str) -> &str {
    match kind {
        "say" => "Message to the user",
        "look_up" => "Look-up of the conversation",
        "pause" => "Pause the bot",
        "resume" => "Give back to the bot",
        "forget" => "Delete the user's data",
        "open" => "Open the handover",
        "message" => "Message to the desk",
        "placeholder" => "Line in place of a message",
        "failed" => "Report of a failed message",
        "close" => "Close the handover",
        other => other,
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
