//! The transcript: what was said and what happened, in the order of time.

use maud::{Markup, html};

use super::{content::content, words};
use crate::{
    console::texts,
    domain::{
        effect::{Cause, JournalEntry},
        message::Actor,
        time::Timestamp,
    },
    store::{ConversationView, DeliveryState, DeliveryView, MessageView},
};

/// Who is called what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) bot: &'a str,
}

enum Item<'v> {
    Said(&'v MessageView),
    /// At this place of the journal, which only grows.
    Happened(usize, &'v JournalEntry),
}

impl Item<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Said(view) => view.message.at,
            Self::Happened(_, entry) => entry.at,
        }
    }
}

pub(super) fn transcript(view: &ConversationView, names: Names<'_>) -> Markup {
    let since = view.messages.first().map(|first| first.message.at);
    // What happened before the oldest message that is shown stands with the older ones.
    let shown = view
        .journal
        .iter()
        .enumerate()
        .filter(|(_, entry)| !view.more || since.is_none_or(|since| entry.at >= since));
    let mut items: Vec<Item<'_>> = view.messages.iter().map(Item::Said).collect();
    items.extend(shown.map(|(place, entry)| Item::Happened(place, entry)));
    items.sort_by_key(Item::at);
    html! {
        div.transcript role="log" aria-label=(texts::MESSAGES) {
            section.span { ol {
                @for item in &items {
                    @match item {
                        Item::Said(view) => (turn(view, names)),
                        Item::Happened(place, entry) if entry.cause == Cause::Noted => (note(*place, entry)),
                        Item::Happened(place, entry) => (deck(*place, entry)),
                    }
                }
            } }
        }
    }
}

fn turn(view: &MessageView, names: Names<'_>) -> Markup {
    let message = &view.message;
    let (class, who) = match message.actor {
        Actor::User => ("turn turn--user", names.user),
        Actor::Bot => ("turn turn--bot", names.bot),
        Actor::Agent => ("turn turn--agent", texts::AN_AGENT),
        Actor::System => ("turn turn--bot turn--notice", texts::BRIDGE),
    };
    html! {
        li class=(class) data-key=(message.id) {
            p.turn__by { b dir="auto" { (who) } (time(message.at)) @if message.late { span.tag.tag--bad { (texts::LATE) } } }
            (content(&message.content))
            @if !view.deliveries.is_empty() && message.actor == Actor::Agent { (after(&view.deliveries)) }
        }
    }
}

/// What became of it, and on request how.
fn after(deliveries: &[DeliveryView]) -> Markup {
    let state = |wanted| deliveries.iter().any(|delivery| delivery.state == wanted);
    let (class, words) = if state(DeliveryState::Dead) || state(DeliveryState::Cancelled) {
        ("tag tag--bad", texts::NOT_SENT)
    } else if state(DeliveryState::Retrying) {
        ("tag tag--warn", texts::NOT_DELIVERED_YET)
    } else if state(DeliveryState::Pending) {
        ("tag", texts::ON_ITS_WAY)
    } else {
        ("tag tag--ok", texts::DELIVERED)
    };
    html! {
        details.after {
            summary { span class=(class) { (words) } }
            ol.journal { @for delivery in deliveries { (journey(delivery)) } }
        }
    }
}

fn journey(delivery: &DeliveryView) -> Markup {
    html! {
        li { (time(delivery.created_at)) (texts::STORED) }
        @if delivery.attempts > 0 {
            li { (texts::ATTEMPTS) (delivery.attempts) @if let Some(class) = &delivery.error_class { ", " (class) } }
        }
        @if let Some(next) = delivery.next_at { li { (time(next)) (texts::NEXT_ATTEMPT) } }
        @if let Some(settled) = delivery.settled_at { li { (time(settled)) (delivery.state.as_str()) } }
        li { code { (delivery.id) } }
    }
}

fn note(place: usize, entry: &JournalEntry) -> Markup {
    let by = entry.by.as_ref().map_or("", |by| by.as_str());
    html! {
        li.turn.turn--note data-key=(place) {
            p.turn__by { b { (by) (texts::NOTE_FOR_COLLEAGUES) } (time(entry.at)) }
            div.bubble dir="auto" { (entry.detail.as_deref().unwrap_or_default()) }
        }
    }
}

fn deck(place: usize, entry: &JournalEntry) -> Markup {
    let class = match entry.cause {
        Cause::Requested | Cause::TakenOver => "deck deck--ask",
        Cause::Joined => "deck deck--join",
        _ => "deck",
    };
    html! {
        @if let Some(words) = words::happened(entry) {
            li class=(class) data-key=(place) { p dir="auto" { (words) " " (time(entry.at)) } span.deck__node {} }
        }
    }
}

/// In UTC, as the logs are; a browser's script may show it as the reader's own.
fn time(at: Timestamp) -> Markup {
    let full = at.to_string();
    let short = full.get(11..16).unwrap_or_default();
    html! { time datetime=(full) title=(full) { (short) } " " }
}
