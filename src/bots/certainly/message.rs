//! Certainly's messages as domain content. What is not known stays whole, as `unknown`; nothing here fails.

use serde_json::Value;

use crate::{
    bots::files,
    domain::{
        fallback::{is_blank, is_web},
        message::{Button, Card, Content, QuickReply},
    },
};

/// What a user sent: a text, files, or both, each of which is a content of its own.
pub(super) fn user_contents(message: &Value) -> Vec<Content> {
    let said = text(message, "message").filter(|said| !said.chars().all(is_blank));
    let attachments = message.get("attachments").and_then(Value::as_array);
    let files = attachments.into_iter().flatten().map(attachment);
    let contents: Vec<_> = said.map(Content::text).into_iter().chain(files).collect();
    if contents.is_empty() {
        return vec![unknown(message)];
    }
    contents
}

/// What the bot said.
pub(super) fn bot_content(data: &Value) -> Content {
    let content = match text(data, "type") {
        Some("text") => text(data, "text").map(Content::text),
        Some("choice") => text(data, "text").map(|text| Content::Text {
            text: text.to_owned(),
            quick_replies: list(data, "options", option),
        }),
        Some("card") => Some(Content::Cards {
            cards: list(data, "cards", card),
        })
        .filter(|content| !matches!(content, Content::Cards { cards } if cards.is_empty())),
        _ => None,
    };
    content.unwrap_or_else(|| unknown(data))
}

/// No document shows an item of this list, so an address is looked for where others have it.
fn attachment(item: &Value) -> Content {
    let places = [
        item.as_str(),
        text(item, "url"),
        item.get("payload").and_then(|payload| text(payload, "url")),
    ];
    let url = places.into_iter().flatten().find(|url| is_web(url));
    url.map_or_else(|| unknown(item), files::at)
}

fn option(option: &Value) -> QuickReply {
    let title = option.as_str().or_else(|| text(option, "title"));
    QuickReply {
        title: title.unwrap_or_default().to_owned(),
        payload: Value::Null,
        image_url: None,
    }
}

fn card(card: &Value) -> Card {
    let web = |name: &str| {
        text(card, name)
            .filter(|url| is_web(url))
            .map(str::to_owned)
    };
    Card {
        title: text(card, "title").unwrap_or_default().to_owned(),
        subtitle: text(card, "text")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        image_url: web("image_source_url"),
        url: web("image_destination_url"),
        buttons: list(card, "buttons", button),
    }
}

/// What a button does stands in its `options`; of one that opens a page that is an address.
fn button(button: &Value) -> Button {
    let title = text(button, "title").unwrap_or_default().to_owned();
    let options = button.get("options").cloned().unwrap_or_default();
    match (text(button, "type"), text(&options, "url")) {
        (Some("postback"), _) => Button::Postback {
            title,
            payload: options,
        },
        (_, Some(url)) if is_web(url) => Button::Url {
            title,
            url: url.to_owned(),
        },
        _ => Button::Postback {
            title,
            payload: button.clone(),
        },
    }
}

fn unknown(value: &Value) -> Content {
    Content::Unknown { raw: value.clone() }
}

fn list<T>(value: &Value, name: &str, read: fn(&Value) -> T) -> Vec<T> {
    let items = value.get(name).and_then(Value::as_array);
    items.into_iter().flatten().map(read).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
