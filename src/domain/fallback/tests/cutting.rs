//! Where a long text is cut.

use crate::domain::fallback::split::{fits, split};

#[test]
fn a_text_is_cut_where_a_reader_minds_it_least() {
    let rows: [(&str, usize, &[&str]); 11] = [
        ("short", 5, &["short"]),
        ("one two\n\nthree four", 12, &["one two", "three four"]),
        ("one two\nthree four", 12, &["one two", "three four"]),
        (
            "Look here. And there too",
            16,
            &["Look here.", "And there too"],
        ),
        ("one two three", 8, &["one two", "three"]),
        ("one two three", 7, &["one two", "three"]),
        ("abcdefgh", 3, &["abc", "def", "gh"]),
        ("a\n\nbcdefg hij", 9, &["a\n\nbcdefg", "hij"]),
        ("我们先看。然后再说", 6, &["我们先看。", "然后再说"]),
        ("  around  ", 3, &["  a", "rou", "nd"]),
        (" \n\t", 3, &[]),
    ];
    for (text, limit, parts) in rows {
        assert_eq!(split(text, limit), parts, "{text:?} by {limit}");
    }
}

#[test]
fn a_line_keeps_what_it_is_indented_by() {
    let rows: [(&str, usize, &[&str]); 8] = [
        ("if a:\n    b()", 10, &["if a:", "    b()"]),
        ("if a:\r\n\tb()", 6, &["if a:", "\tb()"]),
        ("one\n \n\n  two", 6, &["one", "  two"]),
        ("\n\n  one\n  two", 7, &["  one", "  two"]),
        ("  one two", 6, &["  one", "two"]),
        ("  one\n  two  three", 7, &["  one", "  two", "three"]),
        // As much as fits in a part, or more, indents nothing.
        ("one\n      two", 6, &["one", "two"]),
        ("one\n     two", 6, &["one", "     t", "wo"]),
    ];
    for (text, limit, parts) in rows {
        assert_eq!(split(text, limit), parts, "{text:?} by {limit}");
    }
}

#[test]
fn what_a_reader_sees_as_one_character_is_never_cut() {
    for whole in ["e\u{301}", "👩‍👩‍👧‍👦", "🇳🇱", "\r\n", "क्षि"] {
        let text = format!("x{}x", whole.repeat(5));
        for part in split(&text, 1) {
            assert!(part == "x" || part == whole, "{part:?} of {whole:?}");
        }
    }
}

#[test]
fn the_length_is_counted_in_what_a_reader_sees() {
    assert!(fits("🇳🇱🇧🇪", 2) && !fits("🇳🇱🇧🇪", 1));
    assert!(fits("", 0) && !fits("a", 0));
}

/// Where the clusters of such a row begin can only be told from its start: looked at from behind once a part, these would
/// take minutes.
#[test]
fn a_long_row_of_flags_is_cut_in_one_pass() {
    let flags = "🇳🇱".repeat(100_000);
    let parts = split(&flags, 100);
    assert_eq!(parts.len(), 1_000);
    assert_eq!(parts.concat(), flags);
}
