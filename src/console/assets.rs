//! The files that pages need, compiled in. Their address carries a hash of all of them, so a browser keeps each for good
//! and still never shows an old one, nor scripts of two versions beside each other.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::state::State;

const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

const ASSETS: &[Asset] = &[
    Asset::css("tokens.css", include_bytes!("../assets/tokens.css")),
    Asset::css("app.css", include_bytes!("assets/app.css")),
    Asset::script("theme.js", include_bytes!("../assets/theme.js")),
    Asset::script("dom.js", include_bytes!("assets/dom.js")),
    Asset::script("words.js", include_bytes!("assets/words.js")),
    Asset::script("keep.js", include_bytes!("assets/keep.js")),
    Asset::script("parts.js", include_bytes!("assets/parts.js")),
    Asset::script("transcript.js", include_bytes!("assets/transcript.js")),
    Asset::script("long.js", include_bytes!("assets/long.js")),
    Asset::script("older.js", include_bytes!("assets/older.js")),
    Asset::script("list.js", include_bytes!("assets/list.js")),
    Asset::script("lost.js", include_bytes!("assets/lost.js")),
    Asset::script("foot.js", include_bytes!("assets/foot.js")),
    Asset::script("fetch.js", include_bytes!("assets/fetch.js")),
    Asset::script("watch.js", include_bytes!("assets/watch.js")),
    Asset::script("post.js", include_bytes!("assets/post.js")),
    Asset::script("fault.js", include_bytes!("assets/fault.js")),
    Asset::script("acts.js", include_bytes!("assets/acts.js")),
    Asset::script("pace.js", include_bytes!("assets/pace.js")),
    Asset::script("stream.js", include_bytes!("assets/stream.js")),
    Asset::script("live.js", include_bytes!("assets/live.js")),
    Asset::script("unsent.js", include_bytes!("assets/unsent.js")),
    Asset::script("owed.js", include_bytes!("assets/owed.js")),
    Asset::script("go.js", include_bytes!("assets/go.js")),
    Asset::script("away.js", include_bytes!("assets/away.js")),
    Asset::script("write.js", include_bytes!("assets/write.js")),
    Asset::script("times.js", include_bytes!("assets/times.js")),
    Asset::script("left.js", include_bytes!("assets/left.js")),
    Asset::script("keys.js", include_bytes!("assets/keys.js")),
    Asset::script("aloud.js", include_bytes!("assets/aloud.js")),
    Asset::script("sound.js", include_bytes!("assets/sound.js")),
    Asset::script("media.js", include_bytes!("assets/media.js")),
    Asset::svg("mark.svg", include_bytes!("../assets/mark.svg")),
];

const VERSION: u64 = version();

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/assets/{version}/{name}", get(serve))
}

/// Where a page finds the file of this name. A script finds the others beside it.
pub(super) fn href(name: &str) -> String {
    format!("/console/assets/{VERSION:016x}/{name}")
}

async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A page of another version of the bridge names another hash: what it gets must not be kept under it.
    let is_current = version == format!("{VERSION:016x}");
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

struct Asset {
    name: &'static str,
    media_type: &'static str,
    body: &'static [u8],
}

impl Asset {
    const fn css(name: &'static str, body: &'static [u8]) -> Self {
        let media_type = "text/css; charset=utf-8";
        Self {
            name,
            media_type,
            body,
        }
    }

    const fn script(name: &'static str, body: &'static [u8]) -> Self {
        let media_type = "text/javascript; charset=utf-8";
        Self {
            name,
            media_type,
            body,
        }
    }

    const fn svg(name: &'static str, body: &'static [u8]) -> Self {
        let media_type = "image/svg+xml";
        Self {
            name,
            media_type,
            body,
        }
    }
}

const fn version() -> u64 {
    let mut assets = ASSETS;
    let mut version = EMPTY;
    while let [asset, rest @ ..] = assets {
        version = hash(version, asset.body);
        assets = rest;
    }
    version
}

const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, because it can be had at compile time. It only has to tell our own files apart.
const fn hash(mut hash: u64, mut bytes: &[u8]) -> u64 {
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
        let (_, name) = address.split_once('/').unwrap();
        assert!(is_embedded(name), "{name} is not embedded");
        assert_eq!(href(name), format!("/console/assets/{address}"));
        named += 1;
    }
    assert!(named > 0, "the page names no file at all");
}

#[cfg(test)]
fn is_embedded(name: &str) -> bool {
    ASSETS.iter().any(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get_of(name: &str, version: &str) -> Response {
        serve(Path((version.to_owned(), name.to_owned()))).await
    }

    #[tokio::test]
    async fn what_is_asked_for_by_its_hash_is_kept_for_good() {
        let answer = get_of("app.css", &format!("{VERSION:016x}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], FOR_GOOD);
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
    }

    #[tokio::test]
    async fn another_hash_is_answered_and_not_kept() {
        let answer = get_of("app.css", "0000000000000000").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], ASK_AGAIN);
    }

    #[tokio::test]
    async fn only_what_is_embedded_is_found() {
        let answer = get_of("../assets.rs", "0000000000000000").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn whatever_a_script_imports_is_embedded() {
        let mut imported = 0;
        for asset in ASSETS {
            let text = std::str::from_utf8(asset.body).unwrap();
            for rest in text.split("from \"./").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(is_embedded(name), "{} imports {name}", asset.name);
                imported += 1;
            }
        }
        assert!(imported > 0);
    }

    #[test]
    fn files_that_differ_in_one_byte_have_other_addresses() {
        let of = |bytes: &[u8]| hash(EMPTY, bytes);
        assert_ne!(of(b"a { color: red }"), of(b"a { color: rev }"));
        assert_eq!(of(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
