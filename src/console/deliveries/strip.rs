//! Every bot and desk that is called, and whether it answers: a bridge that is down can be crossed.

use maud::{Markup, html};

use crate::{
    console::{
        ages,
        texts::{calls, deliveries as texts},
    },
    domain::time::Timestamp,
    store::Standing,
};

const PIERS: &str = "M14 20v12M34 20v12M5 33c3-2 6 2 9 0s6 2 9 0 6 2 9 0 6 2 9 0";

pub(super) fn strip(standings: &[Standing], now: Timestamp, may_retry: bool) -> Markup {
    html! {
        // Also where nobody has been called yet: an open page shows who is.
        section.sec #destinations data-watch hidden[standings.is_empty()] aria-label=(texts::DESTINATIONS) {
            ul.spans tabindex="0" aria-label=(texts::DESTINATIONS) { @for standing in standings { (span(standing, now, may_retry)) } }
        }
    }
}

fn span(standing: &Standing, now: Timestamp, may_retry: bool) -> Markup {
    let (name, kind) = calls::destination(&standing.destination);
    let (word, tag, bridge) = calls::closed(standing.closed);
    html! {
        li class={ "link link--" (bridge) } {
            svg.deckmark viewBox="0 0 48 36" aria-hidden="true" { path.pier d=(PIERS) {} path.d d=(deck(bridge)) {} }
            b.clip { (name) " " span.quiet { (kind) } }
            span class=(tag) { (word) }
            p { (owed(standing, now)) }
            @if may_retry && standing.owed + standing.dead > 0 {
                p {
                    a href={ "/console/deliveries/retry-all?destination=" (kind) ":" (name) } {
                        (texts::RETRY_ALL_OF) span.sr { (texts::SR_OF) (name) }
                    }
                }
            }
        }
    }
}

fn owed(standing: &Standing, now: Timestamp) -> Markup {
    html! {
        @if standing.owed > 0 {
            (standing.owed) (texts::OWED)
            @if let Some(oldest) = standing.oldest { (texts::OWED_OLDEST) (ages::short(oldest, now)) }
        } @else {
            (texts::NOTHING_OWED)
        }
        @if standing.dead > 0 { ", " (standing.dead) (texts::DEAD) }
    }
}

fn deck(bridge: &str) -> &'static str {
    match bridge {
        "open" => "M2 20h12M34 20h12M14 20l8-9M34 20l-8-9",
        "paused" => "M2 20h44M16 9h16M24 9v11",
        _ => "M2 20h44",
    }
}
