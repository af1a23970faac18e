//! What templates may speak of: the words of the desk protocol, each message with a text of its own beside its content.

use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::REFERENCE;
use crate::{
    desks::{
        protocol::message::{HandoverBody, MessageBody},
        transcript,
    },
    domain::{
        conversation::ConversationKey,
        delivery::{DeskJob, LegFacts, Past},
        message::{Content, Message},
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

/// As many characters of the past are told in one text, the newest.
const PAST_ROOM: usize = 64 * 1024;

/// What every request of a handover may speak of.
pub(super) fn handover(context: Context, job: DeskJob<'_>) -> Context {
    let about = job.about;
    let ConversationKey { bot, user, .. } = &about.key;
    let body = HandoverBody::new(&about.handover, &about.profile, bot, user.as_str());
    context
        .with("handover", &body)
        .with("user", body.user())
        .with(REFERENCE, reference(job.leg))
}

/// What `open` may: the newest of the past, and how much there is of it.
pub(super) fn past(context: Context, past: &Past) -> Context {
    let told: Vec<_> = transcript::shown(past).map(told).collect();
    let text = transcript::told(past, PAST_ROOM);
    context
        .with("transcript", told)
        .with("transcript_text", text.unwrap_or_default())
        .with("transcript_total", past.total)
}

/// What `message` may: this message, saying this.
pub(super) fn said(context: Context, message: &Message, shown: &Content) -> Context {
    let message = MessageBody::from(message).with_content(shown);
    let text = transcript::words(shown);
    context.with("message", Told { message, text })
}

/// What the answers so far gave, with the desk's own id of the conversation.
fn reference(leg: &LegFacts) -> Map<String, Value> {
    let mut known = leg.taken.values().clone();
    if let Some(reference) = leg.reference() {
        known.insert("reference".to_owned(), reference.into());
    }
    known
}

fn told(message: &Message) -> Told<'_> {
    Told {
        text: transcript::words(&message.content),
        message: message.into(),
    }
}
