//! Who may sign in, where they are signed in, and having them signed out.

mod sign_out;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};

use super::{
    admins, ages,
    faults::Fault,
    icons::icon,
    layout::{self, NavItem},
    session::{self, SignedIn},
    state::State,
    texts::{self as common, people as texts},
};
use crate::{
    config::Role,
    domain::{ids::OperatorName, time::Timestamp},
    store::Session,
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(NavItem::People.path(), get(list))
        .merge(sign_out::router())
}

async fn list(who: SignedIn, Shared(state): Shared<State>) -> Result<Html<String>, Fault> {
    let frame = state.frame(&who, NavItem::People).await;
    let sessions = session::alive(&state).await?;
    let now = state.now();
    let people = state.accounts().everybody();
    let body = html! {
        div.page__in {
            header.page__head {
                div { h1 { (texts::TITLE) } p { (texts::ABOUT) } }
                @if admins::is_admin(&who) {
                    a.btn href="/console/people/sign-out" { (texts::SIGN_EVERYONE_OUT) }
                }
            }
            div.table-wrap tabindex="0" role="region" aria-label=(texts::TITLE) {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { (texts::NAME) } th scope="col" { (texts::ROLE) } th scope="col" { (texts::LAST_SEEN) }
                        th scope="col" { (texts::SIGNED_IN) } th scope="col" { span.sr { (common::ACTIONS) } }
                    } }
                    tbody { @for person in &people { (row(person, &who, &sessions, now)) } }
                }
            }
            (hint(state.accounts().opens_by_token()))
        }
    };
    Ok(layout::page(&frame, texts::TITLE, &body))
}

fn row(person: &SignedIn, who: &SignedIn, sessions: &[Session], now: Timestamp) -> Markup {
    let theirs = of(sessions, &person.operator);
    let seen = theirs.iter().map(|session| session.seen_at).max();
    let begun = theirs.iter().map(|session| session.begun_at).min();
    let name = person.operator.as_str();
    html! {
        tr {
            td.full { b dir="auto" { (person.called()) } p.mono { (name) } }
            td { span class=(tag(person.role)) { (person.role.as_str()) } }
            td data-label=(texts::SEEN) { (seen.map_or(texts::NOT_NOW.to_owned(), |seen| ago(seen, now))) }
            td.num data-label=(texts::SIGNED_IN) {
                @if let Some(begun) = begun { (texts::sessions(theirs.len())) (texts::SINCE) (ages::since(begun)) } @else { (texts::NO) }
            }
            td.acts { (acts(person, who, theirs.is_empty())) }
        }
    }
}

fn acts(person: &SignedIn, who: &SignedIn, is_out: bool) -> Markup {
    let name = person.operator.as_str();
    html! {
        @if person.operator == who.operator {
            // Where it is said what becomes of their conversations.
            a.btn.btn--small href=(NavItem::Account.path()) { (icon("out")) (texts::SIGN_OUT) }
        } @else if admins::is_admin(who) && !is_out {
            a.btn.btn--small href={ "/console/people/sign-out?who=" (name) } { (texts::SIGN_OUT) span.sr { " " (name) } }
        }
    }
}

fn hint(by_token: bool) -> Markup {
    html! {
        p.hintbox {
            @if by_token { (texts::BY_TOKEN[0]) code { "admin.token" } (texts::BY_TOKEN[1]) }
            (texts::HOW_TO_ADD[0]) code { "handover console user add NAME" } (texts::HOW_TO_ADD[1])
        }
    }
}

fn of<'s>(sessions: &'s [Session], operator: &OperatorName) -> Vec<&'s Session> {
    sessions
        .iter()
        .filter(|session| session.operator == *operator)
        .collect()
}

const fn tag(role: Role) -> &'static str {
    match role {
        Role::Agent => "tag",
        Role::Admin => "tag tag--agent",
    }
}

fn ago(seen: Timestamp, now: Timestamp) -> String {
    match now.since(seen).as_secs() {
        0..60 => texts::NOW.to_owned(),
        _ => common::ago(&ages::short(seen, now)),
    }
}
