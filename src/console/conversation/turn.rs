//! One message of a transcript: who said what, and what became of it.

use maud::{Markup, html};

use super::{content::content, holder::Holder, transcript::Names};
use crate::{
    console::{
        ages::{self, time_of},
        texts::{self, calls, deliveries::tries},
    },
    domain::{
        fallback::{self, Capabilities, Unshowable},
        ids::{ConversationId, MessageId},
        message::{Actor, Content},
        time::Timestamp,
    },
    store::{DeliveryState, DeliveryView, MessageView},
};

/// Where a message stands among the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stands<'a> {
    /// Who had the user.
    pub(super) holder: &'a Holder,
    /// It goes on from what the same one has just said, and needs no name again.
    pub(super) goes_on: bool,
    /// What the user said next.
    pub(super) answer: Option<&'a Content>,
    /// One before it does not go out, and it goes out after that.
    pub(super) behind: bool,
}

pub(super) fn turn(view: &MessageView, names: Names<'_>, stands: Stands<'_>) -> Markup {
    let Stands {
        holder,
        goes_on,
        answer,
        behind,
    } = stands;
    let message = &view.message;
    let (class, who) = match message.actor {
        Actor::User => ("turn turn--user", names.user),
        Actor::Bot => ("turn turn--bot", names.bot),
        Actor::Agent => (
            "turn turn--agent",
            names.of_agent(holder.agent().unwrap_or(texts::AN_AGENT)),
        ),
        Actor::System => ("turn turn--bot turn--notice", texts::BRIDGE),
    };
    // The user's own words alone are surely in the user's language.
    let language = names.language.filter(|_| message.actor == Actor::User);
    let deliveries = view.deliveries.iter();
    let deliveries = deliveries.filter(|_| message.actor == Actor::Agent);
    let deliveries = deliveries.collect::<Vec<_>>();
    let lost = lost(&deliveries);
    let unsaid = unsaid(view, names.able);
    let fate = match lost {
        _ if unsaid.is_some() => " turn--failed",
        Some(_) => " turn--failed",
        None if message.late && message.actor == Actor::Agent => " turn--late",
        None => "",
    };
    let (cont, by) = if goes_on {
        (" turn--cont", "sr")
    } else {
        ("", "turn__by")
    };
    html! {
        li class={ (class) (cont) (fate) " " (holder.class()) } data-key=(message.id) {
            p class=(by) { b dir="auto" { (who) } " " (time_of(message.at)) @if message.late { span.tag.tag--bad { (texts::LATE) } } }
            (content(&message.content, language, answer))
            @if let Some(why) = unsaid { p.turn__by.turn__fault { b { (texts::NOT_SENT) ": " (why) } } }
            @if let Some(lost) = lost { (not_sent(lost, names.conversation)) }
            @if !deliveries.is_empty() { (after(message.id, &deliveries, (names, behind))) }
        }
    }
}

/// Why nobody ever tried to deliver it, as its desk was told.
fn unsaid(view: &MessageView, able: &Capabilities) -> Option<Unshowable> {
    let message = &view.message;
    let is_owed = message.actor == Actor::Agent && !message.late;
    if !is_owed || !view.deliveries.is_empty() {
        return None;
    }
    fallback::show(&message.content, able).err()
}

/// The part of it that will not be delivered, if there is one.
fn lost<'v>(deliveries: &[&'v DeliveryView]) -> Option<&'v DeliveryView> {
    let of = |state| deliveries.iter().find(move |it| it.state == state).copied();
    of(DeliveryState::Dead).or_else(|| of(DeliveryState::Cancelled))
}

/// That it was not delivered, why, and what can be done about it.
fn not_sent(lost: &DeliveryView, conversation: ConversationId) -> Markup {
    let why = lost.error_class.as_ref().map(calls::stored_class);
    html! {
        p.turn__by.turn__fault {
            b {
                @if lost.state == DeliveryState::Dead { (texts::NOT_SENT) } @else { (texts::NO_LONGER_TRIED) }
                @if let Some(why) = why { ": " (why) }
            }
            @if lost.state == DeliveryState::Dead { (try_again(lost, conversation)) }
        }
    }
}

fn try_again(delivery: &DeliveryView, conversation: ConversationId) -> Markup {
    let back = format!("/console/conversations/{conversation}");
    html! {
        a.btn.btn--small href={ "/console/deliveries/" (delivery.id) "/retry?to=" (back) } { (texts::TRY_NOW) }
    }
}

/// What became of it, and on request how.
fn after(
    message: MessageId,
    deliveries: &[&DeliveryView],
    (names, behind): (Names<'_>, bool),
) -> Markup {
    let state = |state| deliveries.iter().any(|delivery| delivery.state == state);
    let (class, words) = if lost(deliveries).is_some() {
        ("quiet", texts::HOW_IT_WENT)
    } else if state(DeliveryState::Retrying) {
        ("tag tag--warn", texts::NOT_DELIVERED_YET)
    } else if !state(DeliveryState::Pending) {
        ("tag tag--ok", texts::DELIVERED)
    } else if behind {
        ("tag", texts::WAITS_BEHIND)
    } else if names.closed.is_some() {
        ("tag tag--warn", texts::NOT_DELIVERED_YET)
    } else {
        ("tag", texts::ON_ITS_WAY)
    };
    let closed = names
        .closed
        .filter(|_| !behind && state(DeliveryState::Pending));
    let next = deliveries.iter().filter_map(|delivery| delivery.next_at);
    let next = next.min().filter(|_| state(DeliveryState::Retrying));
    html! {
        details.after #{ "after-" (message) } {
            summary { span class=(class) { (words) }
                @if is_mended(deliveries) { (texts::AFTER_ALL) }
                @if let Some(next) = next { " " (texts::NEXT_ATTEMPT_IN) (time_left(next, names.now)) }
                @if closed.is_some() { " " (texts::THE_BOT) (calls::closed(closed).0) }
            }
            ol.journal { @for delivery in deliveries { (journey(delivery, names.conversation)) } }
        }
    }
}

/// The script counts it down, which is not to be read aloud.
fn time_left(until: Timestamp, now: Timestamp) -> Markup {
    html! { time.left aria-live="off" datetime=(until) { (ages::left(until, now)) } }
}

/// All of it has been delivered, a part not at once.
fn is_mended(deliveries: &[&DeliveryView]) -> bool {
    let is_delivered = |it: &&&DeliveryView| it.state == DeliveryState::Delivered;
    deliveries.iter().filter(is_delivered).count() == deliveries.len()
        && deliveries.iter().any(|it| it.error_class.is_some())
}

fn journey(delivery: &DeliveryView, conversation: ConversationId) -> Markup {
    html! {
        li { (time_of(delivery.created_at)) (texts::STORED) }
        @if delivery.attempts > 0 || delivery.error_class.is_some() {
            li { (tries(delivery.attempts)) @if let Some(class) = &delivery.error_class { ", " (calls::stored_class(class)) } }
        }
        @if let Some(next) = delivery.next_at { li { (time_of(next)) (texts::NEXT_ATTEMPT) } }
        @if let Some(settled) = delivery.settled_at { li { (time_of(settled)) (calls::state(delivery.state).0) } }
        @if delivery.state == DeliveryState::Retrying { li { (try_again(delivery, conversation)) } }
        li { code { (delivery.id) } }
    }
}
