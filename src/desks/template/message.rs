//! What templates may speak of: the words of the desk protocol, each message with a text of its own beside its content.

use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::REFERENCE;
use crate::{
    desks::protocol::message::{HandoverBody, MessageBody},
    domain::{
        conversation::ConversationKey,
        delivery::Job,
        fallback::{self, Audience, Capabilities},
        message::{Actor, Content, Message},
    },
    outbound::template::Context,
};

/// A message as templates see it.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    message: MessageBody<'a>,
    /// What an agent reads of it where only texts are shown.
    text: String,
}

/// As many bytes of the past are written down in one text, the newest.
const MOST_PAST: usize = 64 * 1024;
const LEFT_OUT: &str = "(earlier messages are left out)";
const UNSHOWABLE: &str = "(a message that cannot be shown as a text)";

/// What every request of a handover may speak of.
pub(super) fn handover(context: Context, job: &Job) -> Context {
    let ConversationKey { bot, user, .. } = &job.key;
    let body = HandoverBody::new(&job.handover, &job.profile, bot, user.as_str());
    context
        .with("handover", &body)
        .with("user", body.user())
        .with(REFERENCE, reference(job))
}

/// What `open` may: the newest of the past, and how much there is of it.
pub(super) fn past(context: Context, transcript: &[Message], total: u64) -> Context {
    let told: Vec<_> = shown(transcript).map(told).collect();
    context
        .with("transcript", told)
        .with("transcript_text", written_down(transcript))
        .with("transcript_total", total)
}

/// What `message` may: this message, saying this.
pub(super) fn said(context: Context, message: &Message, shown: &Content) -> Context {
    let message = MessageBody::from(message).with_content(shown);
    let text = text_of(shown);
    context.with("message", Told { message, text })
}

/// What a reader of texts sees of it.
pub(super) fn text_of(content: &Content) -> String {
    let able = Capabilities::text_only(Audience::Agent, usize::MAX);
    let Ok(shown) = fallback::show(content, &able) else {
        return UNSHOWABLE.to_owned();
    };
    let texts = shown.parts.iter().filter_map(|part| match part.as_ref() {
        Content::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// What the answers so far gave, with the desk's own id of the conversation.
fn reference(job: &Job) -> Map<String, Value> {
    let Some(leg) = &job.leg else {
        return Map::new();
    };
    let mut known = leg.taken.values().clone();
    if let Some(reference) = &leg.reference {
        known.insert("reference".to_owned(), reference.clone().into());
    }
    known
}

/// The bridge's own notices are not shown.
fn shown(transcript: &[Message]) -> impl DoubleEndedIterator<Item = &Message> {
    let messages = transcript.iter();
    messages.filter(|message| message.actor != Actor::System)
}

fn told(message: &Message) -> Told<'_> {
    Told {
        text: text_of(&message.content),
        message: message.into(),
    }
}

/// A line for each message, oldest first.
fn written_down(transcript: &[Message]) -> String {
    let mut lines = Vec::new();
    let mut length = 0_usize;
    for message in shown(transcript).rev() {
        let line = format!("{}: {}", name(message.actor), text_of(&message.content));
        length = length.saturating_add(line.len()).saturating_add(1);
        if length > MOST_PAST {
            lines.push(LEFT_OUT.to_owned());
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    lines.join("\n")
}

fn name(actor: Actor) -> &'static str {
    match actor {
        Actor::User => "user",
        Actor::Bot => "bot",
        Actor::Agent => "agent",
        Actor::System => "bridge",
    }
}
