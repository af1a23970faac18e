//! What was said, as the user saw it. Nothing of it is loaded: pictures and files are links, and a script may show a
//! picture in its place to who asks for it.

use maud::{Markup, html};
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use super::taken::Answer;
use crate::{
    console::{icons::icon, texts},
    domain::message::{Button, Card, Content, MediaKind, QuickReply},
};

/// More of them are a text.
const MOST_PICTURES: usize = 6;
/// So much of the name of a file is always shown.
const END_STAYS: usize = 10;

/// `language`: of its own words, where it is known. `answer`: what the user said next, which may be one of its choices.
pub(super) fn content(
    content: &Content,
    language: Option<&str>,
    answer: Option<&Content>,
) -> Markup {
    let answer = Answer::to(content, answer);
    match content {
        Content::Text {
            text,
            quick_replies,
        } => html! {
            @if text.trim().is_empty() {
                div.bubble.quiet { (texts::ONLY_SPACES) }
            } @else {
                div.bubble .bubble--big[is_emoji(text)] dir="auto" lang=[language] { (text) }
            }
            @if !quick_replies.is_empty() {
                ul.choices aria-label=(texts::QUICK_REPLIES) {
                    @for reply in quick_replies { (one_reply(reply, answer.is_reply(reply))) }
                }
            }
        },
        Content::Buttons { text, buttons } => html! {
            div.offer role="group" aria-label=(texts::BUTTONS) {
                div.bubble dir="auto" { (text) }
                @for button in buttons { (one_button(button, answer)) }
            }
        },
        Content::Cards { cards } => html! {
            div.cards.scroller tabindex="0" role="group" aria-label=(texts::CARDS) {
                @for card in cards { (one_card(card, answer)) }
            }
        },
        Content::List { items, button } => html! {
            div.offer role="group" aria-label=(texts::LIST_OF_ITEMS) {
                @for item in items {
                    div.offer__item { b dir="auto" { (item.title) } @if let Some(subtitle) = &item.subtitle { span dir="auto" { (subtitle) } } }
                    @for button in &item.buttons { (one_button(button, answer)) }
                }
                @if let Some(button) = button { (one_button(button, answer)) }
            }
        },
        Content::Media {
            kind,
            url,
            name,
            caption,
        } => media(*kind, url, name.as_deref(), caption.as_deref()),
        Content::Location {
            latitude,
            longitude,
            label,
        } => html! {
            div.media { div.media__name {
                (icon("pin"))
                div { span dir="auto" { (label.as_deref().unwrap_or(texts::PLACE)) } p.num { (latitude) ", " (longitude) } }
                (link(&map(*latitude, *longitude), texts::OPEN_MAP))
            } }
        },
        Content::Postback { title, .. } => html! {
            div.bubble.bubble--tap dir="auto" { (icon("tap")) span { span.sr { (texts::CHOSE) } (title) } }
        },
        Content::Intro {} => html! { div.bubble { (texts::OPENED) } },
        Content::Unknown { raw } => html! {
            details.raw { summary { (texts::UNKNOWN_KIND) } pre { (raw) } }
        },
    }
}

