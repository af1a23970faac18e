//! The words by which members of closed lists stand in columns, whatever the database.

use super::DeliveryState;
use crate::domain::{
    conversation::{Answer, Phase},
    message::Actor,
    policy::PausedBecause,
};

/// One word for each member. A word that is not known is one of a newer version's.
pub(super) trait Label: Sized {
    fn label(&self) -> &'static str;

    fn from_label(label: &str) -> Option<Self>;
}

macro_rules! labels {
    ($($kind:ident { $($variant:ident => $label:literal),+ $(,)? } else $unknown:expr;)+) => {$(
        impl Label for $kind {
            fn label(&self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            fn from_label(label: &str) -> Option<Self> {
                match label {
                    $($label => Some(Self::$variant),)+
                    _ => $unknown,
                }
            }
        }
    )+};
}

labels! {
    Phase {
        Requested => "requested",
        Waiting => "waiting",
        Attended => "attended",
        Closing => "closing",
        Unknown => "unknown",
    } else Some(Self::Unknown);
    Answer { Pending => "pending", Accepted => "accepted", Declined => "declined" } else None;
    Actor { User => "user", Bot => "bot", Agent => "agent", System => "system" } else None;
    PausedBecause { RateLimited => "rate_limited", Refused => "refused" } else Some(Self::Refused);
    DeliveryState {
        Pending => "pending",
        Retrying => "retrying",
        Delivered => "delivered",
        Dead => "dead",
        Cancelled => "cancelled",
    } else None;
}
