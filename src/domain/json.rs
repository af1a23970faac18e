//! Reads a JSON object that somebody outside has sent. What goes wrong is told without quoting what was sent.

use std::{iter, ops::Range};

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr_iter, memchr2, memchr3_iter};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::ids::NotAnExternalId;

#[derive(Debug, thiserror::Error)]
pub enum NotAnObject {
    #[error("not JSON")]
    Syntax(#[source] serde_json::Error),
    #[error("no object")]
    Shape,
    /// The cause is not kept: it would quote the body.
    #[error("{path} is not what it must be")]
    Field { path: String },
}

/// A call to a hook that cannot be taken. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("the body must be an object")]
    NoObject,
    #[error("{path} is not what it must be")]
    Field { path: String },
    #[error("{field} is missing or is not what it must be")]
    Contract { field: &'static str },
    #[error("{field} holds more values than {most}")]
    TooMany { field: &'static str, most: usize },
    #[error("{field} cannot be used as an id")]
    Id {
        field: &'static str,
        source: NotAnExternalId,
    },
}

impl From<NotAnObject> for HookError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::Syntax(fault) => Self::NotJson(fault),
            NotAnObject::Shape => Self::NoObject,
            NotAnObject::Field { path } => Self::Field { path },
        }
    }
}

/// How many values the variables of a bot may hold that come with a request for an agent. They are copied about as they
/// are, for routes and desks to look at; no bot has nearly as many.
pub const MOST_VARIABLES: usize = 16 << 10;

/// U+FFFD, escaped: as long as what it stands for.
const REPLACEMENT: &[u8; 4] = b"fffd";

/// Puts U+FFFD in the place of every escape that is half a surrogate pair. The grammar of JSON allows them, programs that
/// have cut a text within a character write them (JavaScript's `JSON.stringify` does), and no text can hold them. For the
/// one sign the rest is not to be lost. Where there is none, nothing is copied.
#[must_use]
pub fn mend(json: Bytes) -> Bytes {
    let Some(first) = half_pair(&json, 0) else {
        return json;
    };
    let (mut mended, mut next) = (BytesMut::from(json), Some(first));
    while let Some(half) = next {
        let end = half.end;
        if let Some(digits) = mended.get_mut(half) {
            digits.copy_from_slice(REPLACEMENT);
        }
        next = half_pair(&mended, end);
    }
    mended.freeze()
}

/// At least as many as there are, and of text that is not JSON at all any number. An object counts twice, since it takes up
/// as much as two others. Whoever would have too many by what stands within strings is counted without those.
pub fn values(json: &[u8], most: usize) -> Option<usize> {
    let fits = |values: &usize| *values <= most;
    let roughly = memchr3_iter(b'{', b'[', b',', json).count() + memchr_iter(b'{', json).count();
    Some(roughly).filter(fits).or_else(|| {
        let counts = outside_strings(json).map(|byte| match byte {
            b'{' => 2,
            b'[' | b',' => 1,
            _ => 0,
        });
        Some(counts.sum()).filter(fits)
    })
}

/// The bytes of JSON but for those within its strings.
pub fn outside_strings(mut json: &[u8]) -> impl Iterator<Item = u8> {
    iter::from_fn(move || {
        let (byte, behind) = json.split_first()?;
        json = match byte {
            b'"' => behind_string(behind),
            _ => behind,
        };
        Some(*byte)
    })
}

/// What follows the string that begins here. Most of a body is text, so it is not looked at byte by byte.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let (mark, behind) = rest.split_at(at).1.split_first().unwrap_or((&b'"', &[]));
        if *mark == b'"' {
            return behind;
        }
        rest = behind.split_first().map_or(behind, |(_, behind)| behind);
    }
    &[]
}

/// # Errors
/// The text is not JSON, or not an object with such fields. An array is none: serde would fill the fields by its order.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotAnObject> {
    if !text.trim_start().starts_with('{') {
        let array_or_scalar: Result<IgnoredAny, _> = serde_json::from_str(text);
        return Err(array_or_scalar.map_or_else(NotAnObject::Syntax, |_| NotAnObject::Shape));
    }
    serde_json::from_str(text).map_err(|fault| {
        if fault.is_data() {
            wrong_field::<T>(text)
        } else {
            NotAnObject::Syntax(fault)
        }
    })
}

/// The body of a call to a hook.
///
/// # Errors
/// It is none of text, of JSON, of an object, of an object with such fields.
pub fn hook<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, HookError> {
    let text = str::from_utf8(body).map_err(HookError::NotText)?;
    Ok(object(text)?)
}

