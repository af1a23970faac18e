//! A message in one line.

use maud::{Markup, html};

use crate::{
    console::{icons::icon, texts},
    domain::message::{Actor, Card, Content, MediaKind, Message},
};

/// More does not fit on any screen.
const SIGNS: usize = 200;

/// What was said last, after who said it unless it was the user. `yours`: the agent is who reads this.
pub(super) fn line(message: &Message, language: Option<&str>, yours: bool) -> Markup {
    let language = language.filter(|_| message.actor == Actor::User);
    html! {
        @match message.actor {
            Actor::User | Actor::System => {}
            Actor::Bot => (texts::BOT),
            Actor::Agent if yours => (texts::YOU),
            Actor::Agent => (texts::AGENT),
        }
        (content(&message.content, language))
    }
}

fn content(content: &Content, language: Option<&str>) -> Markup {
    match content {
        Content::Text { text, .. } | Content::Buttons { text, .. } => words(text, language),
        Content::Cards { cards: items } | Content::List { items, .. } => titles(items),
        Content::Media {
            kind,
            name,
            caption,
            ..
        } => media(*kind, caption.as_deref().or(name.as_deref())),
        Content::Location { label, .. } => pictured("pin", label.as_deref(), texts::PLACE),
        Content::Postback { title, .. } => pictured("tap", Some(title), title),
        Content::Intro {} => html! { (texts::OPENED) },
        Content::Unknown { .. } => html! { (texts::UNKNOWN_KIND) },
    }
}

fn titles(items: &[Card]) -> Markup {
    match items.first() {
        Some(card) => words(&card.title, None),
        None => html! { (texts::CARDS) },
    }
}

fn media(kind: MediaKind, name: Option<&str>) -> Markup {
    let (picture, fallback) = match kind {
        MediaKind::Image => ("image", texts::IMAGE),
        MediaKind::Video => ("image", texts::VIDEO),
        MediaKind::Audio => ("file", texts::AUDIO),
        MediaKind::File => ("file", texts::FILE),
    };
    pictured(picture, name, fallback)
}

fn pictured(picture: &str, name: Option<&str>, fallback: &str) -> Markup {
    html! { (icon(picture)) " " (words(name.unwrap_or(fallback), None)) }
}

/// In a direction of its own, so that whatever it says cannot turn its surroundings around.
fn words(text: &str, language: Option<&str>) -> Markup {
    let text: String = text.chars().take(SIGNS).collect();
    html! { span dir="auto" lang=[language] { (text) } }
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
        line(&message, Some("nl"), true).into_string()
    }

    #[test]
    fn who_spoke_stands_before_it() {
        let hello = json!({"type": "text", "text": "Hoi"});
        let user = said(Actor::User, hello.clone());
        assert_eq!(user, r#"<span dir="auto" lang="nl">Hoi</span>"#);
        let bot = said(Actor::Bot, hello.clone());
        assert_eq!(bot, r#"Bot: <span dir="auto">Hoi</span>"#);
        assert!(said(Actor::Agent, hello).starts_with("You: "));
    }

    #[test]
    fn what_has_no_words_is_named() {
        let picture = json!({"type": "media", "kind": "image", "url": "https://a.example/b"});
        assert!(said(Actor::User, picture).ends_with(r#"<span dir="auto">Image</span>"#));
        let unknown = json!({"type": "unknown", "raw": {"x": "<b>"}});
        assert_eq!(said(Actor::User, unknown), texts::UNKNOWN_KIND);
    }

    #[test]
    fn a_hostile_text_is_text_and_short() {
        let long = format!("<img src=x>{}", "x".repeat(50_000));
        let line = said(Actor::User, json!({"type": "text", "text": long}));
        assert!(line.contains("&lt;img src=x&gt;"));
        assert!(line.len() < 400);
    }
}
