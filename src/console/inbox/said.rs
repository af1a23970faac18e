//! A message in one line.

use maud::{Markup, html};

use crate::{
    console::{icons::icon, texts},
    domain::message::{Actor, Content, MediaKind, Message},
};

/// More does not fit on any screen.
const SIGNS: usize = 200;

/// The agent of whom a line is, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Agent<'a> {
    /// Whoever reads this.
    You,
    Named(&'a str),
    Unknown,
}

/// What was said last, after who said it unless it was the user. `agent`: if it was one, who.
pub(super) fn line(message: &Message, language: Option<&str>, agent: Agent<'_>) -> Markup {
    let by = match message.actor {
        Actor::User | Actor::System => None,
        Actor::Bot => Some(texts::BOT),
        Actor::Agent => Some(agent.called()),
    };
    // The user's own words alone are surely in the user's language.
    let is_own = message.actor == Actor::User && matches!(message.content, Content::Text { .. });
    let language = language.filter(|_| is_own);
    let (picture, words) = gist(&message.content);
    let words: String = words.chars().take(SIGNS).collect();
    html! {
        @if let Some(by) = by { bdi { (by) } ": " }
        @if let Some(picture) = picture { (icon(picture)) " " }
        // Alone, the words turn the whole line their way; behind ours, only themselves.
        span dir=[by.map(|_| "auto")] lang=[language] { (words) }
    }
}

impl<'a> Agent<'a> {
    fn called(self) -> &'a str {
        match self {
            Self::You => texts::YOU_SAID,
            Self::Named(name) => name,
            Self::Unknown => texts::AN_AGENT,
        }
    }
}

/// The words alone, or what stands for them.
pub(in crate::console) fn gist_of(message: &Message) -> String {
    let (_, words) = gist(&message.content);
    words.chars().take(SIGNS).collect()
}

/// Its picture, and its words or what stands for them.
fn gist(content: &Content) -> (Option<&'static str>, &str) {
    match content {
        Content::Text { text, .. } | Content::Buttons { text, .. } => (None, text),
        Content::Cards { cards: items } | Content::List { items, .. } => {
            let first = items.first();
            (None, first.map_or(texts::CARDS, |card| &card.title))
        }
        Content::Media {
            kind,
            name,
            caption,
            ..
        } => {
            let (picture, kind) = media(*kind);
            let words = caption.as_deref().or(name.as_deref());
            (Some(picture), words.unwrap_or(kind))
        }
        Content::Location { label, .. } => (Some("pin"), label.as_deref().unwrap_or(texts::PLACE)),
        Content::Postback { title, .. } => (Some("tap"), title),
        Content::Intro {} => (None, texts::OPENED),
        Content::Unknown { .. } => (None, texts::UNKNOWN_KIND),
    }
}

fn media(kind: MediaKind) -> (&'static str, &'static str) {
    match kind {
        MediaKind::Image => ("image", texts::IMAGE),
        MediaKind::Video => ("image", texts::VIDEO),
        MediaKind::Audio => ("file", texts::AUDIO),
        MediaKind::File => ("file", texts::FILE),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{ids::MessageId, time::Timestamp};

    fn said(actor: Actor, content: serde_json::Value) -> String {
        let message = Message {
            id: MessageId::from_uuid(Uuid::nil()),
            seq: 1,
            actor,
            at: Timestamp::from_millis(0),
            content: serde_json::from_value(content).unwrap(),
            handover: None,
            late: false,
            raw: None,
        };
        line(&message, Some("nl"), Agent::Named("<Ann>")).into_string()
    }

    #[test]
    fn who_spoke_stands_before_it() {
        let hello = json!({"type": "text", "text": "Hoi"});
        let user = said(Actor::User, hello.clone());
        assert_eq!(user, r#"<span lang="nl">Hoi</span>"#);
        let bot = said(Actor::Bot, hello.clone());
        assert_eq!(bot, r#"<bdi>Bot</bdi>: <span dir="auto">Hoi</span>"#);
        assert!(said(Actor::Agent, hello).starts_with("<bdi>&lt;Ann&gt;</bdi>: "));
    }

    #[test]
    fn what_has_no_words_is_named() {
        let picture = json!({"type": "media", "kind": "image", "url": "https://a.example/b"});
        assert!(said(Actor::User, picture).ends_with("<span>Image</span>"));
        let unknown = json!({"type": "unknown", "raw": {"x": "<b>"}});
        assert!(said(Actor::Bot, unknown).contains(texts::UNKNOWN_KIND));
    }

    #[test]
    fn a_hostile_text_is_text_and_short() {
        let long = format!("<img src=x>{}", "x".repeat(50_000));
        let line = said(Actor::User, json!({"type": "text", "text": long}));
        assert!(line.contains("&lt;img src=x&gt;"));
        assert!(line.len() < 400);
    }
}
