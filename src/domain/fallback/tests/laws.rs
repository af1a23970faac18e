//! What holds for any content and any reader.

use proptest::{option, prelude::*};

use super::*;
use crate::domain::fallback::{split::split, words::clean};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_is_shown_within_what_can_be_shown_or_told(content in content(), able in able()) {
        match show(&content, &able) {
            Ok(Rendered { parts, choices }) => {
                prop_assert!((1..=MOST_PARTS).contains(&parts.len()));
                for part in &parts {
                    prop_assert!(able.shows(part), "{part:?}");
                }
                let words: String = parts.iter().map(|part| json!(part).to_string()).collect();
                for (at, choice) in choices.iter().enumerate() {
                    let line = json!(format!("{}. {}", at + 1, choice.title)).to_string();
                    let line = without_white_space(line.trim_matches('"'));
                    // A long list is cut between its lines, a long line between its words.
                    prop_assert!(parts.len() > 1 || without_white_space(&words).contains(&line), "{line}");
                }
            }
            Err(Unshowable::Kind | Unshowable::Link | Unshowable::Place) => {
                prop_assert_eq!(able.audience, Audience::User);
            }
            Err(Unshowable::TooLong) => prop_assert!(able.text_limit < 1000),
            Err(Unshowable::Nothing) => prop_assert!(is_empty(&content), "{content:?}"),
        }
    }

    #[test]
    fn nothing_is_left_out_in_silence(content in content(), able in able()) {
        if let Ok(shown) = show(&content, &able) {
            let seen: Vec<String> = shown.parts.iter().flat_map(|part| visible(part)).collect();
            let seen = bare(&seen.concat());
            for words in visible(&content) {
                prop_assert!(seen.contains(&bare(&words)), "{words:?} is not in {seen:?}");
            }
        }
    }

    #[test]
    fn the_parts_of_a_text_are_the_text(text in "(\\PC|[ \n]){0,200}", limit in 1_usize..50) {
        let parts = split(&text, limit);
        let mut rest = text.as_str();
        for part in &parts {
            prop_assert!(fits(part, limit) && !part.trim().is_empty());
            let (between, after) = rest.split_once(part).expect("in order");
            prop_assert!(between.trim().is_empty(), "{between:?}");
            let indented_by = between.rsplit('\n').next().map_or(0, |line| line.chars().count());
            prop_assert!(!between.contains('\n') || indented_by == 0 || indented_by >= limit, "{between:?}");
            rest = after;
        }
        prop_assert!(rest.trim().is_empty(), "{rest:?}");
    }

    #[test]
    fn the_parts_of_deliveries_are_the_whole_message(content in content(), able in able()) {
        if let Ok(shown) = show(&content, &able) {
            for (index, part) in shown.parts.iter().enumerate() {
                let part_of = Part { index, text_limit: able.text_limit };
                let other = Capabilities { text_limit: 7, ..able.clone() };
                prop_assert_eq!(&said(&content, Some(part_of), &other).unwrap(), &vec![part.clone()]);
            }
        }
    }
}

/// What is left when titles have been cleaned and texts cut.
fn bare(text: &str) -> String {
    without_white_space(&clean(text)).replace('…', "")
}

fn without_white_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What a reader sees of it, and the links that may go out.
fn visible(content: &Content) -> Vec<String> {
    let mut seen = Vec::new();
    match content {
        Content::Text {
            text,
            quick_replies,
        } => {
            seen.push(text.clone());
            seen.extend(quick_replies.iter().map(|reply| reply.title.clone()));
        }
        Content::Buttons { text, buttons } => {
            seen.push(text.clone());
            seen.extend(buttons.iter().flat_map(on_button));
        }
        Content::Cards { cards } => seen.extend(cards.iter().flat_map(on_card)),
        Content::List { items, button } => {
            seen.extend(items.iter().flat_map(on_card));
            seen.extend(button.iter().flat_map(on_button));
        }
        Content::Media { url, caption, .. } => {
            seen.extend(open(Some(url)));
            seen.extend(caption.clone());
        }
        Content::Location { label, .. } => seen.extend(label.clone()),
        Content::Postback { title, .. } => seen.push(title.clone()),
        Content::Intro {} | Content::Unknown { .. } => {}
    }
    seen
}

fn on_card(card: &Card) -> Vec<String> {
    let Card {
        title,
        subtitle,
        image_url,
        url,
        buttons,
    } = card;
    let words = std::iter::once(title).chain(subtitle).cloned();
    let links = open(image_url.as_ref())
        .into_iter()
        .chain(open(url.as_ref()));
    words
        .chain(links)
        .chain(buttons.iter().flat_map(on_button))
        .collect()
}

fn on_button(button: &Button) -> Vec<String> {
    match button {
        Button::Postback { title, .. } => vec![title.clone()],
        Button::Url { title, url } => std::iter::once(title.clone())
            .chain(open(Some(url)))
            .collect(),
        Button::Phone {
            title,
            phone_number,
        } => vec![title.clone(), phone_number.clone()],
    }
}

fn open(url: Option<&String>) -> Option<String> {
    url.filter(|url| is_web(url)).cloned()
}

