//! The words that stand for what cannot be shown, and what makes a link or a title fit to go out.

use url::Url;

use crate::domain::message::Button;

/// What an agent reads in the place of what has no words of its own.
pub(super) const OPENED: &str = "The conversation was opened without a word.";
pub(super) const UNKNOWN: &str = "A message came that cannot be shown here.";
pub(super) const NO_LINK: &str = "(a link that cannot be opened)";
pub(super) const NO_PLACE: &str = "(a place that is on no map)";

/// Browsers and messengers take no more.
const LONGEST_LINK: usize = 2048;

/// A link that may be shown: a host on the web, and nothing that makes a reader take it for something else.
/// `javascript:` and its like are none.
pub fn is_web(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let is_web = ["https", "http"]
        .iter()
        .any(|web| scheme.eq_ignore_ascii_case(web));
    is_web
        && !rest.is_empty()
        && !rest.starts_with(['/', '?', '#', '\\'])
        && !rest.contains(is_blank)
        && url.chars().count() <= LONGEST_LINK
}

/// The link that is meant. Names of files have spaces, which browsers write as this does; one that could be followed as it
/// stands is not touched. None: it is no link that may be shown.
pub fn web_address(meant: &str) -> Option<String> {
    let address = meant.trim().replace(' ', "%20");
    let is_one = is_web(&address) && Url::parse(&address).is_ok();
    is_one.then_some(address)
}

/// White space and what else does not show, the byte order mark included.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

/// On one line, without the characters that would let it pass for something else.
pub(super) fn clean(title: &str) -> String {
    let plain = title.replace(|seen: char| seen.is_control() || turns_direction(seen), " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() {
        "…".to_owned()
    } else {
        words.join(" ")
    }
}

pub(super) fn is_clean(title: &str) -> bool {
    !title.trim().is_empty()
        && !title.contains(|seen: char| seen.is_control() || turns_direction(seen))
}

/// Overrides and isolates of the writing direction, with which one title is made to look like another.
fn turns_direction(seen: char) -> bool {
    matches!(seen, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(super) fn title(button: &Button) -> &str {
    match button {
        Button::Postback { title, .. }
        | Button::Url { title, .. }
        | Button::Phone { title, .. } => title,
    }
}

pub(super) fn lines<'l>(parts: impl IntoIterator<Item = &'l str>) -> String {
    let filled = parts.into_iter().filter(|part| !part.trim().is_empty());
    filled.collect::<Vec<_>>().join("\n")
}

pub(super) fn is_on_the_map(latitude: f64, longitude: f64) -> bool {
    (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
}

/// Six decimals are a hand's breadth.
pub(super) fn map_link(latitude: f64, longitude: f64) -> String {
    let short = |degrees: f64| {
        let digits = format!("{degrees:.6}");
        digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    };
    format!(
        "https://www.openstreetmap.org/?mlat={}&mlon={}",
        short(latitude),
        short(longitude)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_spaces_is_written_so_that_it_can_be_followed() {
        let long = format!("https://a.example/{}", "x".repeat(2048));
        for (meant, address) in [
            (
                " https://a.example/b c.pdf ",
                Some("https://a.example/b%20c.pdf"),
            ),
            (
                "https://a.example/b%20c.pdf",
                Some("https://a.example/b%20c.pdf"),
            ),
            ("HTTP://A.example?q=é", Some("HTTP://A.example?q=é")),
            ("https://a.exam ple/b.pdf", None),
            ("https://a.example/b\nc.pdf", None),
            ("https:/a.example/b.pdf", None),
            ("javascript:alert( 1)", None),
            ("b c.pdf", None),
            (&long, None),
        ] {
            assert_eq!(web_address(meant).as_deref(), address, "{meant}");
        }
    }
}
