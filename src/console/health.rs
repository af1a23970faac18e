//! Every bot, every desk, and whether anybody is left alone.

mod ends;
mod warnings;

use std::collections::BTreeSet;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};
use secrecy::ExposeSecret as _;

use self::ends::Here;
use super::{
    admins, ages,
    faults::Fault,
    layout::{self, Frame, Place},
    session::{self, SignedIn},
    state::State,
};
use crate::{
    config::hooks::HookUrl,
    domain::{delivery::Destination, time::Timestamp},
    store::{Census, InboxCounts},
};

const TITLE: &str = "Health";

pub(super) fn router() -> Router<State> {
    Router::new().route(Place::Health.path(), get(show))
}

async fn show(who: SignedIn, Shared(state): Shared<State>) -> Result<Html<String>, Fault> {
    let counts = state.counts(&who).await;
    let frame = Frame {
        who: &who,
        here: Place::Health,
        counts,
    };
    let census = state.store().census().await?;
    let standings = state.store().standings().await?;
    let warned = state.store().warnings().await?;
    let now = state.now();
    let ends = state.ends();
    let signed_in: BTreeSet<_> = session::alive(&state)
        .await?
        .into_iter()
        .map(|session| session.operator)
        .collect();
    let here = Here {
        desks: &ends.of_console,
        signed_in: signed_in.len(),
    };
    let bots: Vec<_> = ends.bots.iter().cloned().map(Destination::Bot).collect();
    let desks: Vec<_> = ends.desks.iter().cloned().map(Destination::Desk).collect();
    let body = html! {
        div.page__in {
            header.page__head { div { h1 { (TITLE) } p { "Every bot, every desk, and whether anybody is left alone." } } }
            div.page__part #how-it-stands data-watch {
                (figures(&census, counts, now))
                (warnings::warnings(&warned, now))
                div.ends2 {
                    (ends::ends(("Bots", &bots), (&standings, here), now))
                    (ends::ends(("Desks", &desks), (&standings, here), now))
                }
            }
            @if admins::is_admin(&who) { (hooks(&ends.hook_urls)) }
        }
    };
    Ok(layout::page(&frame, TITLE, &body))
}

fn figures(census: &Census, counts: InboxCounts, now: Timestamp) -> Markup {
    let alone = census.unattended;
    let oldest = census.owed.values().map(|owed| owed.since).min();
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.sum::<u64>();
    html! {
        section.panel aria-label="Unattended conversations" {
            div class=(if alone > 0 { "zero zero--bad" } else { "zero" }) {
                p.zero__fig aria-hidden="true" { (alone) }
                div.zero__say {
                    h2 { span.sr { (alone) " " } (if alone == 1 { "person talks to no one" } else { "people talk to no one" }) }
                    p { (promise(alone)) }
                }
            }
            dl.figs {
                div { dt { "Open conversations" } dd { (sum(&mut census.open.values().copied())) } }
                div { dt { "Waiting for a person" } dd { (counts.waiting) } }
                div {
                    dt { "Undelivered" }
                    dd {
                        (sum(&mut census.owed.values().map(|owed| owed.count)))
                        @if let Some(oldest) = oldest { " " small { "oldest " (ages::short(oldest, now)) } }
                    }
                }
                div { dt { "Dead letters" } dd { (sum(&mut census.dead_letters.values().copied())) } }
                div { dt { "Bots late to go on" } dd { (sum(&mut census.late_resumes.values().copied())) } }
            }
        }
    }
}

const fn promise(alone: u64) -> &'static str {
    if alone == 0 {
        "Wherever a conversation is open, an agent has the user, or the user has been told lately how it goes on. This must be 0, always."
    } else {
        "They are with nobody and have been told nothing, which must not be. Look under Deliveries for what their bots are owed, and keep the log."
    }
}

fn hooks(urls: &[HookUrl]) -> Markup {
    html! {
        section.sec aria-label="Addresses to copy" {
            div.sec__head {
                h2 { "Addresses to copy" }
                p { "For the settings of platforms and desks. Whoever has one can call it: admins alone see them. After a key was changed, " code { "handover urls" } " has the new ones." }
            }
            @if urls.is_empty() { p.quiet { "No bot or desk here is called from outside." } }
            div.hooks {
                @for (name, url) in urls {
                    div.field {
                        label { (name) input.input.mono type="text" readonly autocomplete="off" spellcheck="false" value=(url.expose_secret()); }
                    }
                }
            }
        }
    }
}
