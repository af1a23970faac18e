//! How somebody takes a conversation that nobody has, and how long there is for that.

use maud::{Markup, html};

use super::hidden;
use crate::{
    console::{ages, conversation::context::Context, texts},
    domain::{
        conversation::{Handover, Phase},
        handover::waits_until,
    },
};

pub(super) fn claim(at: &str, open: &Handover, context: &Context<'_>) -> Markup {
    html! {
        form.claim method="post" action={ (at) "/claim" } {
            (hidden(open.id))
            p.claim__say {
                b { (texts::NOBODY_HAS_IT) }
                @if open.phase == Phase::Waiting { (time_left(open, context)) }
            }
            button.btn.btn--main type="submit" { (texts::CLAIM) }
            @if open.phase == Phase::Waiting { (meter(open, context)) }
        }
    }
}

/// As it was when the page was made; the script counts down what is left. The user has waited since they asked, at
/// whichever desks; the time to claim it is this desk's.
fn time_left(open: &Handover, context: &Context<'_>) -> Markup {
    let until = waits_until(open, context.limits);
    let then = if open.fallbacks.is_empty() {
        texts::THEN_NOBODY_CAME
    } else {
        texts::THEN_THE_NEXT_DESK
    };
    html! {
        (texts::WAITS_SINCE) (ages::clock(open.requested_at))
        (texts::UNLESS_CLAIMED_BY) (ages::clock(until))
        " (" time.left datetime=(until) { (ages::left(until, context.now)) } (texts::LEFT) "), " (then)
    }
}

/// The way that is behind, of the whole; in thirds, as the urgency of whoever waits.
fn meter(open: &Handover, context: &Context<'_>) -> Markup {
    let until = waits_until(open, context.limits);
    let whole = until.since(open.phase_since).as_secs();
    let left = until.since(context.now).as_secs();
    html! {
        meter min="0" max=(whole) low=(whole / 3) high=(whole / 3 * 2) optimum="0"
            value=(whole.saturating_sub(left)) aria-label=(texts::WAITING_TIME) {}
    }
}
