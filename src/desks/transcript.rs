//! What was said before, as one text, for desks that have no place of their own for a transcript.

use crate::domain::{
    delivery::Past,
    fallback::{self, Audience, Capabilities},
    message::{Actor, Content, Message},
};

/// The newest of it that has room, oldest first; none where there is nothing to tell.
pub(super) fn told(past: &Past, room: usize) -> Option<String> {
    let mut lines = Vec::new();
    let mut left = room;
    let shown = shown(past);
    let count = shown.clone().count();
    for message in shown.rev() {
        let line = line(message);
        // One more for the end of the line.
        let length = line.chars().count().saturating_add(1);
        if length > left && lines.is_empty() {
            lines.push(cut(&line, left));
            break;
        }
        let Some(rest) = left.checked_sub(length) else {
            break;
        };
        left = rest;
        lines.push(line);
    }
    if room == 0 || lines.is_empty() {
        return None;
    }
    let count = past.total.max(u64::try_from(count).unwrap_or(u64::MAX));
    let missing = count.saturating_sub(u64::try_from(lines.len()).unwrap_or(u64::MAX));
    if missing > 0 {
        lines.push(format!("({missing} earlier messages are left out)"));
    }
    lines.reverse();
    Some(lines.join("\n"))
}

/// The bridge's own notices are not.
pub(super) fn shown(past: &Past) -> impl DoubleEndedIterator<Item = &Message> + Clone {
    let messages = past.messages.iter();
    messages.filter(|told| told.actor != Actor::System)
}

pub(super) fn speaker(actor: Actor) -> &'static str {
    match actor {
        Actor::User => "User",
        Actor::Bot => "Bot",
        Actor::Agent => "Agent",
        Actor::System => "Bridge",
    }
}

fn line(message: &Message) -> String {
    format!("{}: {}", speaker(message.actor), words(&message.content))
}

/// Everything in words, the files by their addresses.
pub(super) fn words(content: &Content) -> String {
    const WORDS: Capabilities = Capabilities::text_only(Audience::Agent, usize::MAX);
    let Ok(shown) = fallback::show(content, &WORDS) else {
        return "(a message that cannot be shown)".to_owned();
    };
    let texts = shown.part(None).filter_map(|part| match part {
        Content::Text { text, .. } => Some(text.trim()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn cut(line: &str, room: usize) -> String {
    let mut kept: String = line.chars().take(room.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{ids::MessageId, message::MediaKind, time::Timestamp};

    fn said(actor: Actor, content: Content) -> Message {
        Message {
            id: MessageId::from_uuid(Uuid::from_u128(1)),
            seq: 1,
            actor,
            at: Timestamp::from_millis(0),
            content,
            handover: None,
            late: false,
            raw: None,
        }
    }

    /// What was said is all of it, or there was more before.
    fn talk(total: u64) -> Past {
        let messages = vec![
            said(Actor::Bot, Content::text("Welcome")),
            said(Actor::System, Content::text("a notice of the bridge's own")),
            said(
                Actor::User,
                Content::Media {
                    kind: MediaKind::Image,
                    url: "https://files.example/a.png".to_owned(),
                    name: None,
                    caption: Some("my shoe".to_owned()),
                },
            ),
            said(Actor::Agent, Content::text("Let me look")),
        ];
        Past { messages, total }
    }

    #[test]
    fn everybody_is_named_and_files_are_links_and_notices_are_left_out() {
        let text = told(&talk(3), 1000).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.first(), Some(&"Bot: Welcome"));
        assert_eq!(lines.last(), Some(&"Agent: Let me look"));
        assert!(
            text.contains("https://files.example/a.png") && text.contains("my shoe"),
            "{text}"
        );
        assert!(!text.contains("notice"), "{text}");
    }

    #[test]
    fn the_newest_has_room_and_what_is_left_out_is_counted() {
        let text = told(&talk(12), "Agent: Let me look".len() + 1).unwrap();
        assert_eq!(
            text,
            "(11 earlier messages are left out)\nAgent: Let me look"
        );
        let cut = told(&talk(3), 10).unwrap();
        assert_eq!(cut, "(2 earlier messages are left out)\nAgent: Le…");
    }

    #[test]
    fn nothing_is_told_where_there_is_nothing_or_no_room() {
        assert_eq!(told(&Past::default(), 1000), None);
        assert_eq!(told(&talk(3), 0), None);
        let mut notice = talk(1);
        notice.messages = notice.messages.drain(1..2).collect();
        assert_eq!(told(&notice, 100), None);
    }
}
