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
    store::{DeliveryState, DeliveryView, OneDelivery, Page},
};

pub(super) fn table(page: &Page<OneDelivery>, params: &Params, now: Timestamp) -> Markup {
    if page.items.is_empty() {
        return nothing(params);
    }
    let next = page.items.last().filter(|_| page.more);
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
                    tbody { @for delivery in &page.items { (row(delivery, now)) } }
                }
            }
            @if let Some(last) = next {
                p.table-foot { a.btn.btn--small href=(params.from(last.view.id).href()) { (common::MORE) } }
            }
        }
    }
}

fn row(one: &OneDelivery, now: Timestamp) -> Markup {
    let delivery = &one.view;
    let (state, tag) = calls::state(delivery.state);
    let (name, kind) = calls::destination(&delivery.destination);
    let why = delivery.error_class.as_deref();
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
            td.acts { (acts(delivery)) }
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

fn acts(delivery: &DeliveryView) -> Markup {
    let at = format!("/console/deliveries/{}", delivery.id);
    html! {
        a.btn.btn--small href={ (at) "/retry" } { (icon("retry")) (texts::RETRY) }
        " "
        a.btn.btn--small.btn--bare href={ (at) "/skip" } { (texts::SKIP) }
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
