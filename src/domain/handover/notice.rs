//! What the user is told in the bridge's own words.

use super::{
    owe::Voice,
    turn::{NewMessage, Turn},
};
use crate::domain::{
    conversation::Handover,
    ids::MessageId,
    message::{Actor, Content},
    policy::{Notice, Texts},
};

impl Turn<'_> {
    /// Tells the user something in the bridge's own words, if there are words for it.
    pub(super) fn notify(&mut self, notice: Notice) -> Option<MessageId> {
        let handover = self.open()?;
        let id = handover.id;
        let content = Content::text(words(handover, notice, &self.context.policy.texts)?);
        let message = self.record(&NewMessage {
            actor: Actor::System,
            at: None,
            content: &content,
            raw: None,
            late_for: None,
        });
        // The operator's words, which are no reason to remember another list or to tell anybody.
        let _ = self.say(id, message, &content, Voice::Bridge);
        Some(message)
    }
}

/// What the user is told in this handover; none if the text is empty or names what is not known now.
pub(super) fn words(handover: &Handover, notice: Notice, texts: &Texts) -> Option<String> {
    let agent = handover.agent.as_ref();
    let name = agent.and_then(|agent| agent.name.as_deref());
    let position = handover.leg().and_then(|leg| leg.position);
    let position = position.map(|position| position.to_string());
    let text = texts.get(&handover.language, notice)?;
    fill(text, name, position.as_deref())
}

/// The text with its placeholders filled; none if it names what is not known. What fills one is not looked at again: agents
/// choose their names themselves.
fn fill(text: &str, name: Option<&str>, position: Option<&str>) -> Option<String> {
    let placeholders = [("name}", name), ("position}", position)];
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let named = placeholders
            .iter()
            .find_map(|(placeholder, value)| Some((behind.strip_prefix(placeholder)?, *value)));
        if let Some((after, value)) = named {
            filled.push_str(value?);
            rest = after;
        } else {
            filled.push('{');
            rest = behind;
        }
    }
    filled.push_str(rest);
    Some(filled)
}
