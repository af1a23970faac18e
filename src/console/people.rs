//! Who may sign in, where they are signed in, and having them signed out.

mod sign_out;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};

use super::{
    admins, ages,
    faults::Fault,
    icons::icon,
    layout::{self, Frame, Place},
    session::{self, SignedIn},
    state::State,
};
use crate::{
    config::Role,
    domain::{ids::OperatorName, time::Timestamp},
    store::Session,
};

const TITLE: &str = "People";

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(Place::People.path(), get(list))
        .merge(sign_out::router())
}

async fn list(who: SignedIn, Shared(state): Shared<State>) -> Result<Html<String>, Fault> {
    let counts = state.counts(&who).await;
    let frame = Frame {
        who: &who,
        here: Place::People,
        counts,
    };
    let sessions = session::alive(&state).await?;
    let now = state.now();
    let people = state.door().everybody();
    let body = html! {
        div.page__in {
            header.page__head {
                div { h1 { (TITLE) } p { "Who may sign in here, and whether they are signed in now." } }
                @if admins::is_admin(&who) {
                    a.btn href="/console/people/sign-out" { "Sign everyone out…" }
                }
            }
            div.table-wrap tabindex="0" role="region" aria-label=(TITLE) {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { "Last seen" }
                        th scope="col" { "Signed in" } th scope="col" { span.sr { "Actions" } }
                    } }
                    tbody { @for person in &people { (row(person, &who, (&sessions, now))) } }
                }
            }
            (hint(state.door().opens_by_token()))
        }
    };
    Ok(layout::page(&frame, TITLE, &body))
}

fn row(person: &SignedIn, who: &SignedIn, (sessions, now): (&[Session], Timestamp)) -> Markup {
    let theirs = of(sessions, &person.operator);
    let seen = theirs.iter().map(|session| session.seen_at).max();
    let begun = theirs.iter().map(|session| session.begun_at).min();
    let name = person.operator.as_str();
    html! {
        tr {
            td.full { b dir="auto" { (person.called()) } p.mono { (name) } }
            td { span class=(tag(person.role)) { (person.role.as_str()) } }
            td data-label="Seen" { (seen.map_or("not now".to_owned(), |seen| ago(seen, now))) }
            td.num {
                @if let Some(begun) = begun { (count(theirs.len())) ", since " (ages::since(begun)) } @else { "no" }
            }
            td.acts { (acts(person, who, theirs.is_empty())) }
        }
    }
}

fn acts(person: &SignedIn, who: &SignedIn, is_out: bool) -> Markup {
    let name = person.operator.as_str();
    html! {
        @if person.operator == who.operator {
            form method="post" action="/console/sign-out/everywhere" {
                button.btn.btn--small type="submit" { (icon("out")) "Sign out everywhere" }
            }
        } @else if admins::is_admin(who) && !is_out {
            a.btn.btn--small href={ "/console/people/sign-out?who=" (name) } { "Sign out…" span.sr { " " (name) } }
        }
    }
}

fn hint(by_token: bool) -> Markup {
    html! {
        p.hintbox {
            @if by_token { "There are no users yet, so " code { "admin.token" } " signs in. " }
            "People live in the configuration, with a hash of their password. Add one with "
            code { "handover console user add NAME" } ", put what it prints into the configuration, and start the bridge again."
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

fn count(sessions: usize) -> String {
    match sessions {
        1 => "1 session".to_owned(),
        sessions => format!("{sessions} sessions"),
    }
}

fn ago(seen: Timestamp, now: Timestamp) -> String {
    match now.since(seen).as_secs() {
        0..60 => "now".to_owned(),
        _ => format!("{} ago", ages::short(seen, now)),
    }
}
