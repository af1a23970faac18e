//! The name of a call's event, found in passing: for a body that there is no room to keep.
//!
//! Whatever its length, it takes a few hundred bytes. It does not judge whether the body is JSON; in one that is, it
//! finds what [`super::kind`] would.

use super::{HookError, Kind, kind};

/// Reads a body piece by piece.
#[derive(Debug, Default)]
pub struct Skimmer {
    depth: usize,
    in_string: bool,
    escaped: bool,
    place: Place,
    /// The string under way, if it stands in the outermost object; cut off when too long to be a name.
    text: Vec<u8>,
    /// The name of the member under way, if it names the event and its value has not been found yet.
    key: Option<&'static str>,
    /// Members that name the event, as JSON and with a comma behind each.
    found: String,
}

/// Where in a member of the outermost object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before the colon.
    #[default]
    Name,
    Value,
    /// In a value that is `null`, if it is no string.
    Null,
}

/// Longer than any name of an event.
const MAX_TEXT: usize = 64;
/// Two are already one too many, so more need not be kept.
const MAX_FOUND: usize = 4 * MAX_TEXT;

impl Skimmer {
    pub fn read(&mut self, mut piece: &[u8]) {
        while let Some((byte, rest)) = piece.split_first() {
            piece = rest;
            if self.in_string {
                self.read_in_string(*byte);
                piece = self.past_plain_text(piece);
            } else {
                self.read_outside(*byte);
            }
        }
    }

    pub fn kind(&self) -> Result<Kind, HookError> {
        let members = self.found.trim_end_matches(',');
        kind(format!("{{{members}}}").as_bytes())
    }

    fn read_in_string(&mut self, byte: u8) {
        if !self.escaped && byte == b'"' {
            self.in_string = false;
            self.end_string();
            return;
        }
        self.escaped = !self.escaped && byte == b'\\';
        if self.depth == 1 && self.text.len() <= MAX_TEXT {
            self.text.push(byte);
        }
    }

    /// Most of a large body is text that nobody looks at.
    fn past_plain_text<'a>(&self, piece: &'a [u8]) -> &'a [u8] {
        let looked_at = self.depth == 1 && self.text.len() <= MAX_TEXT;
        if !self.in_string || self.escaped || looked_at {
            return piece;
        }
        let end = piece.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        end.and_then(|end| piece.get(end..)).unwrap_or_default()
    }

    fn read_outside(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                self.text.clear();
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.end_member();
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => self.place = Place::Value,
            b',' => self.end_member(),
            // Nothing else in JSON is written with this letter.
            b'n' if self.depth == 1 && self.place == Place::Value => self.place = Place::Null,
            _ => {}
        }
    }

    fn end_string(&mut self) {
        if self.depth != 1 {
            return;
        }
        let text = self.string();
        if self.place == Place::Name {
            self.key = ["event", "type"]
                .into_iter()
                .find(|name| text.as_deref() == Some(name));
        } else if let Some(key) = self.key.take() {
            // What is too long or no text is an unknown event's name, if it is one at all.
            let value = text.unwrap_or_else(|| "unknown".to_owned());
            self.find(key, &serde_json::Value::from(value).to_string());
        }
    }

    /// A value that is no string is no name, and yet the member stands there.
    fn end_member(&mut self) {
        if self.depth != 1 {
            return;
        }
        match (std::mem::take(&mut self.place), self.key.take()) {
            (Place::Value, Some(key)) => self.find(key, "0"),
            (Place::Null, Some(key)) => self.find(key, "null"),
            _ => {}
        }
    }

    fn find(&mut self, key: &str, value: &str) {
        if self.found.len() < MAX_FOUND {
            self.found.extend(["\"", key, "\":", value, ","]);
        }
    }

    /// Without its escapes, as any writer of JSON may have put them.
    fn string(&self) -> Option<String> {
        if self.text.len() > MAX_TEXT {
            return None;
        }
        let text = str::from_utf8(&self.text).ok()?;
        serde_json::from_str(&format!("\"{text}\"")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: [&str; 3] = [
        include_str!("../../../../tests/samples/chatlayer/messages.bot.carousel.json"),
        include_str!("../../../../tests/samples/chatlayer/messages.user.text.json"),
        include_str!("../../../../tests/samples/chatlayer/offload.json"),
    ];

    fn skimmed(body: &str, piece: usize) -> Option<Kind> {
        let mut skimmer = Skimmer::default();
        body.as_bytes()
            .chunks(piece)
            .for_each(|piece| skimmer.read(piece));
        skimmer.kind().ok()
    }

    #[test]
    fn it_finds_what_reading_the_whole_body_finds() {
        let long = format!(r#"{{"event": "{}"}}"#, "x".repeat(10_000));
        let odd = [
            r#"{"event": "offload", "x": {"event": "messages"}}"#,
            r#"{"x": [{"event": "messages"}, "event"], "event": "offload"}"#,
            r#"{"x": "\"event\": \"offload\",", "event": "messages"}"#,
            r#"{"x": "\\", "event": "messages"}"#,
            r#"{"\u0065vent": "off\u006coad"}"#,
            r#"{"a": "event", "b": "offload"}"#,
            r#"{"type": "offload"}"#,
            r#"{"type": "offload", "event": "messages"}"#,
            r#"{"event": "messages", "event": "offload"}"#,
            r#"{"event": ""}"#,
            r#"{"event": {"offload": "offload"}}"#,
            r#"{"event": null, "type": "messages"}"#,
            r#"{"event": null, "event": "offload"}"#,
            r#"{"event": 5, "type": "offload"}"#,
            r#"{"event": ["null", null], "type": "offload"}"#,
            r#"{"event": "offload", "event": {"n": null}}"#,
            r#"{"event": "messages", "type": 5}"#,
            r#"["event", "offload"]"#,
            r#"{"event": "rating"}"#,
            "{}",
            &long,
        ];
        for body in SAMPLES.into_iter().chain(odd) {
            let whole = kind(body.as_bytes()).ok();
            for piece in [1, 7, body.len()] {
                assert_eq!(skimmed(body, piece), whole, "{body:.80}");
            }
        }
    }

    #[test]
    fn noise_is_nothing_and_takes_no_memory() {
        for noise in [
            "",
            "\"",
            "{\"event",
            "}}}}",
            "\u{0}\\\"{[,:",
            "{\"event\":\"\\u",
        ] {
            assert_eq!(skimmed(noise, 1), None, "{noise:?}");
        }
        let mut skimmer = Skimmer::default();
        for _ in 0..10_000 {
            skimmer.read(br#"{"event":"offload","type":""#);
            skimmer.read(&[b'x'; 1000]);
        }
        assert!(skimmer.text.capacity() + skimmer.found.capacity() < 1024);
    }
}