/// A few pictures without words.
fn is_emoji(text: &str) -> bool {
    let is_picture = |char| matches!(char, '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    // What joins or colours them, and the spaces between.
    let goes_with = |char| {
        matches!(
            char,
            ' ' | '\u{200d}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}'
        )
    };
    let mut pictures = text
        .graphemes(true)
        .filter(|part| part.contains(is_picture));
    pictures.next().is_some()
        && pictures.count() < MOST_PICTURES
        && text.chars().all(|char| is_picture(char) || goes_with(char))
}

fn one_reply(reply: &QuickReply, is_taken: bool) -> Markup {
    html! {
        li.choice .choice--taken[is_taken] dir="auto" {
            @if is_taken { (icon("check")) }
            (reply.title)
            @if is_taken { (chosen()) }
        }
    }
}

fn chosen() -> Markup {
    html! { span.sr { (texts::CHOSEN) } }
}

fn one_card(card: &Card, answer: Answer<'_>) -> Markup {
    html! {
        div.card {
            div.card__text {
                b dir="auto" { (card.title) }
                @if let Some(subtitle) = &card.subtitle { p dir="auto" { (subtitle) } }
                @if let Some(picture) = &card.image_url { p { (link(picture, texts::PICTURE)) } }
            }
            @if let Some(url) = &card.url { div.offer__do { (link(url, url)) } }
            @for button in &card.buttons { (one_button(button, answer)) }
        }
    }
}

fn one_button(button: &Button, answer: Answer<'_>) -> Markup {
    let is_taken = answer.is_button(button);
    html! {
        div.offer__do .offer__do--taken[is_taken] {
            @match button {
                Button::Postback { title, .. } => {
                    (icon("tap")) span.clip dir="auto" { (title) }
                    @if is_taken { (icon("check")) (chosen()) }
                },
                Button::Url { title, url } => { (icon("out")) (link(url, title)) },
                Button::Phone { title, phone_number } => { (icon("phone")) span.clip dir="auto" { (title) " · " (phone_number) } },
            }
        }
    }
}

fn media(kind: MediaKind, url: &str, name: Option<&str>, caption: Option<&str>) -> Markup {
    let (picture, word) = match kind {
        MediaKind::Image => ("image", texts::IMAGE),
        MediaKind::Video => ("image", texts::VIDEO),
        MediaKind::Audio => ("file", texts::AUDIO),
        MediaKind::File => ("file", texts::FILE),
    };
    let from = Url::parse(url).ok();
    let from = from.as_ref().and_then(Url::host_str);
    let shown = (kind == MediaKind::Image && url.starts_with("https://")).then_some(url);
    html! {
        div.media data-picture=[shown] { div.media__name {
            (icon(picture))
            div {
                b.whole dir="auto" { (with_its_end(name.or(caption).unwrap_or(word))) }
                p { (word) @if let Some(from) = from { (texts::FROM) (from) } }
            }
            (link(url, texts::OPEN))
        } }
        @if let Some(caption) = caption.filter(|_| name.is_some()) { div.bubble dir="auto" { (caption) } }
    }
}

/// The start of a name gives way where there is no room, and the end stays, which says what kind of file it is.
fn with_its_end(name: &str) -> Markup {
    let signs: Vec<&str> = name.graphemes(true).collect();
    let Some(start) = signs
        .len()
        .checked_sub(END_STAYS)
        .filter(|start| *start > 0)
    else {
        return html! { (name) };
    };
    let (start, end) = signs.split_at(start);
    html! { span.clip { (start.concat()) } span { (end.concat()) } }
}

/// A way out to http or https; any other address is shown and leads nowhere.
fn link(url: &str, words: &str) -> Markup {
    let leads = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    html! {
        @if leads {
            a href=(url) target="_blank" rel="noopener noreferrer" dir="auto" { (words) }
        } @else {
            span dir="auto" { (words) @if words != url { " (" (url) ")" } }
        }
    }
}

fn map(latitude: f64, longitude: f64) -> String {
    format!("https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> String {
        content(&serde_json::from_value(value).unwrap(), Some("nl"), None).into_string()
    }

    #[test]
    fn a_few_pictures_alone_are_large() {
        for large in ["👍", "❤️", "👩‍👩‍👧 🎉", "👍🏽"] {
            assert!(is_emoji(large), "{large}");
        }
        for words in ["", " ", "ok 👍", "3", "?!", "👍👍👍👍👍👍👍", "\u{fe0f}"] {
            assert!(!is_emoji(words), "{words}");
        }
    }

    #[test]
    fn the_end_of_the_name_of_a_file_stays_in_sight() {
        let named = |name: &str| with_its_end(name).into_string();
        assert_eq!(named("label.pdf"), "label.pdf");
        let long = named("0123456789abcdef.pdf");
        let parts = r#"<span class="clip">0123456789</span><span>abcdef.pdf</span>"#;
        assert_eq!(long, parts);
    }

    #[test]
    fn a_message_of_spaces_is_no_empty_one() {
        let page = read(json!({"type": "text", "text": " \n "}));
        assert!(page.contains(texts::ONLY_SPACES), "{page}");
    }

    #[test]
    fn whatever_is_said_is_text_in_every_field() {
        for hostile in [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "</div></li></ol><svg/onload=alert(1)>",
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "&lt;b&gt;\u{202e}\0",
        ] {
            let button = json!({"type": "url", "title": hostile, "url": hostile});
            let phone = json!({"type": "phone", "title": hostile, "phone_number": hostile});
            let card = json!({"title": hostile, "subtitle": hostile, "image_url": hostile, "url": hostile, "buttons": [button, phone]});
            for value in [
                json!({"type": "text", "text": hostile, "quick_replies": [{"title": hostile}]}),
                json!({"type": "buttons", "text": hostile, "buttons": [button]}),
                json!({"type": "cards", "cards": [card]}),
                json!({"type": "list", "items": [card], "button": button}),
                json!({"type": "media", "kind": "image", "url": hostile, "name": hostile, "caption": hostile}),
                json!({"type": "location", "latitude": 1.0, "longitude": 2.0, "label": hostile}),
                json!({"type": "postback", "title": hostile}),
                json!({"type": "unknown", "raw": {"any": hostile}}),
            ] {
                let page = read(value);
                for sign in [
                    "<script",
                    "<img",
                    "<svg/onload",
                    "href=\"javascript",
                    "href=\"data",
                ] {
                    assert!(!page.contains(sign), "{page}");
                }
            }
        }
    }

    #[test]
    fn only_the_web_is_linked_to_and_nothing_is_loaded() {
        let page =
            read(json!({"type": "media", "kind": "image", "url": "https://a.example/b.png"}));
        assert!(page.contains(
            r#"href="https://a.example/b.png" target="_blank" rel="noopener noreferrer""#
        ));
        assert!(!page.contains("src="));
        let ftp = read(json!({"type": "media", "kind": "file", "url": "ftp://a.example/b"}));
        assert!(!ftp.contains("href=\"ftp"));
    }
}
