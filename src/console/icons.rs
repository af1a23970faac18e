//! The pictures of controls: drawn once at the start of a page, and referred to from there on.

use maud::{Markup, PreEscaped, html};

const SPRITE: &str = include_str!("icons.svg");

pub(super) fn sprite() -> Markup {
    PreEscaped(SPRITE.to_owned())
}

/// Says nothing to who cannot see it: a word has to stand beside it.
pub(super) fn icon(name: &str) -> Markup {
    html! {
        svg.i viewBox="0 0 16 16" aria-hidden="true" { use href={ "#i-" (name) } {} }
    }
}

/// The bridge with a machine on one pier and a person on the other.
pub(super) fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"
            aria-hidden="true" {
            path d="M2 21h28M8 27V13M24 27V13M3 19c2.5-2 4-4 5-6.5 3 7 13 7 16 0 1 2.5 2.5 4.5 5 6.5" {}
            rect x="6" y="5.5" width="4" height="4" fill="currentColor" stroke="none" {}
            circle cx="24" cy="7.5" r="2.3" fill="currentColor" stroke="none" {}
        }
    }
}

/// Whether each picture that this page refers to is in the sprite.
#[cfg(test)]
pub(super) fn assert_all_drawn(page: &str) {
    for rest in page.split("href=\"#i-").skip(1) {
        let name = rest.split('"').next().unwrap();
        assert!(
            SPRITE.contains(&format!("id=\"i-{name}\"")),
            "{name} is not drawn"
        );
    }
}
