//! What a bot or an agent can say, in the two forms that Chatlayer has for it.
//!
//! In: the templates of the actions API, one key an object (`{"buttonTemplate": {…}}`). Unknown keys are refused,
//! so that a slip of the bridge shows here and not at the vendor. Out: the Messenger-like form of `messages` events,
//! which is also what the chat page draws.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One message to the user.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum BotMessage {
    Text {
        text: String,
        choices: Vec<Choice>,
    },
    Buttons {
        text: String,
        buttons: Vec<Button>,
    },
    Carousel {
        cards: Vec<Card>,
    },
    List {
        cards: Vec<Card>,
        button: Option<Button>,
    },
    Media {
        url: String,
        kind: String,
    },
}

/// A template of the actions API.
#[derive(Debug, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(super) enum Template {
    #[serde(rename = "textMessageTemplate")]
    TextMessage { text_messages: Vec<Text> },
    #[serde(rename = "buttonTemplate")]
    Buttons {
        text_messages: Vec<Text>,
        buttons: Vec<Button>,
    },
    #[serde(rename = "quickReplyTemplate")]
    QuickReply {
        text_messages: Vec<Text>,
        quick_replies: Vec<Choice>,
    },
    #[serde(rename = "carouselTemplate")]
    Carousel { elements: Vec<Card> },
    #[serde(rename = "listTemplate")]
    List {
        #[serde(rename = "size")]
        _size: Option<String>,
        button: Option<Button>,
        elements: Vec<Card>,
    },
    #[serde(rename = "attachmentTemplate")]
    Attachment { media: Media },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Media {
    url: String,
    #[serde(rename = "type")]
    kind: String,
}

/// A quick reply.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Choice {
    pub title: String,
    pub image_url: Option<String>,
    #[serde(default)]
    pub payload: Payload,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(super) enum Button {
    #[serde(rename = "urlButton")]
    Url { title: String, url: String },
    #[serde(rename = "phoneNumberButton")]
    Phone { title: String, phone_number: String },
    #[serde(rename = "postBackButton")]
    Postback {
        title: String,
        #[serde(default)]
        payload: Payload,
    },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Card {
    pub title: String,
    pub sub_title: Option<String>,
    pub image_url: Option<String>,
    #[serde(default)]
    pub buttons: Vec<Button>,
    pub button: Option<Button>,
}

/// What a tap brings back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Payload {
    /// Where it leads, and what it stores on the way.
    Dialog(Step),
    /// Something of the sender's own, returned untouched.
    Opaque(String),
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Step {
    next_dialogstate_id: Option<String>,
    session_data_to_set: Vec<Value>,
}

impl Template {
    /// Several texts in one template are several messages; what belongs to them hangs on the last.
    pub(super) fn into_messages(self) -> Vec<BotMessage> {
        match self {
            Self::TextMessage { text_messages } => plain(text_messages),
            Self::QuickReply {
                text_messages,
                quick_replies,
            } => with_last(text_messages, |text| BotMessage::Text {
                text,
                choices: quick_replies,
            }),
            Self::Buttons {
                text_messages,
                buttons,
            } => with_last(text_messages, |text| BotMessage::Buttons { text, buttons }),
            Self::Carousel { elements } => vec![BotMessage::Carousel { cards: elements }],
            Self::List {
                button, elements, ..
            } => vec![BotMessage::List {
                cards: elements,
                button,
            }],
            Self::Attachment { media } => vec![BotMessage::Media {
                url: media.url,
                kind: media.kind,
            }],
        }
    }
}

impl BotMessage {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            choices: Vec::new(),
        }
    }

    /// The form of `messages` events.
    pub(super) fn to_wire(&self) -> Value {
        match self {
            Self::Text { text, choices } if choices.is_empty() => json!({"text": text}),
            Self::Text { text, choices } => {
                json!({"text": text, "quick_replies": choices.iter().map(Choice::to_wire).collect::<Vec<_>>()})
            }
            Self::Buttons { text, buttons } => template(
                &json!({"template_type": "button", "text": text, "buttons": wire_buttons(buttons)}),
            ),
            Self::Carousel { cards } => {
                template(&json!({"template_type": "generic", "elements": wire_cards(cards)}))
            }
            Self::List { cards, button } => template(&json!({
                "template_type": "list",
                "elements": wire_cards(cards),
                "buttons": wire_buttons(button.as_slice()),
            })),
            Self::Media { url, kind } => {
                json!({"attachment": {"type": kind, "payload": {"url": url}}})
            }
        }
    }
}

impl Choice {
    fn to_wire(&self) -> Value {
        let payload = self.payload.to_wire(&self.title, "quickreply");
        let mut reply = json!({"title": self.title, "payload": payload, "content_type": "text"});
        if let (Some(url), Some(reply)) = (&self.image_url, reply.as_object_mut()) {
            reply.insert("image_url".to_owned(), json!(url));
        }
        reply
    }
}

impl Button {
    fn to_wire(&self) -> Value {
        match self {
            Self::Url { title, url } => {
                json!({"title": title, "url": url, "type": "web_url"})
            }
            Self::Phone {
                title,
                phone_number,
            } => {
                json!({"title": title, "payload": phone_number, "type": "phone_number"})
            }
            Self::Postback { title, payload } => {
                json!({"title": title, "type": "postback", "payload": payload.to_wire(title, "button")})
            }
        }
    }
}

