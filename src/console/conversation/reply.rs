//! An agent's answer, out of what was typed.

use url::Url;

use crate::{
    console::texts,
    domain::message::{Content, MediaKind, QuickReply},
};

/// Of a text, in characters.
pub(super) const LONGEST: usize = 4000;
const MOST_REPLIES: usize = 13;

/// What is to be said, or what is wrong with it.
pub(super) fn said((text, replies, file): (&str, &str, &str)) -> Result<Content, &'static str> {
    let (text, file) = (text.trim(), file.trim());
    if text.chars().count() > LONGEST {
        return Err(texts::TOO_LONG_OR_EMPTY);
    }
    if !file.is_empty() {
        return attachment(file, text);
    }
    if text.is_empty() {
        return Err(texts::TOO_LONG_OR_EMPTY);
    }
    let titles: Vec<&str> = replies
        .lines()
        .map(str::trim)
        .filter(|title| !title.is_empty())
        .collect();
    if titles.len() > MOST_REPLIES {
        return Err(texts::TOO_MANY_REPLIES);
    }
    let quick_replies = titles.into_iter().map(|title| QuickReply {
        title: title.to_owned(),
        payload: serde_json::Value::Null,
        image_url: None,
    });
    Ok(Content::Text {
        text: text.to_owned(),
        quick_replies: quick_replies.collect(),
    })
}

fn attachment(address: &str, caption: &str) -> Result<Content, &'static str> {
    let url = Url::parse(address).map_err(|_| texts::NOT_AN_ADDRESS)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(texts::NOT_AN_ADDRESS);
    }
    let name = url.path_segments().and_then(Iterator::last).unwrap_or("");
    let ends = |endings: &[&str]| {
        let name = name.to_ascii_lowercase();
        endings.iter().any(|ending| name.ends_with(ending))
    };
    let kind = if ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp"]) {
        MediaKind::Image
    } else {
        MediaKind::File
    };
    Ok(Content::Media {
        kind,
        name: (!name.is_empty()).then(|| name.to_owned()),
        caption: (!caption.is_empty()).then(|| caption.to_owned()),
        url: address.to_owned(),
    })
}
