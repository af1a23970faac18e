//! Files that users send, of which a platform tells the address alone.

use url::Url;

use crate::domain::{
    fallback::web_address,
    message::{Content, MediaKind},
};

/// The kind and the name are what the end of the path says. None: it is no address that may be shown.
pub(super) fn at(url: &str) -> Option<Content> {
    let url = web_address(url)?;
    let path = Url::parse(&url)
        .ok()
        .map(|url| url.path().to_owned())
        .unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    let decode = |name: &str| {
        percent_encoding::percent_decode_str(name)
            .decode_utf8_lossy()
            .into_owned()
    };
    let extension = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.to_ascii_lowercase());
    let kind = match extension.as_deref() {
        Some("png" | "jpg" | "jpeg" | "gif" | "webp" | "heic") => MediaKind::Image,
        Some("mp4" | "mov" | "webm") => MediaKind::Video,
        Some("mp3" | "ogg" | "oga" | "wav" | "m4a" | "aac") => MediaKind::Audio,
        _ => MediaKind::File,
    };
    Some(Content::Media {
        kind,
        name: name.map(decode),
        caption: None,
        url,
    })
}
