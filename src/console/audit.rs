//! Who did what, the newest first. Nothing can be changed from here.

use axum::{
    Router,
    extract::{Query, State as Shared},
    response::Html,
    routing::get,
};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    ages,
    faults::Fault,
    layout::{self, Frame, Place},
    session::SignedIn,
    state::State,
};
use crate::store::{AuditEntry, Page};

const TITLE: &str = "Audit trail";
const ROWS: usize = 100;
/// Of an entry that is about nobody, or of somebody unknown.
const NOBODY: &str = "-";

#[derive(Debug, Deserialize)]
struct Part {
    /// The last row of the page before.
    before: Option<i64>,
}

pub(super) fn router() -> Router<State> {
    Router::new().route(Place::Audit.path(), get(list))
}

async fn list(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(part): Query<Part>,
) -> Result<Html<String>, Fault> {
    let counts = state.counts(&who).await;
    let frame = Frame {
        who: &who,
        here: Place::Audit,
        counts,
    };
    let trail = state.store().audit_trail(part.before, ROWS).await?;
    let body = html! {
        div.page__in {
            header.page__head {
                div { h1 { (TITLE) } p { "Who did what, for as long as it is kept. Nobody can change it from here." } }
            }
            @if trail.items.is_empty() { (nothing()) } @else { (table(&trail)) }
        }
    };
    Ok(layout::page(&frame, TITLE, &body))
}

fn table(trail: &Page<AuditEntry>) -> Markup {
    let last = trail.items.last().filter(|_| trail.more);
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(TITLE) {
            table.table.table--cards {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Who" }
                    th scope="col" { "What" } th scope="col" { "On" }
                } }
                tbody { @for entry in &trail.items { (row(entry)) } }
            }
        }
        @if let Some(last) = last {
            p.table-foot { a.btn.btn--small href={ (Place::Audit.path()) "?before=" (last.row) } { "Show older" } }
        }
    }
}

fn row(entry: &AuditEntry) -> Markup {
    html! {
        tr {
            td.nowrap.num { (ages::since(entry.at)) }
            td { @if entry.actor == NOBODY { "Unknown" } @else { (entry.actor) } }
            td.full { b { (action(&entry.action)) } }
            td.full.mono { (subject(entry)) }
        }
    }
}

fn subject(entry: &AuditEntry) -> Markup {
    let is_conversation = entry.action == "transcript.view";
    let conversation = entry
        .subject
        .parse::<Uuid>()
        .ok()
        .filter(|_| is_conversation);
    html! {
        @if let Some(id) = conversation {
            a href={ "/console/conversations/" (id) } { (id) }
        } @else if entry.subject != NOBODY && entry.subject != entry.actor {
            (entry.subject)
        }
    }
}

/// One of a newer version is shown as it is kept.
fn action(action: &str) -> &str {
    match action {
        "sign_in" => "Signed in",
        "sign_in.refused" => "Sign-in refused",
        "sign_out" => "Signed out",
        "sign_out.everywhere" => "Signed out everywhere",
        "sessions.end" => "Signed somebody out",
        "sessions.end_all" => "Signed everyone out",
        "transcript.view" => "Read a conversation",
        "deliveries.retry" => "Retried a delivery",
        "deliveries.retry_all" => "Retried everything for a destination",
        "deliveries.skip" => "Gave a delivery up",
        "erasures.request" => "Had a user erased",
        other => other,
    }
}

fn nothing() -> Markup {
    html! {
        div.empty {
            h2 { "Nothing here" }
            p { "Sign-ins, conversations that were read, and what was done to deliveries and people are listed here." }
        }
    }
}
