//! The answers of the admin API, shared with those who read them.

use serde::{Deserialize, Serialize};

use crate::domain::{
    conversation::Phase,
    effect::WarningKind,
    ids::{BotName, DeliveryId, DeskName, HandoverId},
    time::Timestamp,
};

/// One page of deliveries; `next` goes into `after` for the one behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deliveries {
    pub deliveries: Vec<Delivery>,
    pub next: Option<DeliveryId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub handover: HandoverId,
    /// `bot:NAME` or `desk:NAME`.
    pub destination: String,
    pub kind: String,
    /// `pending`, `retrying`, `delivered`, `dead` or `cancelled`.
    pub state: String,
    pub attempts: u32,
    pub error_class: Option<String>,
    pub created_at: Timestamp,
    pub next_at: Option<Timestamp>,
}

/// A delivery that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub id: DeliveryId,
}

/// One page of handovers; `next` goes into `after` for the one behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handovers {
    pub handovers: Vec<Handover>,
    pub next: Option<HandoverId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    pub id: HandoverId,
    pub bot: BotName,
    pub desk: DeskName,
    pub phase: Phase,
    /// When the present phase began.
    pub since: Timestamp,
    pub requested_at: Timestamp,
    /// When the bridge looks at it again by itself.
    pub wake_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warnings {
    pub warnings: Vec<Warning>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    pub kind: WarningKind,
    /// A bot, a desk, or a handover's id.
    pub subject: String,
    pub count: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