/// Reads once more what could not be read, since to keep the way to each field costs every call something.
fn wrong_field<'a, T: Deserialize<'a>>(text: &'a str) -> NotAnObject {
    let mut json = serde_json::Deserializer::from_str(text);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut json);
    let path = read.err().map(|fault| fault.path().clone());
    let path = path.filter(|path| path.iter().next().is_some());
    NotAnObject::Field {
        path: path.map_or_else(|| "the body".to_owned(), |path| path.to_string()),
    }
}

/// A whole number, also where it is written as text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A text or a number, digit by digit.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The digits of the next half without its other one. Outside strings JSON has no backslash, so that each that is met
/// begins an escape. `from` is not to lie within one.
fn half_pair(json: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        at += memchr(b'\\', json.get(at..)?)?;
        at += match escaped_unit(json, at) {
            Some(0xd800..=0xdbff)
                if matches!(escaped_unit(json, at + 6), Some(0xdc00..=0xdfff)) =>
            {
                12
            }
            Some(0xd800..=0xdfff) => return Some(at + 2..at + 6),
            Some(_) => 6,
            None => 2,
        };
    }
}

/// The UTF-16 code unit whose escape begins here, if one does.
fn escaped_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..)?.strip_prefix(br"\u")?.get(..4)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(json: &str) -> String {
        let mended = mend(Bytes::copy_from_slice(json.as_bytes()));
        String::from_utf8(mended.to_vec()).unwrap()
    }

    #[test]
    fn values_are_counted_where_there_are_too_many_without_the_commas_of_texts() {
        for (text, counted) in [("[[1,2]]", 3), (r#"["[,{,[,{"]"#, 1), ("x", 0)] {
            assert_eq!(values(text.as_bytes(), 3), Some(counted), "{text}");
        }
        for text in ["[1,2,3,4]", r#"{"a":[["#, r#"{"a":{}}"#, ",,,,"] {
            assert_eq!(values(text.as_bytes(), 3), None, "{text}");
        }
        assert_eq!(
            values(br#"",,,""#, 3),
            Some(3),
            "few are not looked at twice"
        );
    }

    #[test]
    fn half_a_pair_reads_as_the_replacement_character() {
        for (sent, read) in [
            (r#""a \ud83d""#, "a \u{fffd}"),
            (r#""\uDE00 b""#, "\u{fffd} b"),
            (r#""\uD83D\ude00""#, "\u{1f600}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\ude00\ude00""#, "\u{1f600}\u{fffd}"),
            (r#""\ud83d\n\ude00""#, "\u{fffd}\n\u{fffd}"),
            (r#""\ud83dde00""#, "\u{fffd}de00"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
        ] {
            let text: String = serde_json::from_str(&mended(sent)).unwrap();
            assert_eq!(text, read, "{sent}");
        }
        let name: Value = serde_json::from_str(&mended(r#"{"\udfff": ["\udbff"]}"#)).unwrap();
        assert_eq!(name, serde_json::json!({"\u{fffd}": ["\u{fffd}"]}));
    }

    #[test]
    fn everything_else_stays_as_it_was_sent() {
        for json in [
            "",
            r#"{"text": "plain"}"#,
            r#""\u00e9\n\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\\\\ud83d""#,
            // None of it is JSON, and all of it is the parser's to refuse.
            r#""\ud8""#,
            r#""\ud8zz""#,
            r#""\u+800""#,
            "\\",
            "\\u",
        ] {
            assert_eq!(mended(json), json);
        }
        let body = Bytes::from_static(br#"{"text": "caf\u00e9"}"#);
        assert_eq!(mend(body.clone()).as_ptr(), body.as_ptr());
    }

    proptest! {
        #[test]
        fn a_text_that_was_cut_anywhere_is_read(text in any::<String>(), cut in any::<prop::sample::Index>()) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let units = units.get(..cut.index(units.len() + 1)).unwrap();
            let escaped: Vec<String> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{}\"", escaped.concat());
            let read: String = serde_json::from_str(&mended(&json)).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(units));
        }

        #[test]
        fn nothing_grows_or_shrinks_and_a_second_time_changes_nothing(json in r#"(\\|\\u|\\ud83d|\\uDE00|d|8|"){0,12}"#) {
            let once = mended(&json);
            prop_assert_eq!(once.len(), json.len());
            prop_assert_eq!(mended(&once), once);
        }
    }
}
