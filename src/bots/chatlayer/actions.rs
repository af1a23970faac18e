//! What an agent or the bridge says, as Chatlayer's message templates.
//!
//! A template is used only where it can show everything; else the same is said in simpler ones, down to a text with
//! links. The order is kept, and all templates of one message go out in one call.

use serde::Serialize;
use serde_json::Value;

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

/// Payloads are the platform's own and go back untouched; where the agent gave none, the key is still there.
fn payload(own: &Value) -> Value {
    if own.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        own.clone()
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
mod tests {
    use serde_json::json;

    use super::*;

    fn said(content: Value) -> Value {
        let content: Content = serde_json::from_value(content).unwrap();
        serde_json::to_value(Actions::say(&content).unwrap()).unwrap()
    }

    #[test]
    fn the_six_templates() {
        let link = json!({"type": "url", "title": "Docs", "url": "https://docs.example"});
        let call = json!({"type": "phone", "title": "Call", "phone_number": "+3120"});
        let press = json!({"type": "postback", "title": "Go on", "payload": {"nextDialogstateId": "d1", "sessionDataToSet": []}});
        let card = json!({"title": "One", "subtitle": "first", "image_url": "https://i.example/1.png", "buttons": [link]});
        let contents = [
            json!({"type": "text", "text": "Hello, I am Ann"}),
            json!({"type": "buttons", "text": "Choose", "buttons": [link, call, press]}),
            json!({"type": "text", "text": "Choose", "quick_replies": [
                {"title": "Yes", "payload": {"nextDialogstateId": "d2"}, "image_url": "https://i.example/y.png"},
                {"title": "No", "payload": "opaque"}, {"title": "Perhaps"}]}),
            json!({"type": "cards", "cards": [card]}),
            json!({"type": "list", "items": [card], "button": press}),
            json!({"type": "media", "kind": "image", "url": "https://i.example/1.png", "caption": "The door"}),
        ];
        insta::assert_json_snapshot!(contents.map(said));
    }

    #[test]
    fn a_card_without_picture_is_said_in_words_and_the_order_is_kept() {
        let card = |title: &str, image: Option<&str>| json!({"title": title, "image_url": image, "url": "https://a.example"});
        let picture = Some("https://i.example/1.png");
        let shown = said(
            json!({"type": "cards", "cards": [card("1", picture), card("2", picture), card("3", None), card("4", picture)]}),
        );
        let kinds: Vec<_> = shown["sendMessages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|template| {
                template
                    .as_object()
                    .unwrap()
                    .keys()
                    .next()
                    .unwrap()
                    .as_str()
            })
            .collect();
        assert_eq!(
            kinds,
            ["carouselTemplate", "buttonTemplate", "carouselTemplate"]
        );
        assert_eq!(
            shown["sendMessages"][1]["buttonTemplate"]["buttons"][0]["urlButton"]["url"],
            "https://a.example"
        );
    }

    #[test]
    fn a_list_that_its_template_cannot_show_becomes_cards_and_keeps_its_button() {
        let shown = said(
            json!({"type": "list", "items": [{"title": "One"}], "button": {"type": "url", "title": "All", "url": "https://a.example"}}),
        );
        let expected = json!({"sendMessages": [
            {"textMessageTemplate": {"textMessages": [{"text": "One"}]}},
            {"buttonTemplate": {"textMessages": [{"text": "All"}], "buttons": [{"urlButton": {"title": "All", "url": "https://a.example"}}]}},
        ]});
        assert_eq!(shown, expected);
    }

    #[test]
    fn files_and_places_are_said_as_links() {
        let text = |content| {
            said(content)["sendMessages"][0]["textMessageTemplate"]["textMessages"][0]["text"]
                .clone()
        };
        let file = json!({"type": "media", "kind": "file", "url": "https://f.example/a.pdf", "name": "a.pdf", "caption": "The form"});
        assert_eq!(text(file), "The form\na.pdf: https://f.example/a.pdf");
        let place =
            json!({"type": "location", "latitude": 52.37, "longitude": 4.9, "label": "Our shop"});
        assert_eq!(
            text(place),
            "Our shop\nhttps://www.openstreetmap.org/?mlat=52.37&mlon=4.9"
        );
    }

    #[test]
    fn what_has_nothing_to_show_is_an_error_and_not_an_empty_call() {
        let nothing = [
            json!({"type": "text", "text": " \n"}),
            json!({"type": "cards", "cards": []}),
            json!({"type": "list", "items": []}),
            json!({"type": "intro"}),
            json!({"type": "unknown", "raw": {"x": 1}}),
        ];
        for content in nothing {
            let content: Content = serde_json::from_value(content).unwrap();
            assert!(Actions::say(&content).is_err(), "{content:?}");
        }
    }
}
