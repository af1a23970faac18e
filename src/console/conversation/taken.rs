//! Which of the choices that were offered a user took.

use serde_json::Value;

use crate::domain::message::{Button, Card, Content, QuickReply};

/// What the user said next after an offer, if it is one of the choices, and surely which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a>(Option<&'a Content>);

impl<'a> Answer<'a> {
    pub(super) fn to(offer: &Content, said: Option<&'a Content>) -> Self {
        let answer = Self(said);
        Self(said.filter(|_| answer.fits(offer) == 1))
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

    /// Some platforms tell which was pressed, others only its words.
    fn takes(self, offered: &str, meant: &Value) -> bool {
        match self.0 {
            Some(Content::Postback { title, payload }) => {
                title == offered && (payload.is_null() || payload == meant)
            }
            Some(Content::Text { text, .. }) => text.trim() == offered,
            _ => false,
        }
    }
}
