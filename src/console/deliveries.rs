//! What the bridge still owes to a bot or a desk, and what it has given up; and what a person does about it.

mod actions;
mod params;
mod strip;
mod table;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};

use self::{
    params::{Age, Class, Done, Params, Tab, To},
    table::Owed,
};
use super::{
    admins, ages,
    extract::Query,
    faults::Fault,
    icons::icon,
    layout::{self, NavItem},
    session::SignedIn,
    state::State,
    texts::{calls, deliveries as texts},
};
use crate::{
    domain::{delivery::Destination, retry::ErrorClass, time::Timestamp},
    store::{self, OneDelivery, Page, Standing},
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(NavItem::Deliveries.path(), get(list))
        .merge(actions::router())
}

async fn list(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(params): Query<Params>,
) -> Result<Html<String>, Fault> {
    let frame = state.frame(&who, NavItem::Deliveries).await;
    let standings = state.store().standings().await?;
    let now = state.now();
    let [late, waiting] = owed(&state, &params, now).await?;
    let owed = Owed {
        late: &late,
        waiting: &waiting,
        standings: &standings,
    };
    let body = html! {
        div.page__in {
            header.page__head { div { h1 { (texts::TITLE) } p { (about(params.state)) } } }
            @if let Some(done) = params.done { (said(done)) }
            (strip::strip(&standings, now, admins::is_admin(&who)))
            (filters(&params, &standings))
            div #owed data-watch data-at=(now.as_millis()) { (table::table(owed, &params, now)) }
        }
    };
    Ok(layout::page(&frame, texts::TITLE, &body))
}

/// What is asked for, and where that is not too much already, what waits.
async fn owed(
    state: &State,
    params: &Params,
    now: Timestamp,
) -> Result<[Page<OneDelivery>; 2], store::Error> {
    let late = state.store().full_deliveries(params.filter(now)).await?;
    let waiting = match params.waiting(now).filter(|_| !late.more) {
        Some(filter) => state.store().full_deliveries(filter).await?,
        None => Page {
            items: Vec::new(),
            more: false,
        },
    };
    Ok([late, waiting])
}

const fn about(state: Tab) -> &'static str {
    match state {
        Tab::Retrying => texts::ABOUT_RETRYING,
        Tab::Dead => texts::ABOUT_DEAD,
    }
}

fn said(done: Done) -> Markup {
    let words = match done {
        Done::Retried => texts::RETRIED,
        Done::Skipped => texts::SKIPPED,
        Done::All => texts::ALL_RETRIED,
    };
    html! { p.banner role="status" { (icon("check")) (words) } }
}

fn filters(params: &Params, standings: &[Standing]) -> Markup {
    let dead: u64 = standings.iter().map(|standing| standing.dead).sum();
    let tab = |state| params.of(state).href();
    let current = |state| (params.state == state).then_some("page");
    html! {
        form.filters action=(NavItem::Deliveries.path()) aria-label=(texts::FILTER) {
            nav.seg aria-label=(texts::STATE) {
                a href=(tab(Tab::Retrying)) aria-current=[current(Tab::Retrying)] { (texts::RETRYING) }
                a href=(tab(Tab::Dead)) aria-current=[current(Tab::Dead)] {
                    (texts::DEAD_LETTERS)
                    @if dead > 0 { " " span.count.count--bad { (dead) } }
                }
            }
            input type="hidden" name="state" value=(params.state.name());
            (destinations(params.destination.as_ref(), standings))
            (classes(params.class))
            (least_ages(params.age))
            button.btn type="submit" { (texts::SHOW) }
        }
    }
}

fn destinations(chosen: Option<&To>, standings: &[Standing]) -> Markup {
    let mut offered: Vec<&Destination> = standings.iter().map(|it| &it.destination).collect();
    if let Some(To(chosen)) = chosen
        && !offered.contains(&chosen)
    {
        offered.push(chosen);
    }
    html! {
        div.field {
            label for="destination" { (texts::DESTINATION) }
            select.input #destination name="destination" {
                option value="" { (texts::ALL) }
                @for to in offered {
                    @let (name, kind) = calls::destination(to);
                    option value=(to) selected[chosen.is_some_and(|To(chosen)| chosen == to)] { (name) " (" (kind) ")" }
                }
            }
        }
    }
}

fn classes(chosen: Option<Class>) -> Markup {
    html! {
        div.field {
            label for="class" { (texts::WHY) }
            select.input #class name="class" {
                option value="" { (texts::ANY_REASON) }
                @for class in ErrorClass::ALL {
                    option value=(class.label()) selected[chosen == Some(Class(class))] { (calls::class(class)) }
                }
            }
        }
    }
}

fn least_ages(chosen: Option<Age>) -> Markup {
    html! {
        div.field {
            label for="age" { (texts::AGE) }
            select.input #age name="age" {
                option value="" { (texts::ANY_AGE) }
                @for age in Age::ALL {
                    option value=(age.name()) selected[chosen == Some(age)] { (texts::OVER) (ages::span(age.least())) }
                }
            }
        }
    }
}
