//! Everyone who waits, on the way from "just asked" over the bridge. A picture of the list: whoever cannot see it reads
//! the sentence above it, which says the same.

use maud::{Markup, html};

use super::row::View;
use crate::{
    console::{
        ages::{self, Urgency},
        texts,
    },
    domain::time::Timestamp,
    store::{InboxHandover, InboxRow},
};

/// How long the way is.
const SECONDS: u32 = 15 * 60;

/// `rows`: those who wait, the longest first; `count`: how many there are of them, shown or not.
pub(super) fn arch(rows: &[InboxRow], count: u64, view: View<'_>) -> Markup {
    let since = |row: &InboxRow| row.handover.as_ref().map(asked);
    html! {
        div.arch role="group" aria-label=(texts::WAITING_USERS) {
            @match rows.first() {
                None => p.arch__sum { b { (texts::NOBODY_WAITING) } },
                Some(first) => {
                    p.arch__sum {
                        b { (texts::waiting(count)) }
                        @if let Some(since) = since(first) { (texts::OLDEST) (age(since, view.now)) }
                    }
                    a.btn.btn--main.btn--small href=(view.params.conversation(first.conversation)) { (texts::OPEN_NEXT) }
                }
            }
            svg.arch__draw viewBox="0 0 320 50" aria-hidden="true" {
                path.arch__deck d="M10 31Q160-13 310 31" {}
                path.arch__pier d="M10 31.0V35" {}
                path.arch__pier d="M110 11.4V35" {}
                path.arch__pier d="M210 11.4V35" {}
                path.arch__end d="M310 24V35" {}
                text x="10" y="47" text-anchor="start" { (texts::JUST_ASKED) }
                text x="110" y="47" text-anchor="middle" { (texts::FIVE_MINUTES) }
                text x="210" y="47" text-anchor="middle" { (texts::TEN_MINUTES) }
                text x="310" y="47" text-anchor="end" { (texts::LONGER) }
                @for since in rows.iter().filter_map(since) { (dot(since, view.now)) }
            }
        }
    }
}

fn asked(handover: &InboxHandover) -> Timestamp {
    handover.requested_at
}

fn age(since: Timestamp, now: Timestamp) -> Markup {
    let class = Urgency::of(since, now).age_class();
    html! { span class={ "age " (class) } { (ages::short(since, now)) } }
}

fn dot(since: Timestamp, now: Timestamp) -> Markup {
    let (x, y) = place(since, now);
    let urgency = Urgency::of(since, now);
    let radius = match urgency {
        Urgency::New | Urgency::Soon => "6",
        Urgency::Late => "6.5",
        Urgency::Overdue => "7.5",
    };
    html! {
        circle class=(urgency.dot_class()) cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r=(radius) {}
    }
}

/// On the curve of the deck; who waits longer than the way is stands at its end.
fn place(since: Timestamp, now: Timestamp) -> (f64, f64) {
    let seconds = u32::try_from(now.since(since).as_secs()).unwrap_or(SECONDS);
    let way = f64::from(seconds.min(SECONDS)) / f64::from(SECONDS);
    (10.0 + 300.0 * way, 31.0 - 88.0 * way * (1.0 - way))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_dot_walks_over_the_arch_and_stays_at_its_end() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let after = |minutes| {
            let (x, y) = place(now.minus(Duration::from_mins(minutes)), now);
            format!("{x:.1} {y:.1}")
        };
        assert_eq!(after(0), "10.0 31.0");
        assert_eq!(after(5), "110.0 11.4");
        assert_eq!(after(10), "210.0 11.4");
        assert_eq!(after(15), "310.0 31.0");
        assert_eq!(after(60 * 24 * 365 * 500), "310.0 31.0");
    }
}
