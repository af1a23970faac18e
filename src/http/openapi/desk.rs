//! What a desk of kind `webhook` tells and is told, beside the messages.

#![expect(dead_code, reason = "these types are described, never made")]

use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::message::{AgentContent, WebUrl};

/// One event. Fields that its type does not know are ignored.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(examples(
    json!({"type": "attended", "agent": {"name": "Ann", "avatar_url": "https://example.com/ann.png"}}),
    json!({"type": "message", "content": {"type": "text", "text": "Hello, I am Ann"}}),
    json!({"type": "typing"}),
    json!({"type": "transferred", "to": "billing"}),
    json!({"type": "closed", "reason": "solved"}),
))]
pub(in crate::http) enum DeskEvent {
    /// An agent has joined.
    Attended { agent: Option<Agent> },
    /// An agent has said something.
    Message { content: AgentContent },
    /// An agent is typing.
    Typing {},
    /// The desk has passed the conversation on to others of its agents.
    Transferred { to: Option<String> },
    /// The desk is done with it; the bot gets the user back.
    Closed { reason: Option<String> },
}

#[derive(ToSchema)]
pub(in crate::http) struct Agent {
    name: Option<String>,
    avatar_url: Option<WebUrl>,
}

/// Who needs an agent, and why.
#[derive(ToSchema)]
pub(in crate::http) struct Handover {
    id: Uuid,
    /// The bot's name in the configuration.
    #[schema(examples("webshop"))]
    bot: String,
    /// The platform's own id of the bot.
    #[schema(required)]
    bot_id: Option<String>,
    /// `DRAFT` or `LIVE` where the platform has versions.
    #[schema(required)]
    version: Option<String>,
    /// The platform's own id of the user's conversation.
    session_id: String,
    #[schema(required, examples("web"))]
    channel: Option<String>,
    #[schema(examples("en"))]
    language: String,
    /// What the bot sent along.
    payload: Value,
    /// The `options` of the route that led here.
    options: Map<String, Value>,
    user: User,
}

#[derive(ToSchema)]
struct User {
    id: String,
    #[schema(required)]
    first_name: Option<String>,
    #[schema(required)]
    last_name: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
}

/// How far a handover is.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum HandoverState {
    /// The desk has been asked.
    Requested,
    /// The desk has taken it, no agent yet.
    Waiting,
    /// An agent has it.
    Attended,
    /// It has ended; the bot is being resumed.
    Closing,
    Closed,
}
