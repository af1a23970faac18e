//! What a bot platform or a desk can show. Each vendor's folder declares it once; the table does the rest.

use std::ops::RangeInclusive;

use crate::domain::message::{Button, MediaKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub audience: Audience,
    /// The longest text, in grapheme clusters.
    pub text_limit: usize,
    /// The longest title of a button, a quick reply or a card. A longer one is said in a text.
    pub title_limit: usize,
    /// How many quick replies stand under a text; 0: none.
    pub quick_replies: usize,
    pub buttons: Buttons,
    pub cards: Option<Cards>,
    pub list: Option<List>,
    pub media: Media,
    /// The kinds that stand for themselves and need no words.
    pub standalone: &'static [Standalone],
    /// All parts of a message go out in one call; else each part is a delivery of its own, so that a retry does not
    /// repeat what stands before it.
    pub one_call: bool,
}

/// For whom it is shown. An agent reads a line in the place of what cannot be shown; a user, whose language that line
/// may not be, is shown nothing, and the sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    User,
    Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buttons {
    pub kinds: &'static [ButtonKind],
    /// How many stand under a text. Those beyond are lines of the text.
    pub at_most: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    Postback,
    Url,
    Phone,
}

/// Cards in a row. A card that does not fit is said by picture, text and buttons, each as far as it can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cards {
    pub picture_needed: bool,
    /// A card can be a link as a whole; else the link is its first button.
    pub links: bool,
    pub buttons: usize,
}

/// A list whose items are cards. One that does not fit is shown as cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub items: RangeInclusive<usize>,
    pub button_needed: bool,
    pub item: Cards,
    /// Each item has as many buttons as it may have.
    pub item_buttons_needed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    pub kinds: &'static [MediaKind],
    /// A caption stands under it; else it is a text of its own.
    pub captions: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standalone {
    Location,
    Postback,
    Intro,
    Unknown,
}

impl Capabilities {
    /// A platform that shows its users whatever the desk protocol has.
    pub const EVERY_USER: Self = Self::everything(Audience::User);
    /// A desk that shows its agents whatever the desk protocol has.
    pub const EVERY_AGENT: Self = Self::everything(Audience::Agent);

    /// Every content as the desk protocol writes it.
    pub const fn everything(audience: Audience) -> Self {
        const ANY: usize = usize::MAX;
        let card = Cards {
            picture_needed: false,
            links: true,
            buttons: ANY,
        };
        Self {
            audience,
            text_limit: ANY,
            title_limit: ANY,
            quick_replies: ANY,
            buttons: Buttons {
                kinds: &[ButtonKind::Postback, ButtonKind::Url, ButtonKind::Phone],
                at_most: ANY,
            },
            cards: Some(card),
            list: Some(List {
                items: 1..=ANY,
                button_needed: false,
                item: card,
                item_buttons_needed: false,
            }),
            media: Media {
                kinds: &[
                    MediaKind::Image,
                    MediaKind::Video,
                    MediaKind::Audio,
                    MediaKind::File,
                ],
                captions: true,
            },
            standalone: &[
                Standalone::Location,
                Standalone::Postback,
                Standalone::Intro,
                Standalone::Unknown,
            ],
            one_call: true,
        }
    }

    /// Nothing but texts of this length, one a call.
    pub const fn text_only(audience: Audience, text_limit: usize) -> Self {
        Self {
            audience,
            text_limit,
            title_limit: 0,
            quick_replies: 0,
            buttons: Buttons {
                kinds: &[],
                at_most: 0,
            },
            cards: None,
            list: None,
            media: Media {
                kinds: &[],
                captions: false,
            },
            standalone: &[],
            one_call: false,
        }
    }
}

impl ButtonKind {
    pub(super) fn of(button: &Button) -> Self {
        match button {
            Button::Postback { .. } => Self::Postback,
            Button::Url { .. } => Self::Url,
            Button::Phone { .. } => Self::Phone,
        }
    }
}