/// Nothing that anybody could see.
fn is_empty(content: &Content) -> bool {
    match content {
        Content::Text {
            text,
            quick_replies,
        } => text.trim().is_empty() && quick_replies.is_empty(),
        Content::Buttons { text, buttons } => text.trim().is_empty() && buttons.is_empty(),
        Content::Cards { cards } => cards.is_empty(),
        Content::List { items, button } => items.is_empty() && button.is_none(),
        _ => false,
    }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9 .]{0,40}",
        2 => "(\\PC|\\s){0,20}",
        1 => any::<String>(),
        1 => "[a-z]{1,8}( [a-z]{1,8}){0,80}",
        1 => Just("\u{301}\u{202e}\0 \n".to_owned()),
    ]
}

fn link() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just("https://x.example/a".to_owned()),
        1 => Just("javascript:alert(1)".to_owned()),
        1 => words(),
    ]
}

fn payload() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        words().prop_map(Value::from),
        Just(json!({"d": [1]}))
    ]
}

fn button() -> impl Strategy<Value = Button> {
    prop_oneof![
        (words(), payload()).prop_map(|(title, payload)| Button::Postback { title, payload }),
        (words(), link()).prop_map(|(title, url)| Button::Url { title, url }),
        (words(), words()).prop_map(|(title, phone_number)| Button::Phone {
            title,
            phone_number
        }),
    ]
}

fn buttons() -> impl Strategy<Value = Vec<Button>> {
    prop::collection::vec(button(), 0..5)
}

fn card() -> impl Strategy<Value = Card> {
    (
        words(),
        option::of(words()),
        option::of(link()),
        option::of(link()),
        buttons(),
    )
        .prop_map(|(title, subtitle, image_url, url, buttons)| Card {
            title,
            subtitle,
            image_url,
            url,
            buttons,
        })
}

fn reply() -> impl Strategy<Value = QuickReply> {
    (words(), payload(), option::of(link())).prop_map(|(title, payload, image_url)| QuickReply {
        title,
        payload,
        image_url,
    })
}

fn kind() -> impl Strategy<Value = MediaKind> {
    prop::sample::select(vec![
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::File,
    ])
}

fn content() -> impl Strategy<Value = Content> {
    let cards = || prop::collection::vec(card(), 0..5);
    prop_oneof![
        (words(), prop::collection::vec(reply(), 0..5)).prop_map(|(text, quick_replies)| {
            Content::Text {
                text,
                quick_replies,
            }
        }),
        (words(), buttons()).prop_map(|(text, buttons)| Content::Buttons { text, buttons }),
        cards().prop_map(|cards| Content::Cards { cards }),
        (cards(), option::of(button())).prop_map(|(items, button)| Content::List { items, button }),
        (kind(), link(), option::of(words()), option::of(words())).prop_map(
            |(kind, url, name, caption)| Content::Media {
                kind,
                url,
                name,
                caption
            }
        ),
        (-200.0..200.0, any::<f64>(), option::of(words())).prop_map(
            |(latitude, longitude, label)| Content::Location {
                latitude,
                longitude,
                label
            }
        ),
        (words(), payload()).prop_map(|(title, payload)| Content::Postback { title, payload }),
        Just(Content::Intro {}),
        payload().prop_map(|raw| Content::Unknown { raw }),
    ]
}

fn cards() -> impl Strategy<Value = Cards> {
    (any::<bool>(), any::<bool>(), 0_usize..4).prop_map(|(picture_needed, links, buttons)| Cards {
        picture_needed,
        links,
        buttons,
    })
}

fn list() -> impl Strategy<Value = List> {
    (
        0_usize..3,
        0_usize..5,
        any::<bool>(),
        cards(),
        any::<bool>(),
    )
        .prop_map(
            |(least, more, button_needed, item, item_buttons_needed)| List {
                items: least..=least + more,
                button_needed,
                item,
                item_buttons_needed,
            },
        )
}

/// Some of a few, kept for the rest of the run, as a declaration would be.
fn some<T: Copy + std::fmt::Debug + 'static>(
    all: &'static [T],
) -> impl Strategy<Value = &'static [T]> {
    prop::sample::subsequence(all.to_vec(), 0..=all.len()).prop_map(|some| &*some.leak())
}

fn able() -> impl Strategy<Value = Capabilities> {
    const MEDIA: &[MediaKind] = &[
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::File,
    ];
    const BUTTONS: &[ButtonKind] = &[ButtonKind::Postback, ButtonKind::Url, ButtonKind::Phone];
    const STANDALONE: &[Standalone] = &[
        Standalone::Location,
        Standalone::Postback,
        Standalone::Intro,
        Standalone::Unknown,
    ];
    let audience = prop::sample::select(vec![Audience::User, Audience::Agent]);
    let limits = (
        prop_oneof![1_usize..40, Just(1000), Just(usize::MAX)],
        0_usize..30,
        0_usize..5,
    );
    (
        (audience, limits, any::<bool>()),
        (some(BUTTONS), 0_usize..4),
        (option::of(cards()), option::of(list())),
        (some(MEDIA), any::<bool>(), some(STANDALONE)),
    )
        .prop_map(
            |((audience, limits, one_call), (kinds, at_most), (cards, list), others)| {
                let (text_limit, title_limit, quick_replies) = limits;
                let (media, captions, standalone) = others;
                Capabilities {
                    audience,
                    text_limit,
                    title_limit,
                    quick_replies,
                    buttons: Buttons { kinds, at_most },
                    cards,
                    list,
                    media: Media {
                        kinds: media,
                        captions,
                    },
                    standalone,
                    one_call,
                }
            },
        )
}
