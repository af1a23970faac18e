//! What the user is told in the bridge's own words.

use super::turn::{NewMessage, Turn};
use crate::domain::{
    effect::Cancelled,
    ids::MessageId,
    message::{Actor, Content},
    policy::Notice,
};

impl Turn<'_> {
    /// Tells the user something in the bridge's own words, if there are words for it. What it makes stale is not told any
    /// more: the user reads who has them now, and after that how things stand now, however much has waited for the platform.
    pub(super) fn notify(&mut self, notice: Notice) {
        self.take_back_stale(notice);
        let message = self.put_in_words(notice);
        if let Some(handover) = &mut self.conversation.handover {
            if notice.says_who() {
                handover.told.who = message;
                handover.told.standing = None;
            } else {
                handover.told.standing = message;
            }
        }
    }

    /// What the user was about to be told of a handover before this one, if there is one.
    pub(super) fn take_back_notices(&mut self, first_order: u64) {
        if self.conversation.handover.is_some() {
            self.cancel(self.bot_lane(), Cancelled::NoticesBefore(first_order));
        }
    }

    /// Whether something that the user was to be told has been overtaken by what was told since.
    pub(super) fn is_stale(&self, message: MessageId) -> bool {
        let open = self.conversation.handover.as_ref();
        open.is_some_and(|open| !open.told.holds(message))
    }

    fn take_back_stale(&mut self, notice: Notice) {
        let Some(handover) = &self.conversation.handover else {
            return;
        };
        let told = handover.told;
        if notice.says_who() && !told.is_nothing() {
            self.take_back_notices(self.conversation.next_order);
        } else if let Some(stale) = told.standing {
            self.cancel(self.bot_lane(), Cancelled::Notice(stale));
        }
    }

    fn put_in_words(&mut self, notice: Notice) -> Option<MessageId> {
        let handover = self.conversation.handover.as_ref()?;
        let id = handover.id;
        let name = handover.agent.as_ref().and_then(|agent| agent.name.clone());
        let position = handover.leg.position.map(|position| position.to_string());
        let words = self.context.policy.texts.get(&handover.language, notice)?;
        let text = fill(words, name.as_deref(), position.as_deref())?;
        let content = Content::text(text);
        let message = self.record(&NewMessage {
            actor: Actor::System,
            at: None,
            content: &content,
            raw: None,
            late_for: None,
        });
        // The operator's words, which are no reason to remember another list or to tell anybody.
        let _ = self.say(id, (message, &content), true);
        Some(message)
    }
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
