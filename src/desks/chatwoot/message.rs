//! What an agent has written: as contents, its text first, then each file; and which message of the conversation it was.

use serde_json::{Value, json};

use crate::domain::{
    fallback::{is_blank, web_address},
    json,
    message::{Content, MediaKind, QuickReply},
};

/// More than Chatwoot takes of an agent with one message.
const MOST_FILES: usize = 30;

/// Never empty: what has neither text nor file is kept whole. So is what hangs on a text and is not understood, at the end:
/// the user reads the text, and the agent that this was not all.
pub(super) fn contents(message: &Value) -> Vec<Content> {
    let text = message.get("content").and_then(Value::as_str);
    let text = text.filter(|text| !text.trim().is_empty());
    let options = text.and_then(|_| options(message));
    let lost = items(message).filter(|_| options.is_none());
    let text = text.map(|text| Content::Text {
        text: text.to_owned(),
        quick_replies: options.unwrap_or_default(),
    });
    let files = message.get("attachments").and_then(Value::as_array);
    let files = files.map(Vec::as_slice).unwrap_or_default();
    let beyond = files
        .len()
        .checked_sub(MOST_FILES)
        .filter(|count| *count > 0);
    let files = files.iter().take(MOST_FILES).map(attachment);
    let mut contents: Vec<_> = text.into_iter().chain(files).collect();
    contents.extend(beyond.map(|count| Content::Unknown {
        raw: json!({ "attachments_beyond": count }),
    }));
    if contents.is_empty() {
        contents.push(kept(
            message,
            &["content_type", "content", "content_attributes"],
        ));
    } else if lost.is_some() {
        contents.push(kept(message, &["content_type", "content_attributes"]));
    }
    contents
}

/// What the user may choose from. `None`: it is nothing to choose from, or not as Chatwoot describes it.
fn options(message: &Value) -> Option<Vec<QuickReply>> {
    let kind = message.get("content_type").and_then(Value::as_str);
    let items = items(message).filter(|_| kind == Some("input_select"))?;
    items.as_array()?.iter().map(option).collect()
}

fn option(item: &Value) -> Option<QuickReply> {
    let title = item.get("title")?.as_str();
    Some(QuickReply {
        title: title
            .filter(|title| !title.chars().all(is_blank))?
            .to_owned(),
        payload: item.get("value")?.as_str()?.into(),
        image_url: None,
    })
}

/// Options, cards, articles or the fields of a form, if there are any.
fn items(message: &Value) -> Option<&Value> {
    let items = message.pointer("/content_attributes/items");
    items.filter(|items| !items.is_null() && **items != json!([]))
}

fn kept(message: &Value, names: &[&str]) -> Content {
    let told = names.iter().map(|name| {
        let value = message.get(name).cloned().unwrap_or_default();
        ((*name).to_owned(), value)
    });
    Content::Unknown {
        raw: Value::Object(told.collect()),
    }
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
            url: web_address(url).unwrap_or_else(|| url.to_owned()),
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
    fn a_file_whose_address_has_a_space_can_be_fetched() {
        let file = json!({"file_type": "file", "data_url": "https://chat.example/a b.pdf"});
        let Content::Media { url, .. } = attachment(&file) else {
            panic!("a file")
        };
        assert_eq!(url, "https://chat.example/a%20b.pdf");
    }

    /// As Chatwoot's own example has it.
    fn select() -> Value {
        json!({
            "content": "Which one?",
            "content_type": "input_select",
            "content_attributes": {"items": [
                {"title": "Red", "value": "colour_red"},
                {"title": "Blue", "value": "colour_blue"},
            ]},
        })
    }

    #[test]
    fn what_the_user_may_choose_from_stands_under_the_text() {
        let reply = |title: &str, value: &str| QuickReply {
            title: title.to_owned(),
            payload: value.into(),
            image_url: None,
        };
        let offered = Content::Text {
            text: "Which one?".to_owned(),
            quick_replies: vec![reply("Red", "colour_red"), reply("Blue", "colour_blue")],
        };
        assert_eq!(contents(&select()), [offered]);
    }

    #[test]
    fn what_hangs_on_a_text_and_is_not_understood_is_kept_behind_it() {
        let with = |path: &str, value: Value| {
            let mut message = select();
            *message.pointer_mut(path).unwrap() = value;
            message
        };
        for message in [
            with("/content_type", json!("cards")),
            with("/content_type", json!("article")),
            with("/content_type", json!("form")),
            with("/content_type", json!("of_the_future")),
            with("/content_attributes/items/1/title", json!(" ")),
            with("/content_attributes/items/1/value", json!({})),
            with("/content_attributes/items/1", json!("Blue")),
            with("/content_attributes/items", json!({"title": "Red"})),
        ] {
            let raw = json!({
                "content_type": message["content_type"],
                "content_attributes": message["content_attributes"],
            });
            let expected = [Content::text("Which one?"), Content::Unknown { raw }];
            assert_eq!(contents(&message), expected, "{message}");
        }
        for items in [json!([]), Value::Null] {
            let message = with("/content_attributes/items", items);
            assert_eq!(contents(&message), [Content::text("Which one?")]);
        }
        let wordless = with("/content", Value::Null);
        assert!(matches!(
            &contents(&wordless)[..],
            [Content::Unknown { .. }]
        ));
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
