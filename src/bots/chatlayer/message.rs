//! Chatlayer's messages as domain content. What is not known stays whole, as `unknown`; nothing here fails.

use crate::{
    bots::{files, json::Json},
    domain::{
        fallback::is_web,
        message::{Button, Card, Content, MediaKind, QuickReply},
    },
};
use serde_json::{Map, Value};

/// What a user sent. An upload may carry several files, each of which is a content of its own.
pub(super) fn user_contents(message: &Json<'_>) -> Vec<Content> {
    let kind = text(message, "messageType").unwrap_or("text");
    let content = match kind {
        "intro" => Some(Content::Intro {}),
        "text" => text(message, "text").map(Content::text),
        "fileUploadInputResult" | "upload" => return uploads(message),
        "location" => location(message),
        "postback" => postback(message),
        _ => None,
    };
    vec![content.unwrap_or_else(|| unknown(message))]
}

/// What the bot said.
pub(super) fn bot_content(message: &Json<'_>) -> Content {
    let content = match message.get("attachment") {
        Some(attachment) => attached(attachment),
        None => text(message, "text").map(|text| Content::Text {
            text: text.to_owned(),
            quick_replies: list(message, "quick_replies", quick_reply),
        }),
    };
    content.unwrap_or_else(|| unknown(message))
}

/// What differs between the two copies of one message, the one sent at once and the one in a transcript, is left out.
pub(super) fn unknown(message: &Json<'_>) -> Content {
    let differs = |name: &str| matches!(name, "id" | "sender" | "channelType" | "timestamp");
    let raw = match message {
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.as_ref(), value))
            .filter(|(name, _)| !differs(name))
            .collect(),
        other => other.into(),
    };
    Content::Unknown { raw }
}

fn uploads(message: &Json<'_>) -> Vec<Content> {
    let listed = message.get("urls").and_then(Json::as_array);
    let mut urls: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    if urls.is_empty() {
        let single = message
            .get("data")
            .and_then(|data| text(data, "fileUrl"))
            .or_else(|| text(message, "url"));
        urls.extend(single);
    }
    if urls.is_empty() || !urls.iter().all(|url| is_web(url)) {
        return vec![unknown(message)];
    }
    urls.into_iter().map(files::at).collect()
}

fn location(message: &Json<'_>) -> Option<Content> {
    let coordinates = message.get("coordinates")?;
    let number = |name: &str| coordinates.get(name).and_then(Json::as_f64);
    Some(Content::Location {
        latitude: number("lat")?,
        longitude: number("long")?,
        label: None,
    })
}

/// The payload is whatever the platform needs to know again which button it was. Its `text`, which only transcripts
/// have, says the same as the title.
fn postback(message: &Json<'_>) -> Option<Content> {
    let title = text(message, "title")
        .or_else(|| text(message, "text"))?
        .to_owned();
    let payload = message
        .get("payload")
        .map_or_else(|| dialog_reference(message), Value::from);
    Some(Content::Postback { title, payload })
}

fn dialog_reference(message: &Json<'_>) -> Value {
    let parts = ["nextDialogstateId", "parameters"];
    let given = parts
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), message.get(name)?.into())));
    let given: Map<_, _> = given.collect();
    if given.is_empty() {
        Value::Null
    } else {
        given.into()
    }
}

fn attached(attachment: &Json<'_>) -> Option<Content> {
    let payload = attachment.get("payload")?;
    let kind = match text(attachment, "type")? {
        "template" => return template(payload),
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        "file" => MediaKind::File,
        _ => return None,
    };
    Some(Content::Media {
        kind,
        url: text(payload, "url").filter(|url| is_web(url))?.to_owned(),
        name: None,
        caption: None,
    })
}

fn template(payload: &Json<'_>) -> Option<Content> {
    match text(payload, "template_type")? {
        "button" => Some(Content::Buttons {
            // Optional, says the page of the Webhook channel.
            text: text(payload, "text").unwrap_or_default().to_owned(),
            buttons: list(payload, "buttons", button),
        }),
        "generic" => Some(Content::Cards {
            cards: list(payload, "elements", card),
        }),
        "list" => Some(Content::List {
            items: list(payload, "elements", card),
            button: list(payload, "buttons", button).into_iter().next(),
        }),
        _ => None,
    }
}

fn quick_reply(reply: &Json<'_>) -> QuickReply {
    let title = text(reply, "title").or_else(|| text(reply, "content_type"));
    QuickReply {
        title: title.unwrap_or_default().to_owned(),
        payload: reply.get("payload").map(Value::from).unwrap_or_default(),
        image_url: owned(reply, "image_url"),
    }
}

/// A kind of button that is not known, or a link that no browser should open, is kept whole as the payload of a postback.
fn button(button: &Json<'_>) -> Button {
    let title = text(button, "title").unwrap_or_default().to_owned();
    match (
        text(button, "type"),
        text(button, "url"),
        text(button, "payload"),
    ) {
        (Some("web_url"), Some(url), _) if is_web(url) => Button::Url {
            title,
            url: url.to_owned(),
        },
        (Some("phone_number"), _, Some(number)) => Button::Phone {
            title,
            phone_number: number.to_owned(),
        },
        (Some("postback"), ..) => Button::Postback {
            title,
            payload: button.get("payload").map(Value::from).unwrap_or_default(),
        },
        _ => Button::Postback {
            title,
            payload: button.into(),
        },
    }
}

fn card(element: &Json<'_>) -> Card {
    Card {
        title: text(element, "title").unwrap_or_default().to_owned(),
        subtitle: owned(element, "subtitle"),
        image_url: owned(element, "image_url"),
        url: element
            .get("default_action")
            .and_then(|action| owned(action, "url"))
            .or_else(|| owned(element, "item_url")),
        buttons: list(element, "buttons", button),
    }
}

fn list<T>(value: &Json<'_>, name: &str, read: fn(&Json<'_>) -> T) -> Vec<T> {
    let items = value.get(name).and_then(Json::as_array);
    items.into_iter().flatten().map(read).collect()
}

fn owned(value: &Json<'_>, name: &str) -> Option<String> {
    text(value, name).map(str::to_owned)
}

fn text<'v>(value: &'v Json<'_>, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Json::as_str)
}

#[cfg(test)]
mod tests;
