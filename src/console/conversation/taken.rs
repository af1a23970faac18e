//! Which of the choices that were offered a user took.

use serde_json::Value;

use crate::domain::message::{Button, Card, Content, QuickReply};

/// What the user said next after an offer, if it is one of the choices, and surely which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    said: Option<&'a Content>,
    told_by: Tell,
}

/// What tells which of the choices it is.
#[derive(Clone, Copy, Debug)]
enum Tell {
    Title,
    /// Several have that title.
    Payload,
}

impl<'a> Answer<'a> {
    pub(super) fn to(offer: &Content, said: Option<&'a Content>) -> Self {
        let by = |told_by| Self { said, told_by };
        let sure = [by(Tell::Title), by(Tell::Payload)];
        let sure = sure.into_iter().find(|answer| answer.fits(offer) == 1);
        sure.unwrap_or(Self {
            said: None,
            told_by: Tell::Title,
        })
    }

    /// How many of the choices it can be.
    fn fits(self, offer: &Content) -> usize {
        let among = |cards: &[Card]| {
            let buttons = cards.iter().flat_map(|card| &card.buttons);
            buttons.filter(|it| self.is_button(it)).count()
        };
        match offer {
            Content::Text { quick_replies, .. } => {
                quick_replies.iter().filter(|it| self.is_reply(it)).count()
            }
            Content::Buttons { buttons, .. } => {
                buttons.iter().filter(|it| self.is_button(it)).count()
            }
            Content::Cards { cards } => among(cards),
            Content::List { items, button } => {
                let below = button.iter().filter(|it| self.is_button(it)).count();
                among(items) + below
            }
            _ => 0,
        }
    }

    pub(super) fn is_reply(self, offered: &QuickReply) -> bool {
        self.takes(&offered.title, &offered.payload)
    }

    pub(super) fn is_button(self, offered: &Button) -> bool {
        match offered {
            Button::Postback { title, payload } => self.takes(title, payload),
            // Where it leads a browser goes, and nobody tells the bridge.
            Button::Url { .. } | Button::Phone { .. } => false,
        }
    }

    /// Some platforms tell which was pressed, others only its words, which people also type.
    fn takes(self, offered: &str, meant: &Value) -> bool {
        let (words, payload) = match self.said {
            Some(Content::Postback { title, payload }) => (title, Some(payload)),
            Some(Content::Text { text, .. }) => (text, None),
            _ => return false,
        };
        let is_titled = words.trim().to_lowercase() == offered.trim().to_lowercase();
        match self.told_by {
            Tell::Title => is_titled,
            Tell::Payload => is_titled && payload.is_some_and(|payload| agrees(payload, meant)),
        }
    }
}

/// Whether what came back is what was offered. A platform may offer it as a text and send it back as what that text says,
/// with more or less around it.
fn agrees(payload: &Value, meant: &Value) -> bool {
    let read = |value: &Value| {
        let text = value.as_str();
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| value.clone())
    };
    match (read(payload), read(meant)) {
        (Value::Object(payload), Value::Object(meant)) => {
            let shared = payload
                .iter()
                .filter_map(|(name, value)| Some((value, meant.get(name)?)));
            let agree: Vec<bool> = shared.map(|(ours, theirs)| ours == theirs).collect();
            !agree.is_empty() && agree.into_iter().all(|same| same)
        }
        (payload, meant) => !payload.is_null() && payload == meant,
    }
}
