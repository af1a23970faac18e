//! What agents are told before anything else, as private notes: who asks and what the bot has told, then what was said before.
//! The attributes of a conversation can hold no object, and agents see those alone that somebody has defined.

use serde_json::Value;

use crate::{
    desks::{chatwoot::capabilities::NOTE_LIMIT, known::Known, transcript},
    domain::delivery::{About, Past},
};

/// What is told of the handover leaves room in its note for what was said.
const ABOUT_ROOM: usize = NOTE_LIMIT / 2;
/// As many characters of the past are told, the newest: a few notes.
const TRANSCRIPT_ROOM: usize = 4 * NOTE_LIMIT;

/// In their order. There is one at least.
pub(super) fn of(about: &About, past: &Past) -> Vec<String> {
    let known = known(about);
    let told = match transcript::told(past, TRANSCRIPT_ROOM) {
        Some(said) => format!("{known}\n\n{said}"),
        None => known,
    };
    in_notes(&told)
}

/// A line a value, as many as have room.
fn known(about: &About) -> String {
    let mut left = ABOUT_ROOM;
    let (mut lines, mut missing) = (Vec::new(), 0_usize);
    for (name, value) in Known::of(about).into_free(about) {
        let line = match value {
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        };
        let length = line.chars().count().saturating_add(1);
        match left.checked_sub(length) {
            Some(rest) => {
                left = rest;
                lines.push(line);
            }
            None => missing = missing.saturating_add(1),
        }
    }
    if missing > 0 {
        lines.push(format!("({missing} more are left out)"));
    }
    lines.join("\n")
}

/// Whole lines, as many as one note takes.
fn in_notes(told: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut room = 0_usize;
    for line in told.lines() {
        for line in cut(line) {
            let length = line.chars().count().saturating_add(1);
            match notes.last_mut() {
                Some(note) if length <= room => {
                    note.push('\n');
                    note.push_str(&line);
                }
                _ => {
                    room = NOTE_LIMIT;
                    notes.push(line);
                }
            }
            room = room.saturating_sub(length);
        }
    }
    notes
}

fn cut(line: &str) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    let most = NOTE_LIMIT.saturating_sub(1);
    letters
        .chunks(most)
        .map(|part| part.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_past_is_told_in_several_notes_and_nothing_of_it_is_lost() {
        let long = "x".repeat(NOTE_LIMIT * 2);
        let said = format!("User: help\n\n{long}\n{}", "Bot: hello\n".repeat(3000));
        let notes = in_notes(&said);
        assert!(notes.len() > 3, "{}", notes.len());
        assert!(notes.iter().all(|note| note.chars().count() <= NOTE_LIMIT));
        let joined = notes.concat().replace('\n', "");
        assert_eq!(joined, said.replace('\n', ""));
    }
}
