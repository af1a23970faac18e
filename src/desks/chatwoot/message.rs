//! What an agent has written: as contents, its text first, then each file; and which message of the conversation it was.

use serde_json::{Value, json};

use crate::domain::{
    json,
    message::{Content, MediaKind},
};

/// More than Chatwoot takes of an agent with one message.
const MOST_FILES: usize = 30;

/// Never empty: what has neither text nor file is kept whole.
pub(super) fn contents(message: &Value) -> Vec<Content> {
    let text = message.get("content").and_then(Value::as_str);
    let text = text.filter(|text| !text.trim().is_empty());
    let files = message.get("attachments").and_then(Value::as_array);
    let files = files.map(Vec::as_slice).unwrap_or_default();
    let beyond = files
        .len()
        .checked_sub(MOST_FILES)
        .filter(|count| *count > 0);
    let files = files.iter().take(MOST_FILES).map(attachment);
    let mut contents: Vec<_> = text.map(Content::text).into_iter().chain(files).collect();
    contents.extend(beyond.map(|count| Content::Unknown {
        raw: json!({ "attachments_beyond": count }),
    }));
    if contents.is_empty() {
        let told = ["content_type", "content", "content_attributes"].map(|name| {
            (
                name.to_owned(),
                message.get(name).cloned().unwrap_or_default(),
            )
        });
        contents.push(Content::Unknown {
            raw: Value::Object(told.into_iter().collect()),
        });
    }
    contents
}

/// Its number, where `raw` is the call that has told of it. Another desk's may look alike, so the conversation has to be the
/// one that is spoken of.
pub(super) fn number_in(conversation: &str, raw: &str) -> Option<u64> {
    let told: Value = serde_json::from_str(raw).ok()?;
    let of = told.pointer("/conversation/id").and_then(json::text)?;
    let is_message = told.get("event").and_then(Value::as_str) == Some("message_created");
    let number = told.get("id").and_then(json::number);
    number.filter(|_| is_message && of == conversation)
}

fn attachment(attachment: &Value) -> Content {
    let text = |name: &str| attachment.get(name).and_then(Value::as_str);
    let kind = match text("file_type") {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::File,
    };
    match text("data_url").filter(|url| !url.is_empty()) {
        Some(url) => Content::Media {
            kind,
            url: url.to_owned(),
            name: None,
            caption: None,
        },
        None => Content::Unknown {
            raw: json!({ "attachment": attachment }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_before_its_files_and_each_file_by_its_kind() {
        let message = json!({
            "content": "look",
            "attachments": [
                {"id": 1, "file_type": "image", "data_url": "https://chat.example/a.png"},
                {"id": 2, "file_type": "audio", "data_url": "https://chat.example/a.mp3"},
                {"id": 3, "file_type": "video", "data_url": "https://chat.example/a.mp4"},
                {"id": 4, "file_type": "file", "data_url": "https://chat.example/a.pdf"},
            ],
        });
        let contents = contents(&message);
        assert_eq!(contents.first(), Some(&Content::text("look")));
        let kinds = contents.iter().filter_map(|content| match content {
            Content::Media { kind, .. } => Some(*kind),
            _ => None,
        });
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            [
                MediaKind::Image,
                MediaKind::Audio,
                MediaKind::Video,
                MediaKind::File
            ]
        );
    }

    #[test]
    fn what_is_beyond_all_measure_is_told_as_one() {
        let file = json!({"file_type": "image", "data_url": "https://chat.example/a.png"});
        let message = json!({"content": null, "attachments": vec![file; MOST_FILES + 5]});
        let contents = contents(&message);
        assert_eq!(contents.len(), MOST_FILES + 1);
        assert!(matches!(contents.last(), Some(Content::Unknown { .. })));
    }

    #[test]
    fn what_cannot_be_shown_is_kept_and_not_left_out() {
        for message in [
            json!({"content": null}),
            json!({"content": " ", "attachments": []}),
            json!({"content": "", "attachments": [{"file_type": "location"}]}),
        ] {
            let contents = contents(&message);
            assert!(
                matches!(&contents[..], [Content::Unknown { .. }]),
                "{message}"
            );
        }
    }
}
