//! One card for each bot and each desk.

use maud::{Markup, html};

use super::about::card_id;
use crate::{
    console::{
        ages::{self, Urgency},
        icons::icon,
        texts::{self as common, calls, health as texts},
    },
    domain::{delivery::Destination, ids::DeskName, time::Timestamp},
    store::Standing,
};

/// What there is to say of bots and desks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cards<'a> {
    pub(super) standings: &'a [Standing],
    /// Desks that are answered in the console itself.
    pub(super) of_console: &'a [DeskName],
    /// How many people are signed in there.
    pub(super) signed_in: usize,
    pub(super) now: Timestamp,
}

impl Cards<'_> {
    pub(super) fn section(&self, title: &str, destinations: &[Destination]) -> Markup {
        html! {
            section.sec aria-label=(title) {
                div.sec__head { h2 { (title) } p { (destinations.len()) (texts::CONFIGURED) } }
                ul.ends { @for destination in destinations { (self.card(destination)) } }
            }
        }
    }

    fn card(&self, destination: &Destination) -> Markup {
        let mut standings = self.standings.iter();
        let standing = standings.find(|it| it.destination == *destination);
        match destination {
            Destination::Desk(desk) if self.of_console.contains(desk) => {
                desk_of_console(desk, standing, self.signed_in)
            }
            _ => card(destination, standing, self.now),
        }
    }
}

/// Nobody calls it, so no call can fail.
fn desk_of_console(desk: &DeskName, standing: Option<&Standing>, signed_in: usize) -> Markup {
    let closed = standing.and_then(|it| it.closed);
    let (word, tag, bridge) = match closed {
        None => (texts::ANSWERED_HERE, "tag tag--ok", "up"),
        Some(_) => calls::closed(closed),
    };
    html! {
        li #(card_id(&Destination::Desk(desk.clone()))) class=(class(bridge)) {
            div.end-card__head {
                span.glyph { (icon("people")) }
                div { h3 { (desk.as_str()) } }
                span class=(tag) { (word) }
            }
            dl.facts.facts--wide { dt { (texts::SIGNED_IN) } dd.num { (signed_in) } }
        }
    }
}

fn card(destination: &Destination, standing: Option<&Standing>, now: Timestamp) -> Markup {
    let (name, _) = calls::destination(destination);
    let closed = standing.and_then(|it| it.closed);
    // Of whom nothing is known nobody can say that it works.
    let (word, tag, bridge) = match standing {
        None => (texts::NOT_CALLED_YET, "tag", "up"),
        Some(_) => calls::closed(closed),
    };
    let (glyph, picture) = match destination {
        Destination::Bot(_) => ("glyph glyph--bot", "chips"),
        Destination::Desk(_) => ("glyph", "people"),
    };
    html! {
        li #(card_id(destination)) class=(class(bridge)) {
            div.end-card__head {
                span class=(glyph) { (icon(picture)) }
                div { h3 { (name) } }
                span class=(tag) { (word) }
            }
            dl.facts.facts--wide {
                dt { (texts::LAST_SUCCESS) } dd { (success(standing, now)) }
                dt { (texts::LAST_ERROR) } dd { (error(standing, now)) }
                dt { (texts::QUEUE) } dd.num { (standing.map_or(0, |it| it.owed)) }
                dt { (texts::OLDEST) } dd.num { (oldest(standing, now)) }
                @if let Some(until) = standing.and_then(|it| it.paused_until) {
                    dt { (texts::PAUSED_UNTIL) } dd { (ages::since(until)) }
                }
                dt { (texts::DEAD_LETTERS) } dd.num { (dead(destination, standing)) }
            }
        }
    }
}

fn class(bridge: &str) -> &'static str {
    match bridge {
        "open" => "end-card end-card--bad",
        "paused" => "end-card end-card--warn",
        _ => "end-card",
    }
}

fn success(standing: Option<&Standing>, now: Timestamp) -> String {
    let at = standing.and_then(|it| it.last_success);
    at.map_or(texts::NONE_SINCE_THE_START.to_owned(), |at| ago(at, now))
}

fn error(standing: Option<&Standing>, now: Timestamp) -> String {
    match standing.and_then(|it| it.last_error) {
        None => texts::NONE_SINCE_THE_START.to_owned(),
        Some((class, at)) => format!("{}, {}", calls::class(class), ago(at, now)),
    }
}

fn oldest(standing: Option<&Standing>, now: Timestamp) -> Markup {
    html! {
        @match standing.and_then(|it| it.oldest) {
            None => { (texts::NOTHING_WAITS) },
            Some(oldest) => {
                span class={ "age " (Urgency::of(oldest, now).age_class()) } { (ages::short(oldest, now)) }
            },
        }
    }
}

fn dead(destination: &Destination, standing: Option<&Standing>) -> Markup {
    let count = standing.map_or(0, |it| it.dead);
    html! {
        @if count > 0 {
            a href={ "/console/deliveries?state=dead&destination=" (destination) } { (count) }
        } @else { "0" }
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        seconds @ 0..60 => common::ago(&common::seconds(seconds)),
        _ => common::ago(&ages::short(at, now)),
    }
}
