//! What the six templates of the conversation actions can show. `docs/messages.md` says where each fact is from.

use crate::domain::{
    fallback::{Audience, Buttons, Capabilities, Cards, List, Media},
    message::MediaKind,
};

/// Every card of the carousel has a picture, and at most three buttons; a link is one of them.
const CARD: Cards = Cards {
    picture_needed: true,
    links: false,
    buttons: 3,
};
/// UNVERIFIED: no document gives one. A longer title is said in the text.
const TITLE_LIMIT: usize = 80;

/// `text_limit` is the operator's: no document gives one.
pub(super) const fn capabilities(text_limit: usize) -> Capabilities {
    let everything = Capabilities::EVERY_USER;
    Capabilities {
        audience: Audience::User,
        text_limit,
        title_limit: TITLE_LIMIT,
        quick_replies: everything.quick_replies,
        buttons: Buttons {
            kinds: everything.buttons.kinds,
            at_most: everything.buttons.at_most,
        },
        cards: Some(CARD),
        list: Some(List {
            items: 2..=4,
            button_needed: true,
            item: Cards { buttons: 1, ..CARD },
            item_buttons_needed: true,
        }),
        media: Media {
            kinds: &[MediaKind::Image, MediaKind::Video],
            captions: false,
        },
        standalone: &[],
        one_call: true,
    }
}
