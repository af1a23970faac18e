//! Whoever is signed in: name, role, and the ways out.

use axum::{
    Router, extract,
    response::{IntoResponse as _, Response},
    routing::get,
};
use maud::{Markup, html};

use super::{
    ages,
    icons::icon,
    layout::{self, NavItem},
    session::SignedIn,
    state::State,
    texts,
};
use crate::domain::policy::Limits;

pub(super) fn router() -> Router<State> {
    Router::new().route(NavItem::Account.path(), get(show))
}

async fn show(extract::State(state): extract::State<State>, who: SignedIn) -> Response {
    let frame = state.frame(&who, NavItem::Account).await;
    let name = who.called();
    let body = html! {
        div.page__in {
            header.page__head { h1 dir="auto" { (name) } }
            dl.facts {
                dt { (texts::SIGNED_IN_AS) } dd { (who.operator.as_str()) }
                dt { (texts::ROLE) } dd { (who.role.as_str()) }
            }
            // Without script they could do nothing, so only the script shows them.
            div.switches role="group" aria-label=(texts::HOW_IT_SHOWS) {
                button.btn type="button" data-theme-switch hidden aria-label=(texts::THEME) { (icon("theme")) (texts::THEME_SWITCH) }
                button.btn type="button" data-sound-switch hidden aria-label=(texts::SOUND) { (icon("bell")) (texts::SOUND_SWITCH) }
            }
            @if frame.counts.mine > 0 { (what_stays(frame.counts.mine, state.limits())) }
            form method="post" action="/console/sign-out" {
                button.btn type="submit" { (texts::SIGN_OUT) }
            }
            form method="post" action="/console/sign-out/everywhere" {
                button.btn type="submit" { (texts::SIGN_OUT_EVERYWHERE) }
            }
        }
    };
    layout::page(&frame, texts::ACCOUNT, &body).into_response()
}

/// What becomes of the conversations of whoever goes.
fn what_stays(mine: u64, limits: &Limits) -> Markup {
    html! {
        p.hintbox {
            (texts::stay_with_you(mine)) " "
            (texts::told_after(&ages::span(limits.unanswered), &ages::span(limits.idle))) " "
            a href="/console?list=mine" { (texts::GIVE_THEM_AWAY) } (texts::BEFORE_YOU_GO)
        }
    }
}
