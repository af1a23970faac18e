//! One page of deliveries.

use maud::{Markup, html};

use super::wanted::{Wanted, Which};
use crate::{
    console::{
        ages::{self, Urgency},
        icons::icon,
        words,
    },
    domain::time::Timestamp,
    store::{DeliveryState, DeliveryView, Page},
};

pub(super) fn table(page: &Page<DeliveryView>, wanted: &Wanted, now: Timestamp) -> Markup {
    if page.items.is_empty() {
        return nothing(wanted);
    }
    let next = page.items.last().filter(|_| page.more);
    html! {
        section.sec aria-label="List of deliveries" {
            div.table-wrap tabindex="0" role="region" aria-label="Table of deliveries" {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { "State" }
                        th scope="col" { "Destination" }
                        th scope="col" { "What" }
                        th scope="col" { "Why" }
                        th.end scope="col" { "Age" }
                        th.end scope="col" { "Next try" }
                        th.end scope="col" { span.sr { "Actions" } }
                    } }
                    tbody { @for delivery in &page.items { (row(delivery, now)) } }
                }
            }
            @if let Some(last) = next {
                p.table-foot { a.btn.btn--small href=(wanted.from(last.id).href()) { "Show more" } }
            }
        }
    }
}

fn row(delivery: &DeliveryView, now: Timestamp) -> Markup {
    let (state, tag) = words::state(delivery.state);
    let (name, kind) = words::destination(&delivery.destination);
    let why = delivery.error_class.as_deref();
    let urgency = Urgency::of(delivery.created_at, now).age_class();
    html! {
        tr {
            td { span class=(tag) { (state) } }
            td.nowrap { b { (name) } p { "to the " (kind) } }
            td.full.wide { b { (words::task(&delivery.kind)) } }
            td.full.wide {
                b { (why.map_or("Not tried yet", words::stored_class)) }
                p { (attempts(delivery.attempts)) }
            }
            td.end.nowrap data-label="Age" {
                span class={ "age " (urgency) } { (ages::short(delivery.created_at, now)) }
            }
            td.end.nowrap.num data-label="Next try" { (next(delivery, now)) }
            td.acts { (acts(delivery)) }
        }
    }
}

fn acts(delivery: &DeliveryView) -> Markup {
    let at = format!("/console/deliveries/{}", delivery.id);
    html! {
        a.btn.btn--small href={ (at) "/retry" } { (icon("retry")) "Retry…" }
        " "
        a.btn.btn--small.btn--bare href={ (at) "/skip" } { "Skip…" }
    }
}

fn attempts(count: u32) -> String {
    match count {
        1 => "1 try".to_owned(),
        count => format!("{count} tries"),
    }
}

fn next(delivery: &DeliveryView, now: Timestamp) -> String {
    match delivery.next_at {
        _ if delivery.state == DeliveryState::Dead => "never".to_owned(),
        None => "unknown".to_owned(),
        Some(at) => match at.since(now).as_secs() {
            0 => "now".to_owned(),
            seconds @ 1..120 => format!("{seconds} s"),
            seconds => format!("{} min", seconds / 60),
        },
    }
}

fn nothing(wanted: &Wanted) -> Markup {
    let [title, advice] = match wanted.state {
        _ if wanted.is_narrowed() => [
            "Nothing of this kind",
            "Nothing here has this destination and this reason. Choose others above.",
        ],
        Which::Retrying => [
            "Nothing is late",
            "Whatever was to be sent has been taken, or is on its way for the first time.",
        ],
        Which::Dead => [
            "No dead letters",
            "What the bridge stops trying is listed here until retention removes it.",
        ],
    };
    html! { div.empty { h2 { (title) } p { (advice) } } }
}
