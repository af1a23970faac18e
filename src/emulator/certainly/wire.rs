//! The shapes in which Certainly tells of a conversation: the two kinds of message, and the claim. They follow the samples
//! in `tests/samples/certainly` field by field.

use serde_json::{Value, json};

use crate::{
    domain::time::Timestamp,
    emulator::{
        bot_message::{BotMessage, Button, Card, Choice},
        user::{ChatUser, Said},
    },
};

/// Where a conversation takes place, and who has it.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    pub bot_id: String,
    pub user_id: String,
}

impl Deployment {
    /// That the widget was opened is not told. A tap on an offer is told as the text of the offer, and the widget has no
    /// places, so one is a text as well.
    pub(super) fn user(&self, said: &Said, at: Timestamp) -> Option<Value> {
        let (text, attachments) = match said {
            Said::Intro => return None,
            Said::Text { text } => (text.clone(), Vec::new()),
            Said::Postback { title, .. } => (title.clone(), Vec::new()),
            // No document shows an item of this list.
            Said::Upload { url } => (String::new(), vec![json!({"type": "file", "url": url})]),
            Said::Location {
                latitude,
                longitude,
            } => (format!("{latitude:.5}, {longitude:.5}"), Vec::new()),
        };
        Some(json!({
            "interlocutor": "user",
            "data": {
                "error": null,
                "message": {
                    "user_profile": {},
                    "ref": null,
                    "user_id": self.user_id,
                    "timestamp": at.as_millis().div_euclid(1000),
                    "message": text,
                    "attachments": attachments,
                },
            },
        }))
    }

    /// Says nothing of whom the bot talks to.
    pub(super) fn bot(message: &BotMessage) -> Value {
        json!({"interlocutor": "bot", "data": bot_data(message)})
    }

    pub(super) fn claim(&self, variables: &Value, person: &ChatUser) -> Value {
        json!({
            "attachedMedia": "", "reply": "VarWebhook", "botId": self.bot_id, "direction": "out", "extractedData": {},
            "lastName": "", "sessionId": self.user_id, "customVariables": variables, "from": "certainly",
            "firstName": person.first_name, "to": self.user_id, "replyData": "", "moduleId": "agent",
            "botTrainedModelId": "",
            // Not in the sample: what docs/certainly.md says to add.
            "language": person.language,
        })
    }
}

fn bot_data(message: &BotMessage) -> Value {
    match message {
        BotMessage::Text { text, choices } if choices.is_empty() => text_data(text),
        BotMessage::Text { text, choices } => {
            let options: Vec<_> = choices
                .iter()
                .map(|Choice { title, .. }| title.as_str())
                .collect();
            json!({"type": "choice", "text": text, "options_type": "suggested_replies", "options": options})
        }
        BotMessage::Buttons { text, buttons } => json!({"type": "card", "cards": [{
            "title": text, "text": "", "image_source_url": "", "image_destination_url": "",
            "buttons": buttons.iter().map(button_data).collect::<Vec<_>>(),
        }]}),
        BotMessage::Carousel { cards } | BotMessage::List { cards, .. } => {
            let cards: Vec<_> = cards.iter().map(card_data).collect();
            json!({"type": "card", "cards": cards})
        }
        BotMessage::Media { url, .. } => text_data(url),
    }
}

fn text_data(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn card_data(card: &Card) -> Value {
    let buttons: Vec<_> = card
        .buttons
        .iter()
        .chain(&card.button)
        .map(button_data)
        .collect();
    json!({
        "title": card.title, "text": card.sub_title, "image_source_url": card.image_url, "image_destination_url": "",
        "buttons": buttons,
    })
}

fn button_data(button: &Button) -> Value {
    match button {
        Button::Postback { title, .. } => {
            json!({"type": "postback", "title": title, "is_active": true, "options": {"message": title}})
        }
        Button::Url { title, url } => {
            json!({"type": "url", "title": title, "is_active": true, "options": {"url": url}})
        }
        Button::Phone {
            title,
            phone_number,
        } => json!({
            "type": "url", "title": title, "is_active": true, "options": {"url": format!("tel:{phone_number}")},
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_521_717_539_000);

    fn deployment() -> Deployment {
        Deployment {
            bot_id: String::new(),
            user_id: "webbot:d0f23640-2dc2-11e8-a182-89f9297141e0".to_owned(),
        }
    }

    fn sample(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_users_and_bots_say_is_told_as_in_the_samples() {
        let said = Said::Text {
            text: "Hello".to_owned(),
        };
        assert_eq!(
            deployment().user(&said, AT),
            Some(sample(include_str!(
                "../../../tests/samples/certainly/messages.user.text.json"
            )))
        );
        assert_eq!(
            Deployment::bot(&BotMessage::text("Hello from Bot!")),
            sample(include_str!(
                "../../../tests/samples/certainly/messages.bot.text.json"
            ))
        );
    }

    #[test]
    fn a_claim_has_all_that_its_sample_has() {
        let sample = sample(include_str!(
            "../../../tests/samples/certainly/handover-webhook.json"
        ));
        let claim = deployment().claim(&json!({}), &ChatUser::default());
        for (name, value) in sample.as_object().unwrap() {
            let ours = &claim[name];
            assert_eq!(
                std::mem::discriminant(ours),
                std::mem::discriminant(value),
                "{name}"
            );
        }
    }
}
