//! Handovers and messages as the desk protocol writes them: for calls to a desk, for its reads, and for what templates may
//! speak of.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    desks::shown::not_shown,
    domain::{
        conversation::{Profile, UserProfile},
        delivery::HandoverFacts,
        ids::{BotName, HandoverId, MessageId},
        message::{Actor, Content, Message},
        time::Timestamp,
    },
};

/// A line in the place of a message that an agent cannot be shown.
pub fn placeholder(message: MessageId) -> Content {
    Content::text(not_shown(message))
}

#[derive(Debug, Serialize)]
pub struct HandoverBody<'a> {
    id: HandoverId,
    bot: &'a BotName,
    bot_id: Option<&'a str>,
    version: Option<&'a str>,
    session_id: &'a str,
    channel: Option<&'a str>,
    language: &'a str,
    payload: Option<&'a Value>,
    options: &'a Map<String, Value>,
    user: UserBody<'a>,
}

#[derive(Debug, Serialize)]
pub struct UserBody<'a> {
    id: &'a str,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    avatar_url: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct MessageBody<'a> {
    id: MessageId,
    seq: u64,
    actor: Actor,
    at: Timestamp,
    content: &'a Content,
}

impl<'a> HandoverBody<'a> {
    /// `user` is the conversation's user as the platform names it.
    pub fn new(
        facts: &'a HandoverFacts,
        profile: &'a Profile,
        bot: &'a BotName,
        user: &'a str,
    ) -> Self {
        let UserProfile {
            id,
            first_name,
            last_name,
            avatar_url,
            fields: _,
        } = &profile.user;
        Self {
            id: facts.id,
            bot,
            bot_id: profile.platform_bot_id.as_deref(),
            version: profile.version.as_deref(),
            session_id: user,
            channel: profile.channel.as_deref(),
            language: &facts.language,
            payload: facts.payload.as_ref(),
            options: &facts.options,
            user: UserBody {
                id: id.as_deref().unwrap_or(user),
                first_name: first_name.as_deref(),
                last_name: last_name.as_deref(),
                avatar_url: avatar_url.as_deref(),
            },
        }
    }
}

impl HandoverBody<'_> {
    pub fn user(&self) -> &UserBody<'_> {
        &self.user
    }
}

impl<'a> MessageBody<'a> {
    /// The messages that a desk may see: the bridge's own notices are none of them.
    pub fn transcript(messages: &'a [Message]) -> Vec<Self> {
        messages
            .iter()
            .filter(|message| message.actor != Actor::System)
            .map(Self::from)
            .collect()
    }

    /// The same message with other words.
    #[must_use]
    pub fn with_content(self, content: &'a Content) -> Self {
        Self { content, ..self }
    }
}

impl<'a> From<&'a Message> for MessageBody<'a> {
    fn from(message: &'a Message) -> Self {
        let Message {
            id,
            seq,
            actor,
            at,
            content,
            ..
        } = message;
        Self {
            id: *id,
            seq: *seq,
            actor: *actor,
            at: *at,
            content,
        }
    }
}
