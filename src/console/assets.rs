//! The files that pages need, compiled in. Their address carries a hash of what is in them, so a browser keeps each for
//! good and still never shows an old one.

use axum::{
    Router,
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use super::state::State;

const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

const ASSETS: &[Asset] = &[
    Asset::css("tokens.css", include_bytes!("../assets/tokens.css")),
    Asset::css("app.css", include_bytes!("assets/app.css")),
    Asset::script("theme.js", include_bytes!("../assets/theme.js")),
    Asset::script("live.js", include_bytes!("assets/live.js")),
    Asset::script("write.js", include_bytes!("assets/write.js")),
    Asset::script("keys.js", include_bytes!("assets/keys.js")),
    Asset::script("sound.js", include_bytes!("assets/sound.js")),
    Asset::script("media.js", include_bytes!("assets/media.js")),
    Asset::svg("mark.svg", include_bytes!("../assets/mark.svg")),
];

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/assets/{name}", get(serve))
}

/// Where a page finds the file of this name.
pub(super) fn href(name: &str) -> String {
    let version = find(name).map_or(0, |asset| asset.version);
    format!("/console/assets/{name}?v={version:016x}")
}

#[derive(Deserialize)]
struct Wanted {
    v: Option<String>,
}

async fn serve(Path(name): Path<String>, Query(wanted): Query<Wanted>) -> Response {
    let Some(asset) = find(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A page of another version of the bridge may name another hash: what it gets must not be kept under it.
    let is_current = wanted.v.as_deref() == Some(&format!("{:016x}", asset.version));
    let keep = if is_current { FOR_GOOD } else { ASK_AGAIN };
    (
        [
            (header::CONTENT_TYPE, asset.media_type),
            (header::CACHE_CONTROL, keep),
        ],
        asset.body,
    )
        .into_response()
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

struct Asset {
    name: &'static str,
    media_type: &'static str,
    body: &'static [u8],
    version: u64,
}

impl Asset {
    const fn css(name: &'static str, body: &'static [u8]) -> Self {
        Self::new(name, "text/css; charset=utf-8", body)
    }

    const fn script(name: &'static str, body: &'static [u8]) -> Self {
        Self::new(name, "text/javascript; charset=utf-8", body)
    }

    const fn svg(name: &'static str, body: &'static [u8]) -> Self {
        Self::new(name, "image/svg+xml", body)
    }

    const fn new(name: &'static str, media_type: &'static str, body: &'static [u8]) -> Self {
        Self {
            name,
            media_type,
            body,
            version: hash(body),
        }
    }
}

/// FNV-1a, because it can be had at compile time. It only has to tell our own files apart.
const fn hash(mut bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while let [byte, rest @ ..] = bytes {
        hash ^= u64::from_le_bytes([*byte, 0, 0, 0, 0, 0, 0, 0]);
        hash = hash.wrapping_mul(0x0100_0000_01b3);
        bytes = rest;
    }
    hash
}

/// Whether each file of ours that this page names is there, under the address that it has now.
#[cfg(test)]
pub(super) fn assert_all_there(page: &str) {
    let mut named = 0;
    for rest in page.split("/console/assets/").skip(1) {
        let address = rest.split('"').next().unwrap();
        let name = address.split('?').next().unwrap();
        assert!(find(name).is_some(), "{name} is not embedded");
        assert_eq!(href(name), format!("/console/assets/{address}"));
        named += 1;
    }
    assert!(named > 0, "the page names no file at all");
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get_of(name: &str, v: Option<&str>) -> Response {
        let wanted = Wanted {
            v: v.map(str::to_owned),
        };
        serve(Path(name.to_owned()), Query(wanted)).await
    }

    #[tokio::test]
    async fn what_is_asked_for_by_its_hash_is_kept_for_good() {
        let address = href("app.css");
        let (_, version) = address.split_once("?v=").unwrap();
        let answer = get_of("app.css", Some(version)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], FOR_GOOD);
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
    }

    #[tokio::test]
    async fn another_hash_is_answered_and_not_kept() {
        for version in [None, Some("0000000000000000")] {
            let answer = get_of("app.css", version).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], ASK_AGAIN);
        }
    }

    #[tokio::test]
    async fn only_what_is_embedded_is_found() {
        let answer = get_of("../assets.rs", None).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn files_that_differ_in_one_byte_have_other_addresses() {
        assert_ne!(hash(b"a { color: red }"), hash(b"a { color: rev }"));
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
