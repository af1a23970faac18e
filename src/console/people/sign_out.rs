//! An admin signs somebody out, or everyone. Asked about first.

use axum::{
    Router,
    extract::State as Shared,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    console::{
        admins,
        extract::{Form, Query},
        faults::Fault,
        layout::{self, NavItem},
        session::{self, SignedIn},
        state::State,
        texts::{self as common, people as texts},
    },
    domain::ids::OperatorName,
};

pub(super) fn router() -> Router<State> {
    Router::new().route("/console/people/sign-out", get(ask).post(sign_out))
}

/// None: everyone.
#[derive(Debug, Deserialize)]
struct Params {
    who: Option<OperatorName>,
}

async fn ask(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(Params { who: whom }): Query<Params>,
) -> Result<Response, Fault> {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, NavItem::People).await);
    }
    let people = state.accounts().everybody();
    let title = match &whom {
        Some(name) => texts::sign_out_now(session::called(&people, name.as_str())),
        None => texts::SIGN_EVERYONE_OUT_NOW.to_owned(),
    };
    let held = match &whom {
        Some(name) => state.store().inbox_counts(name).await?.mine,
        None => 0,
    };
    let body = html! {
        div.page__in { section.panel {
            div.dlg__body {
                h1 { (title) }
                p { (consequence(whom.as_ref(), &people)) (texts::WHAT_STAYS) }
                @if held > 0 { p { (texts::stay_claimed(held)) } }
                p { (common::IS_AUDITED) }
            }
            form.dlg__foot method="post" action="/console/people/sign-out" {
                @if let Some(name) = &whom { input type="hidden" name="who" value=(name); }
                a.btn href=(NavItem::People.path()) { (common::LEAVE_IT) }
                button.btn.btn--bad type="submit" { (texts::SIGN_OUT_NOW) }
            }
        } }
    };
    Ok(page(&state, &who, &title, &body).await)
}

async fn sign_out(
    who: SignedIn,
    Shared(state): Shared<State>,
    Form(Params { who: whom }): Form<Params>,
) -> Result<Response, Fault> {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, NavItem::People).await);
    }
    let (through, by) = (state.clone(), who.operator);
    let ended = async move {
        through.store().end_sessions(whom.as_ref()).await?;
        through.presence().look().await;
        let (act, subject) = match &whom {
            Some(name) => ("sessions.end", name.as_str()),
            None => ("sessions.end_all", "-"),
        };
        through.audit(by.as_str(), act, subject).await;
        Ok::<_, Fault>(())
    };
    state.see_through(ended).await?;
    Ok(Redirect::to(NavItem::People.path()).into_response())
}

fn consequence(whom: Option<&OperatorName>, people: &[SignedIn]) -> Markup {
    html! {
        @match whom {
            Some(name) => { b dir="auto" { (session::called(people, name.as_str())) } (texts::SOMEBODY) },
            None => { (texts::EVERYBODY) },
        }
    }
}

async fn page(state: &State, who: &SignedIn, title: &str, body: &Markup) -> Response {
    let frame = state.frame(who, NavItem::People).await;
    layout::page(&frame, title, body).into_response()
}
