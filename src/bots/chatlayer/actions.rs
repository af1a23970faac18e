//! What an agent or the bridge says, as Chatlayer's message templates.
//!
//! A template is used only where it can show everything; else the same is said in simpler ones, down to a text with
//! links. The order is kept, and all templates of one message go out in one call.

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::Unshowable;
use crate::domain::message::{Button, Card, Content, MediaKind, QuickReply};

/// The body of `executeConversationAction`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actions {
    send_messages: Vec<Template>,
}

#[derive(Debug, Serialize)]
enum Template {
    #[serde(rename = "textMessageTemplate", rename_all = "camelCase")]
    Text { text_messages: Vec<Text> },
    #[serde(rename = "buttonTemplate", rename_all = "camelCase")]
    Buttons {
        text_messages: Vec<Text>,
        buttons: Vec<ActionButton>,
    },
    #[serde(rename = "quickReplyTemplate", rename_all = "camelCase")]
    QuickReplies {
        text_messages: Vec<Text>,
        quick_replies: Vec<ActionReply>,
    },
    #[serde(rename = "carouselTemplate")]
    Carousel { elements: Vec<CarouselElement> },
    #[serde(rename = "listTemplate")]
    List {
        size: &'static str,
        button: ActionButton,
        elements: Vec<ListElement>,
    },
    #[serde(rename = "attachmentTemplate")]
    Attachment { media: Media },
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Serialize)]
enum ActionButton {
    #[serde(rename = "urlButton")]
    Url { title: String, url: String },
    #[serde(rename = "phoneNumberButton", rename_all = "camelCase")]
    Phone { title: String, phone_number: String },
    #[serde(rename = "postBackButton")]
    PostBack { title: String, payload: Value },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionReply {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    title: String,
    payload: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CarouselElement {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_title: Option<String>,
    image_url: String,
    buttons: Vec<ActionButton>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListElement {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_title: Option<String>,
    image_url: String,
    button: ActionButton,
}

#[derive(Debug, Serialize)]
struct Media {
    url: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Actions {
    pub(super) fn say(content: &Content) -> Result<Self, Unshowable> {
        let send_messages = match content {
            Content::Text {
                text,
                quick_replies,
            } => text_or_replies(text, quick_replies),
            Content::Buttons { text, buttons } => {
                text_or_buttons(text, buttons.iter().map(button).collect())
            }
            Content::Cards { cards } => show_cards(cards),
            Content::List { items, button } => show_list(items, button.as_ref()),
            Content::Media {
                kind,
                url,
                name,
                caption,
            } => show_media(*kind, url, (name.as_deref(), caption.as_deref())),
            Content::Location {
                latitude,
                longitude,
                label,
            } => plain(&show_location((*latitude, *longitude), label.as_deref())),
            Content::Postback { title, .. } => plain(title),
            Content::Intro {} | Content::Unknown { .. } => return Err(Unshowable::Kind),
        };
        if send_messages.is_empty() {
            Err(Unshowable::Empty)
        } else {
            Ok(Self { send_messages })
        }
    }

    pub(super) fn text(text: &str) -> Result<Self, Unshowable> {
        Self::say(&Content::text(text))
    }
}

fn plain(text: &str) -> Vec<Template> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    vec![Template::Text {
        text_messages: words(text),
    }]
}

fn words(text: &str) -> Vec<Text> {
    vec![Text {
        text: text.to_owned(),
    }]
}

fn text_or_replies(text: &str, replies: &[QuickReply]) -> Vec<Template> {
    if replies.is_empty() {
        return plain(text);
    }
    let reply = |reply: &QuickReply| ActionReply {
        image_url: reply.image_url.clone(),
        title: reply.title.clone(),
        payload: payload(&reply.payload),
    };
    vec![Template::QuickReplies {
        text_messages: words(text),
        quick_replies: replies.iter().map(reply).collect(),
    }]
}

fn text_or_buttons(text: &str, buttons: Vec<ActionButton>) -> Vec<Template> {
    if buttons.is_empty() {
        return plain(text);
    }
    vec![Template::Buttons {
        text_messages: words(text),
        buttons,
    }]
}

/// Cards with a picture stand side by side; the carousel has no form for one without, which is said as text and buttons.
fn show_cards(cards: &[Card]) -> Vec<Template> {
    let pictured = cards.chunk_by(|one, next| one.image_url.is_some() == next.image_url.is_some());
    let shown = pictured.flat_map(|group| {
        let elements: Vec<_> = group.iter().filter_map(carousel_element).collect();
        if elements.is_empty() {
            group
                .iter()
                .flat_map(|card| text_or_buttons(&card_text(card), card_buttons(card)))
                .collect()
        } else {
            vec![Template::Carousel { elements }]
        }
    });
    shown.collect()
}

fn carousel_element(card: &Card) -> Option<CarouselElement> {
    Some(CarouselElement {
        title: card.title.clone(),
        sub_title: card.subtitle.clone(),
        image_url: card.image_url.clone()?,
        buttons: card_buttons(card),
    })
}

/// The list needs a button of its own and, for each item, a picture and exactly one button. Any other is a row of cards.
fn show_list(items: &[Card], main: Option<&Button>) -> Vec<Template> {
    let elements: Option<Vec<_>> = items.iter().map(list_element).collect();
    match (main, elements) {
        (Some(main), Some(elements)) if !elements.is_empty() => {
            vec![Template::List {
                size: "LARGE",
                button: button(main),
                elements,
            }]
        }
        _ => {
            let mut shown = show_cards(items);
            shown.extend(
                main.into_iter()
                    .flat_map(|main| text_or_buttons(title(main), vec![button(main)])),
            );
            shown
        }
    }
}

fn list_element(item: &Card) -> Option<ListElement> {
    let mut buttons = card_buttons(item).into_iter();
    let (Some(button), None) = (buttons.next(), buttons.next()) else {
        return None;
    };
    Some(ListElement {
        title: item.title.clone(),
        sub_title: item.subtitle.clone(),
        image_url: item.image_url.clone()?,
        button,
    })
}

/// Pictures and films are shown; Chatlayer documents nothing else, so every other file is a link.
fn show_media(
    kind: MediaKind,
    url: &str,
    (name, caption): (Option<&str>, Option<&str>),
) -> Vec<Template> {
    let shown = match kind {
        MediaKind::Image => Some("image"),
        MediaKind::Video => Some("video"),
        MediaKind::Audio | MediaKind::File => None,
    };
    let Some(kind) = shown else {
        let link = name.map_or_else(|| url.to_owned(), |name| format!("{name}: {url}"));
        return plain(&lines([caption, Some(link.as_str())]));
    };
    let mut templates = vec![Template::Attachment {
        media: Media {
            url: url.to_owned(),
            kind,
        },
    }];
    templates.extend(plain(caption.unwrap_or_default()));
    templates
}

fn show_location((latitude, longitude): (f64, f64), label: Option<&str>) -> String {
    let link = format!("https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}");
    lines([label, Some(link.as_str())])
}

fn card_text(card: &Card) -> String {
    lines([Some(card.title.as_str()), card.subtitle.as_deref()])
}

/// A card that is a link itself gets a button for it, the only form a link has here.
fn card_buttons(card: &Card) -> Vec<ActionButton> {
    let link = card.url.iter().map(|url| ActionButton::Url {
        title: card.title.clone(),
        url: url.clone(),
    });
    link.chain(card.buttons.iter().map(button)).collect()
}

fn button(button: &Button) -> ActionButton {
    match button.clone() {
        Button::Url { title, url } => ActionButton::Url { title, url },
        Button::Phone {
            title,
            phone_number,
        } => ActionButton::Phone {
            title,
            phone_number,
        },
        Button::Postback {
            title,
            payload: own,
        } => ActionButton::PostBack {
            title,
            payload: payload(&own),
        },
    }
}

fn title(button: &Button) -> &str {
    match button {
        Button::Url { title, .. }
        | Button::Phone { title, .. }
        | Button::Postback { title, .. } => title,
    }
}

/// The documented form is an object that names a dialog; since 2022 payloads may be opaque texts that have to come back
/// as they were. So what there is goes untouched, and only where there is none stands an object that names nothing.
fn payload(own: &Value) -> Value {
    match own {
        Value::Null => Map::new().into(),
        _ => own.clone(),
    }
}

fn lines(parts: [Option<&str>; 2]) -> String {
    let filled = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty());
    filled.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
