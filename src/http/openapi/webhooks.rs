//! The calls that a desk of kind `webhook` gets. `desks::webhook` makes them; here they are described.

#![expect(dead_code, reason = "these calls are described, others make them")]

use utoipa::{
    IntoParams, Modify, OpenApi, ToSchema,
    openapi::{ObjectBuilder, Schema, Type},
};
use uuid::Uuid;

use super::{desk::Handover, message::Message};

/// Puts the calls among the document's webhooks, and what they carry among its components.
pub(super) struct Webhooks;

impl Modify for Webhooks {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut described = Calls::openapi();
        document.webhooks = Some(std::mem::take(&mut described.paths));
        document.merge(described);
    }
}

#[derive(OpenApi)]
#[openapi(paths(
    handover_opened,
    message_created,
    message_failed,
    handover_closed,
    ping
))]
struct Calls;

/// A user needs an agent. Any 2xx takes the handover, unless it says otherwise.
#[utoipa::path(
    post,
    path = "handover.opened",
    operation_id = "handoverOpened",
    tag = "desk webhooks",
    params(Signed),
    request_body = HandoverOpened,
    responses((status = "2XX", description = "Taken, or refused. The body may be left out.", body = Opened)),
)]
fn handover_opened() {}

/// The user wrote, or a message of the bot slipped through.
#[utoipa::path(
    post,
    path = "message.created",
    operation_id = "messageCreated",
    tag = "desk webhooks",
    params(Signed),
    request_body = MessageCreated,
    responses((status = "2XX", description = "Taken.")),
)]
fn message_created() {}

/// One of the desk's own messages did not reach the user.
#[utoipa::path(
    post,
    path = "message.failed",
    operation_id = "messageFailed",
    tag = "desk webhooks",
    params(Signed),
    request_body = MessageFailed,
    responses((status = "2XX", description = "Taken.")),
)]
fn message_failed() {}

/// The desk's part in the handover is over.
#[utoipa::path(
    post,
    path = "handover.closed",
    operation_id = "handoverClosed",
    tag = "desk webhooks",
    params(Signed),
    request_body = HandoverClosed,
    responses((status = "2XX", description = "Taken.")),
)]
fn handover_closed() {}

/// Somebody checks the connection.
#[utoipa::path(
    post,
    path = "ping",
    operation_id = "ping",
    tag = "desk webhooks",
    params(Signed),
    request_body = Ping,
    responses((status = "2XX", description = "Taken.")),
)]
fn ping() {}

/// Standard Webhooks.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
struct Signed {
    /// Names the delivery; the same over all attempts, so that a repeat is known by it.
    #[param(rename = "webhook-id")]
    id: Uuid,
    /// Seconds since 1970, new at each attempt.
    #[param(rename = "webhook-timestamp")]
    timestamp: u64,
    /// `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; two, separated by a space, while a secret is rotated.
    #[param(rename = "webhook-signature")]
    signature: String,
}

macro_rules! envelopes {
    ($($envelope:ident is $kind:ident $name:literal with $data:ty;)+) => {$(
        #[derive(ToSchema)]
        struct $envelope {
            #[schema(schema_with = $kind::only)]
            r#type: $kind,
            /// The time of what it tells of, the same over all attempts.
            #[schema(format = DateTime)]
            timestamp: String,
            #[schema(inline)]
            data: $data,
        }

        struct $kind;

        impl $kind {
            fn only() -> Schema {
                let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$name]));
                Schema::Object(name.build())
            }
        }
    )+};
}

envelopes! {
    HandoverOpened is OpenedType "handover.opened" with OpenedData;
    MessageCreated is CreatedType "message.created" with CreatedData;
    MessageFailed is FailedType "message.failed" with FailedData;
    HandoverClosed is ClosedType "handover.closed" with ClosedData;
    Ping is PingType "ping" with PingData;
}

#[derive(ToSchema)]
struct OpenedData {
    handover: Handover,
    /// How many messages there are in all.
    transcript_total: u64,
    /// Oldest first, at most the desk's `transcript_limit`, and 1 MiB of contents or one longer message.
    transcript: Vec<Message>,
}

#[derive(ToSchema)]
struct CreatedData {
    handover_id: Uuid,
    message: Message,
}

#[derive(ToSchema)]
struct FailedData {
    handover_id: Uuid,
    /// The `id` with which the desk's event was answered.
    message_id: Uuid,
    reason: String,
}

#[derive(ToSchema)]
struct ClosedData {
    handover_id: Uuid,
    reason: String,
}

#[derive(ToSchema)]
struct PingData {}

/// A desk's answer to `handover.opened`.
#[derive(ToSchema)]
struct Opened {
    /// The desk's own id of the conversation.
    conversation_id: Option<ConversationId>,
    /// The user's place in the queue.
    position: Option<u64>,
    /// `false` refuses the handover.
    accepted: Option<bool>,
    /// Why it was refused.
    reason: Option<String>,
}

#[derive(ToSchema)]
#[serde(untagged)]
enum ConversationId {
    Text(String),
    Number(i64),
}
