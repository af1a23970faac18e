//! Chatlayer's messages as domain content. What is not known stays whole, as `unknown`; nothing here fails.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    bots::{files, json::Json},
    domain::{
        fallback::web_address,
        message::{Button, Card, Content, MediaKind, QuickReply},
    },
};

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
    vec![content.unwrap_or_else(|| whole(message))]
}

/// What the bot said. An attachment, and what stands beside it, are contents of their own.
pub(super) fn bot_contents(message: &Json<'_>) -> Vec<Content> {
    let attachment = message.get("attachment");
    let Some(attachment) = attachment.filter(|attachment| !matches!(attachment, Json::Null)) else {
        let said = text(message, "text").map(|text| said(message, text));
        return vec![said.unwrap_or_else(|| unknown(message))];
    };
    let attached = attached(attachment).unwrap_or_else(|| vec![unknown(message)]);
    let words = text(message, "text").unwrap_or_default();
    let beside = match said(message, words) {
        Content::Text {
            text,
            quick_replies,
        } if text.trim().is_empty() && quick_replies.is_empty() => None,
        said => Some(said),
    };
    if words.trim().is_empty() {
        // Quick replies alone are shown below what they are about.
        return attached.into_iter().chain(beside).collect();
    }
    beside.into_iter().chain(attached).collect()
}

/// What differs between the copies of one message of the bot, which may be told of by two ways, is left out.
pub(super) fn unknown(message: &Json<'_>) -> Content {
    in_every_copy(&whole(message)).into_owned()
}

/// The content as all copies of a message have it, the one sent at once and the one in a transcript.
pub(super) fn in_every_copy(content: &Content) -> Cow<'_, Content> {
    let differs = |name: &str| matches!(name, "id" | "sender" | "channelType" | "timestamp");
    let Content::Unknown {
        raw: Value::Object(members),
    } = content
    else {
        return Cow::Borrowed(content);
    };
    let same = members.iter().filter(|(name, _)| !differs(name));
    let same: Map<_, _> = same
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Cow::Owned(Content::Unknown { raw: same.into() })
}

fn whole(message: &Json<'_>) -> Content {
    Content::Unknown {
        raw: message.into(),
    }
}

fn said(message: &Json<'_>, text: &str) -> Content {
    Content::Text {
        text: text.to_owned(),
        quick_replies: list(message, "quick_replies", quick_reply),
    }
}

/// A file that cannot be shown does not hide the others.
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
    if urls.iter().all(|url| files::at(url).is_none()) {
        return vec![whole(message)];
    }
    urls.into_iter().map(file).collect()
}

fn file(url: &str) -> Content {
    files::at(url).unwrap_or_else(|| Content::Unknown {
        raw: json!({"url": url}),
    })
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
    let titles = [text(message, "title"), text(message, "text")];
    let titles = || titles.into_iter().flatten();
    let title = titles()
        .find(|title| !title.trim().is_empty())
        .or_else(|| titles().next())?
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

fn attached(attachment: &Json<'_>) -> Option<Vec<Content>> {
    let payload = attachment.get("payload")?;
    let kind = match text(attachment, "type")? {
        "template" => return template(payload),
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        "file" => MediaKind::File,
        _ => return None,
    };
    Some(vec![Content::Media {
        kind,
        url: web(payload, "url")?,
        name: None,
        caption: None,
    }])
}

fn template(payload: &Json<'_>) -> Option<Vec<Content>> {
    let content = match text(payload, "template_type")? {
        "button" => Content::Buttons {
            // Optional, says the page of the Webhook channel.
            text: text(payload, "text").unwrap_or_default().to_owned(),
            buttons: list(payload, "buttons", button),
        },
        "generic" => Content::Cards {
            cards: list(payload, "elements", card),
        },
        "list" => return Some(listed(payload)),
        _ => return None,
    };
    Some(vec![content])
}

/// A list has room for one button; more of them stand behind it.
fn listed(payload: &Json<'_>) -> Vec<Content> {
    let mut buttons = list(payload, "buttons", button).into_iter();
    let shown = Content::List {
        items: list(payload, "elements", card),
        button: buttons.next(),
    };
    let more: Vec<_> = buttons.collect();
    let more = (!more.is_empty()).then(|| Content::Buttons {
        text: String::new(),
        buttons: more,
    });
    [shown].into_iter().chain(more).collect()
}

fn quick_reply(reply: &Json<'_>) -> QuickReply {
    let title = text(reply, "title").or_else(|| text(reply, "content_type"));
    QuickReply {
        title: title.unwrap_or_default().to_owned(),
        payload: reply.get("payload").map(Value::from).unwrap_or_default(),
        image_url: web(reply, "image_url"),
    }
}

/// A kind of button that is not known, or a link that no browser should open, is kept whole as the payload of a postback.
fn button(button: &Json<'_>) -> Button {
    let title = text(button, "title").unwrap_or_default().to_owned();
    match (
        text(button, "type"),
        web(button, "url"),
        text(button, "payload"),
    ) {
        (Some("web_url"), Some(url), _) => Button::Url { title, url },
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
        subtitle: text(element, "subtitle").map(str::to_owned),
        image_url: web(element, "image_url"),
        url: element
            .get("default_action")
            .and_then(|action| web(action, "url"))
            .or_else(|| web(element, "item_url")),
        buttons: list(element, "buttons", button),
    }
}

fn list<T>(value: &Json<'_>, name: &str, read: fn(&Json<'_>) -> T) -> Vec<T> {
    let items = value.get(name).and_then(Json::as_array);
    items.into_iter().flatten().map(read).collect()
}

/// A link that a browser may open; any other is left out.
fn web(value: &Json<'_>, name: &str) -> Option<String> {
    text(value, name).and_then(web_address)
}

fn text<'v>(value: &'v Json<'_>, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Json::as_str)
}

#[cfg(test)]
mod tests;