impl Card {
    fn to_wire(&self) -> Value {
        let mut card = Map::new();
        card.insert("title".to_owned(), json!(self.title));
        if let Some(url) = &self.image_url {
            card.insert("image_url".to_owned(), json!(url));
        }
        if let Some(text) = &self.sub_title {
            card.insert("subtitle".to_owned(), json!(text));
        }
        let buttons: Vec<Value> = self
            .buttons
            .iter()
            .chain(&self.button)
            .map(Button::to_wire)
            .collect();
        card.insert("buttons".to_owned(), Value::Array(buttons));
        Value::Object(card)
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::Dialog(Step::default())
    }
}

impl Payload {
    pub(super) fn to_dialog(id: &str) -> Self {
        Self::Dialog(Step {
            next_dialogstate_id: Some(id.to_owned()),
            session_data_to_set: Vec::new(),
        })
    }

    fn to_wire(&self, title: &str, kind: &str) -> String {
        match self {
            Self::Dialog(step) => step.to_wire(title, kind),
            Self::Opaque(payload) => payload.clone(),
        }
    }
}

impl Step {
    /// JSON within a string, as the samples print it.
    fn to_wire(&self, title: &str, kind: &str) -> String {
        let mut payload = json!({
            "title": title, "caption": title, "type": kind, "parameters": self.session_data_to_set,
        });
        if let Some(payload) = payload.as_object_mut() {
            if let Some(id) = &self.next_dialogstate_id {
                payload.insert("nextDialogstateId".to_owned(), json!(id));
            }
            payload.insert("originalTitle".to_owned(), json!(title));
        }
        payload.to_string()
    }
}

fn plain(texts: Vec<Text>) -> Vec<BotMessage> {
    texts
        .into_iter()
        .map(|text| BotMessage::text(text.text))
        .collect()
}

fn with_last(mut texts: Vec<Text>, last: impl FnOnce(String) -> BotMessage) -> Vec<BotMessage> {
    let text = texts.pop().map(|text| text.text).unwrap_or_default();
    let mut messages = plain(texts);
    messages.push(last(text));
    messages
}

fn template(payload: &Value) -> Value {
    json!({"attachment": {"type": "template", "payload": payload}})
}

fn wire_buttons(buttons: &[Button]) -> Vec<Value> {
    buttons.iter().map(Button::to_wire).collect()
}

fn wire_cards(cards: &[Card]) -> Vec<Value> {
    cards.iter().map(Card::to_wire).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &Value) -> Result<Vec<Value>, serde_json::Error> {
        let template: Template = serde_json::from_value(template.clone())?;
        Ok(template
            .into_messages()
            .iter()
            .map(BotMessage::to_wire)
            .collect())
    }

    #[test]
    fn each_of_the_six_templates_becomes_what_the_samples_show() {
        let quick = read(&json!({"quickReplyTemplate": {
            "textMessages": [{"text": "one"}, {"text": "two"}],
            "quickReplies": [{"title": "yes", "payload": {"nextDialogstateId": "d1"}}, {"title": "no", "payload": "opaque"}],
        }}))
        .unwrap();
        assert_eq!(quick.len(), 2);
        assert_eq!(quick[0], json!({"text": "one"}));
        let payload: Value =
            serde_json::from_str(quick[1]["quick_replies"][0]["payload"].as_str().unwrap())
                .unwrap();
        assert_eq!(payload["nextDialogstateId"], "d1");
        assert_eq!(quick[1]["quick_replies"][0]["content_type"], "text");
        assert_eq!(quick[1]["quick_replies"][1]["payload"], "opaque");

        let buttons = read(&json!({"buttonTemplate": {"textMessages": [{"text": "t"}], "buttons": [
            {"urlButton": {"title": "u", "url": "https://example.com"}},
            {"phoneNumberButton": {"title": "p", "phoneNumber": "+31"}},
            {"postBackButton": {"title": "b", "payload": {"nextDialogstateId": "d", "sessionDataToSet": [{"key": "k", "value": "v"}]}}},
        ]}}))
        .unwrap();
        let payload = &buttons[0]["attachment"]["payload"];
        assert_eq!(payload["template_type"], "button");
        assert_eq!(payload["buttons"][0]["type"], "web_url");
        assert_eq!(payload["buttons"][1]["type"], "phone_number");
        assert_eq!(payload["buttons"][2]["type"], "postback");

        let text =
            read(&json!({"textMessageTemplate": {"textMessages": [{"text": "hi"}]}})).unwrap();
        assert_eq!(text, [json!({"text": "hi"})]);
        let cards = read(&json!({"carouselTemplate": {"elements": [{"title": "c", "imageUrl": "https://example.com/c.png", "buttons": []}]}})).unwrap();
        assert_eq!(
            cards[0]["attachment"]["payload"]["template_type"],
            "generic"
        );
        let list = read(&json!({"listTemplate": {"size": "LARGE", "button": null, "elements": [{"title": "l", "button": null}]}})).unwrap();
        assert_eq!(list[0]["attachment"]["payload"]["template_type"], "list");
        let media = read(&json!({"attachmentTemplate": {"media": {"url": "https://example.com/a.png", "type": "image"}}})).unwrap();
        assert_eq!(
            media[0],
            json!({"attachment": {"type": "image", "payload": {"url": "https://example.com/a.png"}}})
        );
    }

    #[test]
    fn what_is_not_a_template_is_refused() {
        for wrong in [
            json!({"textMessageTemplate": {"textMessages": [{"text": 1}]}}),
            json!({"textMessageTemplate": {"textMessages": [{"text": "a"}], "more": 1}}),
            json!({"poemTemplate": {}}),
            json!({"textMessageTemplate": {"textMessages": []}, "attachmentTemplate": {"media": {"url": "u", "type": "image"}}}),
            json!("text"),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
