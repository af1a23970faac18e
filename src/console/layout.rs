//! The frame around every page.

use maud::{DOCTYPE, Markup, html};

use super::assets::href;

/// A page for somebody who is not signed in.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Handover Bridge" }
                link rel="icon" href=(href("mark.svg"));
                link rel="stylesheet" href=(href("tokens.css"));
                link rel="stylesheet" href=(href("app.css"));
                script src=(href("theme.js")) {}
            }
            body .gate { main .gate__form #main { p .gate__brand { "Handover Bridge" } (body) } }
        }
    }
}
