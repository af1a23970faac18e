//! What an agent or the bridge says, as Chatlayer's message templates: one template for each part of a message, all of
//! them in one call.
//!
//! What has no template has become something that has one before it comes here, by the table in `domain::fallback`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    fallback::Unshowable,
    message::{Button, Card, Content, MediaKind, QuickReply},
};

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
    /// Says contents that Chatlayer can show, in order.
    pub(super) fn say<'c>(
        parts: impl IntoIterator<Item = &'c Content>,
    ) -> Result<Self, Unshowable> {
        let templates = parts.into_iter().map(template);
        Ok(Self {
            send_messages: templates.collect::<Result<_, _>>()?,
        })
    }
}

fn template(content: &Content) -> Result<Template, Unshowable> {
    Ok(match content {
        Content::Text {
            text,
            quick_replies,
        } if quick_replies.is_empty() => Template::Text {
            text_messages: words(text),
        },
        Content::Text {
            text,
            quick_replies,
        } => Template::QuickReplies {
            text_messages: words(text),
            quick_replies: quick_replies.iter().map(reply).collect(),
        },
        Content::Buttons { text, buttons } => Template::Buttons {
            text_messages: words(text),
            buttons: buttons.iter().map(button).collect(),
        },
        Content::Cards { cards } => Template::Carousel {
            elements: shown(cards.iter().map(carousel_element))?,
        },
        Content::List {
            items,
            button: main,
        } => Template::List {
            size: "LARGE",
            button: main.as_ref().map(button).ok_or(Unshowable::Kind)?,
            elements: shown(items.iter().map(list_element))?,
        },
        Content::Media { kind, url, .. } => Template::Attachment {
            media: Media {
                url: url.clone(),
                kind: attached(*kind)?,
            },
        },
        Content::Location { .. }
        | Content::Postback { .. }
        | Content::Intro {}
        | Content::Unknown { .. } => return Err(Unshowable::Kind),
    })
}

/// Several texts in one template may be alternatives of which one is shown; so it is always one.
fn words(text: &str) -> Vec<Text> {
    vec![Text {
        text: text.to_owned(),
    }]
}

fn reply(reply: &QuickReply) -> ActionReply {
    ActionReply {
        image_url: reply.image_url.clone(),
        title: reply.title.clone(),
        payload: payload(&reply.payload),
    }
}

fn shown<T>(elements: impl Iterator<Item = Option<T>>) -> Result<Vec<T>, Unshowable> {
    elements.collect::<Option<_>>().ok_or(Unshowable::Kind)
}

fn carousel_element(card: &Card) -> Option<CarouselElement> {
    Some(CarouselElement {
        title: card.title.clone(),
        sub_title: card.subtitle.clone(),
        image_url: card.image_url.clone()?,
        buttons: card.buttons.iter().map(button).collect(),
    })
}

fn list_element(item: &Card) -> Option<ListElement> {
    let [only] = &item.buttons[..] else {
        return None;
    };
    Some(ListElement {
        title: item.title.clone(),
        sub_title: item.subtitle.clone(),
        image_url: item.image_url.clone()?,
        button: button(only),
    })
}

/// Chatlayer documents no other kinds of attachments.
fn attached(kind: MediaKind) -> Result<&'static str, Unshowable> {
    match kind {
        MediaKind::Image => Ok("image"),
        MediaKind::Video => Ok("video"),
        MediaKind::Audio | MediaKind::File => Err(Unshowable::Kind),
    }
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

/// The documented form is an object that names a dialog; since 2022 payloads may be opaque texts that have to come back
/// as they were. So what there is goes untouched, and only where there is none stands an object that names nothing.
fn payload(own: &Value) -> Value {
    match own {
        Value::Null => Map::new().into(),
        _ => own.clone(),
    }
}

#[cfg(test)]
mod tests;
