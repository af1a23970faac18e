//! The one table of what is shown in the place of what cannot be shown. `docs/messages.md` prints it for people.
//!
//! A content goes in with what its reader can be shown, and contents come out that can be shown as they are: fewer
//! forms, the same words, in the same order. Nothing is left out in silence; what no words can stand for is an error,
//! and the sender is told. `decide` counts the parts and remembers the choices, the adapters send the parts; both ask
//! [`said`], so they agree.

mod capabilities;
mod choices;
mod renderer;
mod split;
mod words;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use self::{
    capabilities::{Audience, ButtonKind, Buttons, Capabilities, Cards, List, Media, Standalone},
    choices::{Choice, Choices},
    words::{is_blank, is_web, web_address},
};
use self::{renderer::Renderer, split::fits};
use super::message::{Button, Card, Content, QuickReply};

/// A content as its reader is shown it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered<'c> {
    /// In order, never empty, each one within what can be shown.
    pub parts: Vec<Cow<'c, Content>>,
    /// What stands as a numbered line in the parts, in the order of the numbers.
    pub choices: Vec<Choice>,
}

/// Which part of a message a delivery is for. The limit is kept with it, so that a message of which some parts have been
/// delivered is not cut anew when the configuration changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    pub index: usize,
    pub text_limit: usize,
}

/// A content that has no form and no words for its reader. The label is what the sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unshowable {
    #[error("a message of this kind cannot be shown")]
    Kind,
    #[error("there is nothing in it that could be shown")]
    Nothing,
    #[error("a link in it is not http or https, or is too long")]
    Link,
    #[error("the place is on no map")]
    Place,
    #[error("it is too long, even in parts")]
    TooLong,
}

/// A message in more parts would be a flood.
const MOST_PARTS: usize = 64;

/// # Errors
/// No words can stand for it. An agent is shown a line in its place where there is one, so for an agent it is only what
/// is empty or too long.
pub fn show<'c>(content: &'c Content, able: &Capabilities) -> Result<Rendered<'c>, Unshowable> {
    if able.shows(content) {
        return Ok(Rendered {
            parts: vec![Cow::Borrowed(content)],
            choices: Vec::new(),
        });
    }
    let mut renderer = Renderer::new(able);
    renderer.put(content)?;
    let (parts, choices) = renderer.cut();
    match parts.len() {
        0 => Err(Unshowable::Nothing),
        1..=MOST_PARTS => Ok(Rendered {
            parts: parts.into_iter().map(Cow::Owned).collect(),
            choices,
        }),
        _ => Err(Unshowable::TooLong),
    }
}

/// What one delivery says of a content: one part, or all of them.
///
/// # Errors
/// As [`show`]; and where there is no such part, which only a change of the table can bring about.
pub fn said<'c>(
    content: &'c Content,
    part: Option<Part>,
    able: &Capabilities,
) -> Result<Vec<Cow<'c, Content>>, Unshowable> {
    let Some(Part { index, text_limit }) = part else {
        return show(content, able).map(|shown| shown.parts);
    };
    let able = Capabilities {
        text_limit,
        ..able.clone()
    };
    let part = show(content, &able)?.parts.into_iter().nth(index);
    part.map(|part| vec![part]).ok_or(Unshowable::Nothing)
}

impl Rendered<'_> {
    /// The deliveries that it takes: one for all parts, or one for each.
    pub fn deliveries(&self, able: &Capabilities) -> Vec<Option<Part>> {
        if able.one_call || self.parts.len() == 1 {
            return vec![None];
        }
        let part = |index| Part {
            index,
            text_limit: able.text_limit,
        };
        (0..self.parts.len()).map(part).map(Some).collect()
    }

    /// What one of the deliveries says.
    pub fn part(&self, part: Option<Part>) -> impl Iterator<Item = &Content> {
        let (before, count) = part.map_or((0, usize::MAX), |part| (part.index, 1));
        self.parts.iter().skip(before).take(count).map(Cow::as_ref)
    }
}

