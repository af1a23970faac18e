//! One page of deliveries.

use maud::{Markup, html};

use super::params::{Params, Tab};
use crate::{
    console::{
        ages::{self, Urgency},
        icons::icon,
        inbox,
        texts::{self as common, calls, deliveries as texts},
    },
    domain::time::Timestamp,
    store::{DeliveryState, DeliveryView, OneDelivery, Page, Standing},
};

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed<'a> {
    pub(super) late: &'a Page<OneDelivery>,
    /// What has not been tried yet, for the sake of another or of its destination.
    pub(super) waiting: &'a Page<OneDelivery>,
    pub(super) standings: &'a [Standing],
}

pub(super) fn table(owed: Owed<'_>, params: &Params, now: Timestamp) -> Markup {
    let Owed { late, waiting, .. } = owed;
    if late.items.is_empty() && waiting.items.is_empty() {
        return nothing(params);
    }
    let next = late.items.last().filter(|_| late.more);
    html! {
        section.sec aria-label=(texts::LIST) {
            div.table-wrap tabindex="0" role="region" aria-label=(texts::TABLE) {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { (texts::STATE) }
                        th scope="col" { (texts::DESTINATION) }
                        th scope="col" { (texts::WHAT) }
                        th scope="col" { (texts::WHY) }
                        th.end scope="col" { (texts::AGE) }
                        th.end scope="col" { (texts::NEXT_TRY) }
                        th.end scope="col" { span.sr { (common::ACTIONS) } }
                    } }
                    tbody {
                        @for delivery in &late.items { (row(delivery, params, now)) }
                        @for delivery in &waiting.items { (waits(delivery, owed, now)) }
                    }
                }
            }
            @if let Some(last) = next {
                p.table-foot { a.btn.btn--small href=(params.from(last.view.id).href()) { (common::MORE) } }
            }
            @if waiting.more { p.table-foot.quiet { (texts::AND_MORE_WAIT) } }
        }
    }
}

fn row(one: &OneDelivery, params: &Params, now: Timestamp) -> Markup {
    let delivery = &one.view;
    let (state, tag) = calls::state(delivery.state);
    let (name, kind) = calls::destination(&delivery.destination);
    let why = delivery.error_class.as_ref();
    let urgency = Urgency::of(delivery.created_at, now).age_class();
    html! {
        tr {
            td { span class=(tag) { (state) } }
            td.nowrap { b { (name) } p { (texts::TO_THE) (kind) } }
            td.full.wide { (what(one)) }
            td.full.wide {
                b { (why.map_or(texts::NOT_TRIED_YET, calls::stored_class)) }
                p { (texts::tries(delivery.attempts)) }
            }
            td.end.nowrap data-label=(texts::AGE) {
                span class={ "age " (urgency) } { (ages::short(delivery.created_at, now)) }
            }
            td.end.nowrap.num data-label=(texts::NEXT_TRY) { (next(delivery, now)) }
            td.acts { (acts(delivery, params)) }
        }
    }
}

/// It goes out by itself after what hinders it, so there is nothing to do about it alone.
fn waits(one: &OneDelivery, owed: Owed<'_>, now: Timestamp) -> Markup {
    let delivery = &one.view;
    let (state, tag) = calls::state(delivery.state);
    let (name, kind) = calls::destination(&delivery.destination);
    let mut standings = owed.standings.iter();
    let standing = standings.find(|it| it.destination == delivery.destination);
    let closed = standing.and_then(|standing| standing.closed);
    html! {
        tr {
            td { span class=(tag) { (state) } }
            td.nowrap { b { (name) } p { (texts::TO_THE) (kind) } }
            td.full.wide { (what(one)) }
            td.full.wide {
                b { (texts::NOT_TRIED_YET) }
                @if closed.is_some() {
                    p { (texts::THE) (kind) ": " (calls::closed(closed).0) }
                } @else {
                    p { (texts::WAITS_BEHIND_ANOTHER) }
                }
            }
            td.end.nowrap data-label=(texts::AGE) {
                span class={ "age " (Urgency::of(delivery.created_at, now).age_class()) } { (ages::short(delivery.created_at, now)) }
            }
            td.end.nowrap.num {}
            td.acts {}
        }
    }
}

/// The call, for whom, and what it carries.
fn what(one: &OneDelivery) -> Markup {
    html! {
        b { (calls::task(&one.view.kind)) } (texts::FOR)
        a href={ "/console/conversations/" (one.conversation) } { bdi { (one.user.as_deref().unwrap_or(common::GUEST)) } }
        @if let Some(message) = &one.message { p dir="auto" { (inbox::gist_of(message)) } }
    }
}

fn acts(delivery: &DeliveryView, params: &Params) -> Markup {
    let at = format!("/console/deliveries/{}", delivery.id);
    let from = params.as_origin();
    html! {
        a.btn.btn--small href={ (at) "/retry" (from) } { (icon("retry")) (texts::RETRY) }
        " "
        a.btn.btn--small.btn--bare href={ (at) "/skip" (from) } { (texts::SKIP) }
    }
}

fn next(delivery: &DeliveryView, now: Timestamp) -> String {
    match delivery.next_at {
        _ if delivery.state == DeliveryState::Dead => texts::NEVER.to_owned(),
        None => texts::UNKNOWN.to_owned(),
        Some(at) if at <= now => texts::NOW.to_owned(),
        Some(at) => ages::left(at, now),
    }
}

fn nothing(params: &Params) -> Markup {
    let [title, advice] = match params.state {
        _ if params.is_narrowed() => texts::NOTHING_OF_THIS_KIND,
        Tab::Retrying => texts::NOTHING_IS_LATE,
        Tab::Dead => texts::NO_DEAD_LETTERS,
    };
    html! { div.empty { h2 { (title) } p { (advice) } } }
}
