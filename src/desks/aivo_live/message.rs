//! A message as the request template may speak of it, and what Aivo says as a content.

use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::{
    desks::transcript::speaker,
    domain::{
        fallback::web_address,
        ids::MessageId,
        message::{Actor, Content, MediaKind, Message},
        time::Timestamp,
    },
};

/// `message` in a template. What there is not is null, so that every field can be named.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    id: MessageId,
    seq: u64,
    actor: Actor,
    at: Timestamp,
    kind: &'static str,
    text: Option<String>,
    url: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// One part of a message, which the table has brought to a text or a file.
    pub(super) fn part(message: &Message, content: &'a Content) -> Self {
        let (kind, text, url, name) = match content {
            Content::Media {
                kind, url, name, ..
            } => (file(*kind), None, Some(url.as_str()), name.as_deref()),
            Content::Text { text, .. } => {
                ("text", Some(attributed(message.actor, text)), None, None)
            }
            _ => ("text", None, None, None),
        };
        Self {
            id: message.id,
            seq: message.seq,
            actor: message.actor,
            at: message.at,
            kind,
            text,
            url,
            name,
        }
    }

    /// A line of the bridge's own, in the place of a message or about it.
    pub(super) fn line(id: MessageId, at: Timestamp, text: String) -> Self {
        Self {
            id,
            seq: 0,
            actor: Actor::System,
            at,
            kind: "text",
            text: Some(text),
            url: None,
            name: None,
        }
    }
}

/// What an agent or Aivo itself has said. `data` is kept whole where the kind of it is not known.
pub(super) fn content(action: &str, value: &str, files: Option<&Url>, data: &Value) -> Content {
    let kind = match action {
        "text" => return Content::text(value),
        "image" => MediaKind::Image,
        "file" => MediaKind::File,
        _ => {
            return Content::Unknown {
                raw: json!({"action": action, "data": data}),
            };
        }
    };
    Content::Media {
        kind,
        url: address(value, files),
        name: (kind == MediaKind::File).then(|| name(value)).flatten(),
        caption: None,
    }
}

/// Aivo speaks of a "directory". What names no host lies below `files`; without that it stays as it is, and cannot be shown.
fn address(value: &str, files: Option<&Url>) -> String {
    if let Some(address) = web_address(value) {
        return address;
    }
    let value = value.trim();
    let Some(files) = files else {
        return value.to_owned();
    };
    let mut base = files.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", files.path()));
    }
    let below = base.join(value.trim_start_matches(['/', '\\']));
    below.map_or_else(|_| value.to_owned(), String::from)
}

fn name(value: &str) -> Option<String> {
    let path = value.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    (!last.is_empty()).then(|| last.to_owned())
}

fn file(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::File => "file",
    }
}

/// All that is sent appears as the user's, so what is somebody else's says so.
fn attributed(actor: Actor, text: &str) -> String {
    match actor {
        Actor::User => text.to_owned(),
        _ => format!("{}: {text}", speaker(actor)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_host_lies_below_the_configured_address() {
        let files: Url = "https://files.example/live".parse().unwrap();
        let rows = [
            ("https://cdn.example/a.png", "https://cdn.example/a.png"),
            ("a b.png", "https://files.example/live/a%20b.png"),
            ("/up/a.pdf", "https://files.example/live/up/a.pdf"),
            (
                "//other.example/a.pdf",
                "https://files.example/live/other.example/a.pdf",
            ),
            ("../../a.pdf", "https://files.example/a.pdf"),
        ];
        for (value, address_of) in rows {
            assert_eq!(address(value, Some(&files)), address_of);
        }
        assert_eq!(address("/up/a.pdf", None), "/up/a.pdf");
        let spaced = address("https://cdn.example/a b.png", None);
        assert_eq!(spaced, "https://cdn.example/a%20b.png");
        let script = address("javascript:alert(1)", Some(&files));
        assert_eq!(web_address(&script), None, "{script}");
    }

    #[test]
    fn a_file_is_called_by_the_end_of_its_address() {
        let file = content(
            "file",
            "https://cdn.example/up/Invoice 7.pdf?key=1",
            None,
            &Value::Null,
        );
        let Content::Media { kind, name, .. } = file else {
            panic!("a file")
        };
        assert_eq!(
            (kind, name.as_deref()),
            (MediaKind::File, Some("Invoice 7.pdf"))
        );
    }

    #[test]
    fn what_is_not_known_is_kept_whole() {
        let data = json!({"action": "sticker", "value": "smile"});
        let Content::Unknown { raw } = content("sticker", "smile", None, &data) else {
            panic!("unknown")
        };
        assert_eq!(raw, json!({"action": "sticker", "data": data}));
    }
}
