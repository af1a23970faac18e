//! Every bot, every desk, and whether anybody is left alone.

mod about;
mod endpoints;
mod warnings;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use self::endpoints::Cards;
use super::{
    admins, ages,
    faults::Fault,
    layout::{self, NavItem},
    names,
    session::{self, SignedIn},
    state::{Endpoints, State},
    texts::{GUEST, health as texts},
};
use crate::{
    config::hooks::HookUrl,
    domain::{delivery::Destination, ids::ConversationId, time::Timestamp},
    store::{Census, InboxCounts, Standing},
};

/// What is owed for longer is not just on its way.
const LATE: Duration = Duration::from_mins(1);

pub(super) fn router() -> Router<State> {
    Router::new().route(NavItem::Health.path(), get(show))
}

async fn show(who: SignedIn, Shared(state): Shared<State>) -> Result<Html<String>, Fault> {
    let frame = state.frame(&who, NavItem::Health).await;
    let census = state.store().census().await?;
    let standings = state.store().standings().await?;
    let warned = state.store().warnings().await?;
    let handovers = warned.iter().filter_map(about::handover_of);
    let alone = census.left_alone.iter().map(|id| id.as_uuid());
    let names = names::of(&state, handovers.chain(alone)).await?;
    let signed_in = session::alive(&state).await?.into_iter();
    let signed_in: BTreeSet<_> = signed_in.map(|session| session.operator).collect();
    let (endpoints, now) = (state.endpoints(), state.now());
    let cards = Cards {
        standings: &standings,
        of_console: &endpoints.of_console,
        signed_in: signed_in.len(),
        now,
    };
    let stands = html! {
        (figures(&census, (&standings, frame.counts), &names, now))
        (warnings::warnings(&warned, (endpoints, &names), now))
        (warnings::doubtful(state.doubtful()))
        (both_ends(endpoints, &cards))
    };
    Ok(layout::page(
        &frame,
        texts::TITLE,
        &body(&who, &stands, &endpoints.hook_urls),
    ))
}

fn body(who: &SignedIn, stands: &Markup, hook_urls: &[HookUrl]) -> Markup {
    html! {
        div.page__in {
            header.page__head { div { h1 { (texts::TITLE) } p { (texts::ABOUT) } } }
            div.page__part #how-it-stands data-watch { (stands) }
            @if admins::is_admin(who) { (hooks(hook_urls)) }
        }
    }
}

fn both_ends(endpoints: &Endpoints, cards: &Cards<'_>) -> Markup {
    let bots = endpoints.bots.iter().cloned().map(Destination::Bot);
    let desks = endpoints.desks.iter().cloned().map(Destination::Desk);
    html! {
        div.ends2 {
            (cards.section(texts::BOTS, &bots.collect::<Vec<_>>()))
            (cards.section(texts::DESKS, &desks.collect::<Vec<_>>()))
        }
    }
}

fn figures(
    census: &Census,
    (standings, counts): (&[Standing], InboxCounts),
    names: &HashMap<Uuid, String>,
    now: Timestamp,
) -> Markup {
    let alone = census.unattended;
    let oldest = census.owed.values().filter_map(|owed| owed.since).min();
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.sum::<u64>();
    let dead = sum(&mut census.dead_letters.values().copied());
    html! {
        section.panel aria-label=(texts::UNATTENDED) {
            div class=(if alone > 0 { "zero zero--bad" } else { "zero" }) {
                p.zero__fig aria-hidden="true" { (alone) }
                div.zero__say {
                    h2 { span.sr { (alone) " " } (texts::talk_to_no_one(alone)) }
                    p { (texts::promise(alone)) }
                    (left_alone(&census.left_alone, names))
                    (late_for_users(standings, now))
                }
            }
            dl.figs {
                div { dt { (texts::OPEN) } dd { (sum(&mut census.open.values().copied())) } }
                div { dt { (texts::WAITING) } dd { (counts.waiting) } }
                div {
                    dt { (texts::UNDELIVERED) }
                    dd {
                        (sum(&mut census.owed.values().map(|owed| owed.count)))
                        @if let Some(oldest) = oldest { " " small { (texts::OLDEST_OF_THEM) (ages::short(oldest, now)) } }
                    }
                }
                div { dt { (texts::DEAD_LETTERS) } dd.figs__bad[dead > 0] { (dead) } }
                div { dt { (texts::LATE_BOTS) } dd { (sum(&mut census.late_resumes.values().copied())) } }
            }
        }
    }
}

fn left_alone(conversations: &[ConversationId], names: &HashMap<Uuid, String>) -> Markup {
    html! {
        @if !conversations.is_empty() {
            p.zero__late {
                @for (place, conversation) in conversations.iter().enumerate() {
                    @if place > 0 { ", " }
                    a href={ "/console/conversations/" (conversation) } {
                        bdi { (names.get(&conversation.as_uuid()).map_or(GUEST, String::as_str)) }
                    }
                }
            }
        }
    }
}

/// Somebody answers these users, and they do not hear of it.
fn late_for_users(standings: &[Standing], now: Timestamp) -> Markup {
    let bots = standings
        .iter()
        .filter(|it| matches!(it.destination, Destination::Bot(_)));
    let late = bots.filter(|it| it.oldest.is_some_and(|oldest| now.since(oldest) > LATE));
    let oldest = late.clone().filter_map(|it| it.oldest).min();
    let count = late.map(|it| it.owed).sum();
    html! {
        @if let Some(oldest) = oldest {
            p.zero__late { a href="/console/deliveries" { (texts::late_for_users(count, &ages::short(oldest, now))) } }
        }
    }
}

fn hooks(urls: &[HookUrl]) -> Markup {
    html! {
        section.sec aria-label=(texts::ADDRESSES) {
            div.sec__head {
                h2 { (texts::ADDRESSES) }
                p { (texts::WHAT_ADDRESSES[0]) code { "handover urls" } (texts::WHAT_ADDRESSES[1]) }
            }
            @if urls.is_empty() { p.quiet { (texts::NO_ADDRESSES) } }
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
