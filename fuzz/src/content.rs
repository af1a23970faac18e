//! Whatever can be said, as [`Content`].

use arbitrary::{Arbitrary, Result, Unstructured};
use handover_bridge::domain::{
    fallback::{Capabilities, Cards, List, Media},
    message::{Button, Card, Content, MediaKind, QuickReply},
};

use crate::Json;

/// A content of any kind.
#[derive(Clone, Debug)]
pub struct Spoken(pub Content);

/// A text: any, or words again and again, or what marks and joins.
#[derive(Clone, Debug)]
pub struct Words(pub String);

/// What a messenger with cards shows its users: most of everything, each with a catch.
pub fn messenger(text_limit: usize) -> Capabilities {
    let card = Cards {
        picture_needed: true,
        links: false,
        buttons: 3,
    };
    Capabilities {
        text_limit,
        title_limit: 80,
        cards: Some(card),
        list: Some(List {
            items: 2..=4,
            button_needed: true,
            item: Cards { buttons: 1, ..card },
            item_buttons_needed: true,
        }),
        media: Media {
            kinds: &[MediaKind::Image, MediaKind::Video],
            captions: false,
        },
        standalone: &[],
        ..Capabilities::EVERY_USER
    }
}

const MOST: usize = 4;
const LONGEST: usize = 60;

impl<'a> Arbitrary<'a> for Words {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        const PIECES: [&str; 12] = [
            "word ",
            ". ",
            "\n\n",
            "\n",
            "\u{301}",
            "\u{200d}",
            "👩‍👩‍👧",
            "🇳🇱",
            "。",
            "\r\n",
            "\u{202e}",
            "\u{feff}",
        ];
        Ok(Self(match input.int_in_range(0..=3)? {
            0 => String::new(),
            1 => input.arbitrary()?,
            2 => input
                .choose(&PIECES)?
                .repeat(input.int_in_range(1..=LONGEST)?),
            _ => {
                let length = input.int_in_range(1..=12)?;
                let pieces = (0..length).map(|_| {
                    let times = input.int_in_range(1..=20)?;
                    Ok(input.choose(&PIECES)?.repeat(times))
                });
                pieces.collect::<Result<Vec<_>>>()?.concat()
            }
        }))
    }
}

impl<'a> Arbitrary<'a> for Spoken {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match input.int_in_range(0..=8)? {
            0 => Content::Text {
                text: words(input)?,
                quick_replies: several(input, reply)?,
            },
            1 => Content::Buttons {
                text: words(input)?,
                buttons: several(input, button)?,
            },
            2 => Content::Cards {
                cards: several(input, card)?,
            },
            3 => Content::List {
                items: several(input, card)?,
                button: maybe(input, button)?,
            },
            4 => Content::Media {
                kind: *input.choose(&[
                    MediaKind::Image,
                    MediaKind::Video,
                    MediaKind::Audio,
                    MediaKind::File,
                ])?,
                url: link(input)?,
                name: maybe(input, words)?,
                caption: maybe(input, words)?,
            },
            5 => Content::Location {
                latitude: input.arbitrary()?,
                longitude: input.arbitrary()?,
                label: maybe(input, words)?,
            },
            6 => Content::Postback {
                title: words(input)?,
                payload: input.arbitrary::<Json>()?.0,
            },
            7 => Content::Intro {},
            _ => Content::Unknown {
                raw: input.arbitrary::<Json>()?.0,
            },
        }))
    }
}

fn reply(input: &mut Unstructured<'_>) -> Result<QuickReply> {
    Ok(QuickReply {
        title: words(input)?,
        payload: input.arbitrary::<Json>()?.0,
        image_url: maybe(input, link)?,
    })
}

fn button(input: &mut Unstructured<'_>) -> Result<Button> {
    let title = words(input)?;
    Ok(match input.int_in_range(0..=2)? {
        0 => Button::Postback {
            title,
            payload: input.arbitrary::<Json>()?.0,
        },
        1 => Button::Url {
            title,
            url: link(input)?,
        },
        _ => Button::Phone {
            title,
            phone_number: words(input)?,
        },
    })
}

fn card(input: &mut Unstructured<'_>) -> Result<Card> {
    Ok(Card {
        title: words(input)?,
        subtitle: maybe(input, words)?,
        image_url: maybe(input, link)?,
        url: maybe(input, link)?,
        buttons: several(input, button)?,
    })
}

fn link(input: &mut Unstructured<'_>) -> Result<String> {
    let web = input.ratio(3, 4)?;
    let any: String = input.arbitrary()?;
    Ok(if web {
        format!("https://x.example/{any}")
    } else {
        any
    })
}

fn words(input: &mut Unstructured<'_>) -> Result<String> {
    input.arbitrary::<Words>().map(|words| words.0)
}

fn maybe<T>(
    input: &mut Unstructured<'_>,
    make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Option<T>> {
    input.arbitrary::<bool>()?.then(|| make(input)).transpose()
}

fn several<T>(
    input: &mut Unstructured<'_>,
    make: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let length = input.int_in_range(0..=MOST)?;
    (0..length).map(|_| make(input)).collect()
}
