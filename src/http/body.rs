//! Bodies are bounded in size, time and depth before anything parses them.
//!
//! Invariants: never more than [`Limits::max`] bytes of one body are kept, whether the length was announced or it came in
//! chunks, and never more of all together than their gate has room for; nor is more parsed than it has room for, which
//! goes by the number of values; a compressed body is refused, never inflated; depth is counted without recursion; what is
//! parsed is [mended](json::mend) before.

mod growing;

use std::{ops::Deref, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::BodyExt as _;
use memchr::memchr2_iter;

use self::growing::Growing;
use super::{
    problem::{Kind, Problem, Result},
    shed::{BodyPermit, Capacity, Gate},
};
use crate::domain::json;

/// How much of a body is taken, and for how long the sender may take over it.
#[derive(Clone, Debug)]
pub struct Limits {
    pub max: usize,
    /// How many JSON values it may hold.
    pub values: usize,
    pub within: Duration,
    /// What all bodies of a kind share.
    pub gate: Gate,
}

/// A whole body. It takes up room behind its gate until it is dropped.
#[derive(Debug)]
pub struct Buffered {
    bytes: Bytes,
    values: usize,
    _room: BodyPermit,
}

/// Learns something of a body that there is no room to keep.
pub trait Skim: Send {
    fn piece(&mut self, bytes: &[u8]);
}

/// The JSON is nested deeper than [`MAX_DEPTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nested deeper than {MAX_DEPTH} levels")]
pub struct TooDeep;

/// A bot hook, before the event's name is known.
pub const BOT_HOOK_MAX: usize = 4 << 20;
/// Everything else, and what users and bots say once it is known to be that: Chatlayer's `messages` event, and
/// Certainly's webhook of messages, which has an address of its own.
pub const DEFAULT_MAX: usize = 1 << 20;
/// A body may hold one value for each so many bytes that it might have: double what people's messages hold, in the words
/// of any vendor.
pub const BYTES_TO_A_VALUE: usize = 16;
/// How many arrays and objects may stand inside one another.
pub const MAX_DEPTH: usize = 64;
/// How long a sender may take over a body.
pub const SENT_WITHIN: Duration = Duration::from_secs(15);

/// Reads a whole body. Without room for it the rest is not waited for.
pub async fn read(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Buffered> {
    let sent = read_as_sent(headers, body, limits).await?;
    Ok(sent.mended())
}

/// As [`read`], for who has to look at the very bytes first: a signature is over those.
pub async fn read_as_sent(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Buffered> {
    let kept = read_with(headers, body, &limits, None).await?;
    kept.ok_or_else(|| limits.gate.shed())
}

/// Reads a whole body, or shows it to `skim` from its first byte to its last if there is no room for it.
pub async fn read_or_skim(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
    skim: &mut dyn Skim,
) -> Result<Option<Buffered>> {
    let sent = read_with(headers, body, limits, Some(skim)).await?;
    Ok(sent.map(Buffered::mended))
}

/// Reads a whole body that must say it is JSON, as our own APIs ask. Hooks do not: vendors promise no type.
pub async fn read_json(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Buffered> {
    require_json(headers)?;
    let bytes = read(headers, body, limits).await?;
    check_depth(&bytes).map_err(|_| too_deep())?;
    Ok(bytes)
}

pub fn require_json(headers: &HeaderMap) -> Result<()> {
    if is_json(headers) {
        Ok(())
    } else {
        Err(Problem::from(Kind::UnsupportedMediaType)
            .detail("the content type must be application/json"))
    }
}

/// Counts open brackets outside strings. Text that is not JSON at all is left to the parser to refuse.
pub fn check_depth(text: &[u8]) -> std::result::Result<(), TooDeep> {
    // Nothing lies deeper than it has brackets, and most bodies have few.
    if memchr2_iter(b'{', b'[', text).nth(MAX_DEPTH).is_none() {
        return Ok(());
    }
    let mut depth = 0_usize;
    for byte in json::outside_strings(text) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

pub fn too_deep() -> Problem {
    Problem::from(Kind::Malformed).detail("the JSON is nested too deeply")
}

async fn read_with(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
    skim: Option<&mut dyn Skim>,
) -> Result<Option<Buffered>> {
    refuse_encoded(headers)?;
    tokio::time::timeout(limits.within, collect(body, limits, skim))
        .await
        .map_err(|_| Kind::TooSlow)?
}

/// Keeps at most `max` bytes. As much again is read and thrown away, so that a sender that is only a little over the
/// limit reads its 413 rather than a reset connection.
async fn collect(
    mut body: Body,
    limits: &Limits,
    mut skim: Option<&mut dyn Skim>,
) -> Result<Option<Buffered>> {
    let max = limits.max;
    let mut kept = Some((Growing::default(), limits.gate.room()));
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::from(Kind::Malformed).detail("the body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen > max.saturating_mul(2) {
            break;
        }
        if seen > max {
            kept = None;
            continue;
        }
        if let Some((bytes, room)) = &mut kept
            && room.grow(data.len())
        {
            bytes.push(&data);
            continue;
        }
        let Some(skim) = &mut skim else {
            return Ok(None);
        };
        if let Some((bytes, _)) = kept.take() {
            bytes.pieces().for_each(|piece| skim.piece(piece));
        }
        skim.piece(&data);
    }
    if seen > max {
        return Err(Kind::TooLarge.into());
    }
    let Some((bytes, mut room)) = kept else {
        return Ok(None);
    };
    let bytes = bytes.whole();
    let values = match json::values(&bytes, limits.values) {
        Some(values) => values,
        // Nobody parses it, and what is wrong with it is that.
        None if check_depth(&bytes).is_err() => 0,
        None => return Err(too_many_values()),
    };
    if room.hold(values) {
        return Ok(Some(Buffered {
            bytes,
            values,
            _room: room,
        }));
    }
    if let Some(skim) = skim {
        skim.piece(&bytes);
    }
    Ok(None)
}

fn too_many_values() -> Problem {
    Problem::from(Kind::TooLarge).detail("the JSON holds too many values")
}

fn refuse_encoded(headers: &HeaderMap) -> Result<()> {
    let identity = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|value| {
            value
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(b"identity")
        });
    if identity {
        Ok(())
    } else {
        Err(Problem::from(Kind::UnsupportedMediaType).detail("the body must not be compressed"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = only.to_str() else {
        return false;
    };
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

impl Limits {
    /// For a call that passes no gate: it has room of its own.
    pub fn of_one(max: usize, within: Duration) -> Self {
        let room = Capacity {
            requests: 1,
            body_bytes: max,
            values: max,
        };
        Self {
            max,
            values: max,
            within,
            gate: Gate::new(room),
        }
    }
}

impl Buffered {
    /// Takes up its room behind this gate from now on, if there is any.
    pub fn pass(self, gate: &Gate) -> Option<Self> {
        let mut room = gate.room();
        let fits = room.grow(self.len()) && room.hold(self.values);
        fits.then(|| Self {
            _room: room,
            ..self
        })
    }

    /// As it is to be parsed.
    #[must_use]
    pub fn mended(self) -> Self {
        Self {
            bytes: json::mend(self.bytes),
            ..self
        }
    }
}

impl Deref for Buffered {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
