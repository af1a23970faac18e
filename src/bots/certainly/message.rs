//! Certainly's messages as domain content. What is not known stays whole, as `unknown`; nothing here fails.

use serde_json::Value;

use crate::{
    bots::files,
    domain::{
        fallback::{is_blank, web_address},
        message::{Button, Card, Content, QuickReply},
    },
};

/// Nobody sends so many files at once.
const MOST_FILES: usize = 256;

/// What a user sent: a text, files, or both, each of which is a content of its own.
pub(super) fn user_contents(message: &Value) -> Vec<Content> {
    let said = text(message, "message").filter(|said| !said.chars().all(is_blank));
    let attachments = message.get("attachments").and_then(Value::as_array);
    let files = attachments.into_iter().flatten().map(attachment);
    let contents: Vec<_> = said.map(Content::text).into_iter().chain(files).collect();
    if contents.is_empty() || contents.len() > MOST_FILES {
        return vec![unknown(message)];
    }
    contents
}

/// A file that stands by its address alone, with a claim.
pub(super) fn attached(media: &Value) -> Option<Content> {
    media.as_str().and_then(files::at)
}

/// What the bot said. A text and the cards that it stands with are contents of their own.
pub(super) fn bot_contents(data: &Value) -> Vec<Content> {
    let content = match text(data, "type") {
        Some("text") => text(data, "text").map(Content::text),
        Some("choice") => text(data, "text").map(|text| Content::Text {
            text: text.to_owned(),
            quick_replies: list(data, "options", option),
        }),
        Some("card") => return cards(data).unwrap_or_else(|| vec![unknown(data)]),
        _ => None,
    };
    vec![content.unwrap_or_else(|| unknown(data))]
}

fn cards(data: &Value) -> Option<Vec<Content>> {
    let cards = list(data, "cards", card);
    if cards.is_empty() {
        return None;
    }
    let said = text(data, "text").filter(|said| !said.chars().all(is_blank));
    let said = said.map(Content::text).into_iter();
    Some(said.chain([Content::Cards { cards }]).collect())
}

/// No document shows an item of this list, so an address is looked for where others have it.
fn attachment(item: &Value) -> Content {
    let places = [
        item.as_str(),
        text(item, "url"),
        item.get("payload").and_then(|payload| text(payload, "url")),
    ];
    let file = places.into_iter().flatten().find_map(files::at);
    file.unwrap_or_else(|| unknown(item))
}

/// Documented as a text. Of what is more than a text, nothing is lost.
fn option(option: &Value) -> QuickReply {
    let (title, payload) = match option {
        Value::String(title) => (title.clone(), Value::Null),
        Value::Object(_) => {
            let names = ["title", "text", "message", "label"];
            let mut titles = names.iter().filter_map(|name| text(option, name));
            let title = titles.find(|title| !title.chars().all(is_blank));
            (title.unwrap_or_default().to_owned(), option.clone())
        }
        other => (other.to_string(), other.clone()),
    };
    QuickReply {
        title,
        payload,
        image_url: None,
    }
}

fn card(card: &Value) -> Card {
    let web = |name: &str| text(card, name).and_then(web_address);
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
    let url = text(&options, "url").and_then(web_address);
    match (text(button, "type"), url) {
        (Some("postback"), _) => Button::Postback {
            title,
            payload: options,
        },
        (_, Some(url)) => Button::Url { title, url },
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