impl Unshowable {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Kind => "kind_not_shown",
            Self::Nothing => "nothing_to_show",
            Self::Link => "link_not_allowed",
            Self::Place => "place_not_on_map",
            Self::TooLong => "too_long",
        }
    }
}

impl Capabilities {
    /// Whether it can be shown as it is.
    pub(super) fn shows(&self, content: &Content) -> bool {
        match content {
            Content::Text {
                text,
                quick_replies,
            } => self.shows_text(text) && self.shows_replies(quick_replies),
            Content::Buttons { text, buttons } => {
                self.shows_text(text)
                    && (1..=self.buttons.at_most).contains(&buttons.len())
                    && buttons.iter().all(|button| self.shows_button(button))
            }
            Content::Cards { cards } => {
                !cards.is_empty() && cards.iter().all(|card| self.shows_card(card))
            }
            Content::List { items, button } => self.shows_list(items, button.as_ref()),
            Content::Media {
                kind, url, caption, ..
            } => {
                let caption = caption.as_deref().unwrap_or_default();
                self.media.kinds.contains(kind)
                    && is_web(url)
                    && (caption.is_empty() || (self.media.captions && self.fits(caption)))
            }
            Content::Location {
                latitude,
                longitude,
                ..
            } => {
                self.standalone.contains(&Standalone::Location)
                    && words::is_on_the_map(*latitude, *longitude)
            }
            Content::Postback { .. } => self.standalone.contains(&Standalone::Postback),
            Content::Intro {} => self.standalone.contains(&Standalone::Intro),
            Content::Unknown { .. } => self.standalone.contains(&Standalone::Unknown),
        }
    }

    fn fits(&self, text: &str) -> bool {
        fits(text, self.text_limit)
    }

    fn shows_text(&self, text: &str) -> bool {
        !text.trim().is_empty() && self.fits(text)
    }

    fn shows_title(&self, title: &str) -> bool {
        words::is_clean(title) && fits(title, self.title_limit)
    }

    fn shows_replies(&self, replies: &[QuickReply]) -> bool {
        let shows = |reply: &QuickReply| {
            self.shows_title(&reply.title) && reply.image_url.iter().all(|url| is_web(url))
        };
        replies.len() <= self.quick_replies && replies.iter().all(shows)
    }

    fn shows_button(&self, button: &Button) -> bool {
        let target = match button {
            Button::Postback { .. } => true,
            Button::Url { url, .. } => is_web(url),
            Button::Phone { phone_number, .. } => words::is_clean(phone_number),
        };
        target
            && self.shows_title(words::title(button))
            && self.buttons.kinds.contains(&ButtonKind::of(button))
    }

    fn shows_card(&self, card: &Card) -> bool {
        self.cards.is_some_and(|form| self.fits_card(card, form))
    }

    fn fits_card(&self, card: &Card, form: Cards) -> bool {
        self.shows_title(&card.title)
            && card.subtitle.iter().all(|text| self.fits(text))
            && (card.image_url.is_some() || !form.picture_needed)
            && card.image_url.iter().all(|url| is_web(url))
            && card.url.iter().all(|url| form.links && is_web(url))
            && card.buttons.len() <= form.buttons
            && card.buttons.iter().all(|button| self.shows_button(button))
    }

    fn shows_list(&self, items: &[Card], main: Option<&Button>) -> bool {
        let Some(form) = &self.list else { return false };
        let fits = |item: &Card| {
            self.fits_card(item, form.item)
                && (!form.item_buttons_needed || item.buttons.len() == form.item.buttons)
        };
        form.items.contains(&items.len())
            && (main.is_some() || !form.button_needed)
            && main.iter().all(|button| self.shows_button(button))
            && items.iter().all(fits)
    }
}

#[cfg(test)]
mod tests;
