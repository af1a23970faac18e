//! The answers of the admin API, shared with those who read them.

use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Schema, Type},
};

use crate::domain::{
    conversation::Phase,
    effect::WarningKind,
    ids::{BotName, DeliveryId, DeskName, ErasureId, HandoverId},
    time::Timestamp,
};

/// One page of deliveries; `next` goes into `after` for the one behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deliveries {
    pub deliveries: Vec<Delivery>,
    #[schema(value_type = Option<Uuid>, required)]
    pub next: Option<DeliveryId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    #[schema(value_type = Uuid)]
    pub id: DeliveryId,
    #[schema(value_type = Uuid)]
    pub handover: HandoverId,
    /// `bot:NAME` or `desk:NAME`.
    #[schema(examples("desk:team"))]
    pub destination: String,
    /// What is to be done.
    #[schema(examples("message"))]
    pub kind: String,
    #[schema(value_type = State)]
    pub state: String,
    pub attempts: u32,
    /// Why the last attempt failed, or `removed` or `unreadable_row` of what was given up without one; null also of a dead
    /// letter that is sent again.
    #[schema(required, examples("rejected"))]
    pub error_class: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub next_at: Option<Timestamp>,
}

/// What became of a delivery so far.
#[derive(ToSchema)]
#[schema(as = DeliveryState)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "described here, written as text")]
pub(super) enum State {
    /// Waits for its first attempt.
    Pending,
    /// Has failed, will be tried again.
    Retrying,
    Delivered,
    /// Given up.
    Dead,
    Cancelled,
}

/// A delivery that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeliveryChanged)]
pub struct Changed {
    #[schema(value_type = Uuid)]
    pub id: DeliveryId,
}

/// One page of handovers; `next` goes into `after` for the one behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = OpenHandovers)]
pub struct Handovers {
    pub handovers: Vec<Handover>,
    #[schema(value_type = Option<Uuid>, required)]
    pub next: Option<HandoverId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = OpenHandover)]
pub struct Handover {
    #[schema(value_type = Uuid)]
    pub id: HandoverId,
    #[schema(value_type = String, examples("webshop"))]
    pub bot: BotName,
    /// Null while none has been asked, since the platform is asked first.
    #[schema(value_type = Option<String>, required, examples("team"))]
    pub desk: Option<DeskName>,
    #[schema(value_type = String, examples("waiting"))]
    pub phase: Phase,
    /// When the present phase began.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When the bridge looks at it again by itself.
    #[schema(value_type = String, format = DateTime)]
    pub wake_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Warnings {
    pub warnings: Vec<Warning>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    #[schema(schema_with = warning_kinds)]
    pub kind: WarningKind,
    /// A bot, a desk, or a handover's id.
    pub subject: String,
    pub count: u64,
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
}

/// A user's data on their way out. Says nothing of whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Erasure {
    #[schema(value_type = Uuid)]
    pub id: ErasureId,
    pub state: Progress,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When nothing was left, in the files either.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Option<Timestamp>,
    /// How many conversations it is about.
    pub conversations: u64,
    /// How many of them are not gone yet.
    pub left: u64,
    /// In how many the platform has deleted what it kept.
    pub platform_deleted: u64,
    /// In how many it keeps it: it was asked in vain, or not at all.
    pub platform_kept: u64,
    /// What is still owed in them, the oldest twenty. One that is skipped is not waited for.
    pub waits_for: Vec<Delivery>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ErasureState)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Something is still owed, or being removed.
    Pending,
    Finished,
}

/// The kinds that this version knows.
fn warning_kinds() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(WarningKind::ALL.map(WarningKind::label)))
        .examples(["no_route"])
        .into()
}
